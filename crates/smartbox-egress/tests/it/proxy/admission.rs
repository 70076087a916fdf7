//! Boxes that have used up what they may.

use std::time::Duration;

use anyhow::Result;
use smartbox_egress::ProxyLimits;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::rig::{Rig, listener, soon, status_and_reason};

#[tokio::test]
async fn a_box_with_nothing_left_is_told_what_and_until_when_at_once() -> Result<()> {
    let rig = Rig::open().await?;
    let port = listener().await?.local_addr()?.port();
    rig.leave(Some(0));
    for request in [
        format!("CONNECT up.test:{port} HTTP/1.1\r\nhost: up.test\r\n\r\n"),
        format!("GET http://up.test:{port}/ HTTP/1.1\r\nhost: up.test\r\nconnection: close\r\n\r\n"),
    ] {
        let answer = rig.ask(&request).await?;
        assert_eq!(status_and_reason(&answer), (403, "used-up".to_owned()));
        for said in ["budget for bandwidth", "current: 990", "limit: 1000", "resets: 2026-12-01T00:00:00Z"] {
            assert!(answer.contains(said), "{said}: {answer}");
        }
    }
    assert_eq!(rig.world.reasons(), ["used-up", "used-up"], "its owner hears of it");
    rig.leave(None);
    rig.tunnel(listener_that_stays().await?).await?;
    Ok(())
}

/// A port at which connections are accepted by the kernel alone.
async fn listener_that_stays() -> Result<u16> {
    let listener = listener().await?;
    let port = listener.local_addr()?.port();
    std::mem::forget(listener);
    Ok(port)
}

#[tokio::test]
async fn what_was_counted_since_the_picture_was_made_is_not_left_any_more() -> Result<()> {
    let rig = Rig::open().await?;
    let server = listener().await?;
    let port = server.local_addr()?.port();
    rig.leave(Some(100));
    let mut stream = rig.tunnel(port).await?;
    let (mut served, _) = server.accept().await?;
    stream.write_all(&[1; 99]).await?;
    soon(served.read_exact(&mut [0; 99])).await??;
    rig.tunnel(port).await?;
    stream.write_all(&[1; 1]).await?;
    soon(served.read_exact(&mut [0; 1])).await??;
    let (status, reason) =
        rig.refusal(&format!("CONNECT up.test:{port} HTTP/1.1\r\nhost: up.test\r\n\r\n")).await?;
    assert_eq!((status, reason.as_str()), (403, "used-up"));
    Ok(())
}

#[tokio::test]
async fn an_open_tunnel_is_cut_when_the_next_picture_leaves_nothing() -> Result<()> {
    let rig = Rig::open().await?;
    let server = listener().await?;
    let mut stream = rig.tunnel(server.local_addr()?.port()).await?;
    let (mut served, _) = server.accept().await?;
    rig.leave(Some(1_000_000));
    stream.write_all(b"x").await?;
    assert_eq!(soon(served.read_u8()).await??, b'x');
    rig.leave(Some(0));
    assert!(soon(stream.read_u8()).await?.is_err());
    assert!(soon(served.read_u8()).await?.is_err());
    Ok(())
}

#[tokio::test]
async fn while_nothing_can_be_recorded_a_box_goes_on_for_a_while_and_one_without_limits_for_ever()
-> Result<()> {
    for (patience, left, goes_on) in [
        (Duration::from_secs(3600), Some(1_000_000), true),
        (Duration::ZERO, None, true),
        (Duration::ZERO, Some(1_000_000), false),
    ] {
        let limits = ProxyLimits { meter_patience: patience, ..ProxyLimits::default() };
        let rig = Rig::with_limits(&["allow up.test inside"], limits).await?;
        let server = listener().await?;
        let port = server.local_addr()?.port();
        rig.leave(left);
        let mut stream = rig.tunnel(port).await?;
        let (mut served, _) = server.accept().await?;
        stream.write_all(b"x").await?;
        assert_eq!(soon(served.read_u8()).await??, b'x');
        *rig.world.is_meter_down.lock().unwrap() = true;
        rig.proxy.flush().await;
        if goes_on {
            rig.tunnel(port).await?;
        } else {
            let connect = format!("CONNECT up.test:{port} HTTP/1.1\r\nhost: up.test\r\n\r\n");
            assert_eq!(rig.refusal(&connect).await?, (503, "no-meter".to_owned()));
            // The tunnel may not have looked when the first hand-over failed; each that fails tells it again.
            while !matches!(
                tokio::time::timeout(Duration::from_millis(50), stream.read_u8()).await,
                Ok(Err(_))
            ) {
                rig.proxy.flush().await;
            }
        }
        *rig.world.is_meter_down.lock().unwrap() = false;
        rig.proxy.flush().await;
        rig.tunnel(port).await?;
        assert_eq!(rig.world.total().sent, 1, "nothing was lost");
    }
    Ok(())
}
