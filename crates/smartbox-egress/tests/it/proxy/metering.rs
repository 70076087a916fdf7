//! What was used, against what the other side has really seen.

use std::time::Duration;

use anyhow::Result;
use smartbox_egress::{ProxyLimits, Used};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_util::sync::CancellationToken;

use super::rig::{Rig, beside, done, listener, soon};
use crate::rig::a_box;

#[tokio::test]
async fn an_open_tunnel_is_counted_while_it_is_open() -> Result<()> {
    let rig = Rig::open().await?;
    let server = listener().await?;
    let mut stream = rig.tunnel(server.local_addr()?.port()).await?;
    let (mut served, _) = server.accept().await?;
    let mut bytes = vec![7; 300_000];
    for round in 1..=3_u64 {
        stream.write_all(&bytes[..1000]).await?;
        soon(served.read_exact(&mut bytes[..1000])).await??;
        served.write_all(&bytes).await?;
        soon(stream.read_exact(&mut bytes)).await??;
        rig.proxy.flush().await;
        let used = Used { sent: 1000 * round, received: 300_000 * round, connections: 1, requests: 0 };
        assert_eq!(rig.world.total(), used);
    }
    assert_eq!(rig.world.recorded.lock().unwrap().len(), 3, "each hand-over holds what is new");
    assert!(rig.world.recorded.lock().unwrap().iter().all(|(id, _)| *id == a_box()));
    rig.proxy.flush().await;
    assert_eq!(rig.world.recorded.lock().unwrap().len(), 3, "nothing new is not recorded");
    Ok(())
}

#[tokio::test]
async fn both_half_closed_directions_are_counted_to_their_ends() -> Result<()> {
    for box_ends_first in [true, false] {
        let rig = Rig::open().await?;
        let server = listener().await?;
        let mut stream = rig.tunnel(server.local_addr()?.port()).await?;
        let (mut served, _) = server.accept().await?;
        let (first, second) =
            if box_ends_first { (&mut stream, &mut served) } else { (&mut served, &mut stream) };
        first.write_all(b"one").await?;
        first.shutdown().await?;
        let mut text = String::new();
        soon(second.read_to_string(&mut text)).await??;
        second.write_all(&[b'x'; 70_000]).await?;
        second.shutdown().await?;
        soon(first.read_to_string(&mut text)).await??;
        rig.proxy.flush().await;
        let (sent, received) = if box_ends_first { (3, 70_000) } else { (70_000, 3) };
        assert_eq!(rig.world.total(), Used { sent, received, connections: 1, requests: 0 });
    }
    Ok(())
}

#[tokio::test]
async fn a_tunnel_that_is_reset_has_cost_what_has_passed() -> Result<()> {
    let rig = Rig::open().await?;
    let server = listener().await?;
    let mut stream = rig.tunnel(server.local_addr()?.port()).await?;
    let (mut served, _) = server.accept().await?;
    stream.write_all(&[1; 5000]).await?;
    soon(served.read_exact(&mut [0; 5000])).await??;
    served.write_all(&[2; 400]).await?;
    soon(stream.read_exact(&mut [0; 400])).await??;
    let served = served.into_std()?;
    rustix::net::sockopt::set_socket_linger(&served, Some(Duration::ZERO))?;
    drop(served);
    assert!(soon(stream.read_u8()).await?.is_err());
    rig.proxy.flush().await;
    assert_eq!(rig.world.total(), Used { sent: 5000, received: 400, connections: 1, requests: 0 });
    Ok(())
}

#[tokio::test]
async fn a_lot_through_the_kernel_is_counted_to_the_byte() -> Result<()> {
    const BYTES: u64 = 40 * 1024 * 1024 + 13;
    let rig = Rig::open().await?;
    let server = listener().await?;
    let mut stream = rig.tunnel(server.local_addr()?.port()).await?;
    let (mut served, _) = server.accept().await?;
    let serving = beside(async move {
        tokio::io::copy(&mut tokio::io::repeat(3).take(BYTES), &mut served).await?;
        served.shutdown().await?;
        let mut seen = 0;
        let mut piece = [0; 4096];
        loop {
            match served.read(&mut piece).await? {
                0 => return anyhow::Ok(seen),
                bytes => seen += bytes as u64,
            }
        }
    });
    let got = soon(tokio::io::copy(&mut (&mut stream).take(BYTES), &mut tokio::io::sink())).await??;
    soon(tokio::io::copy(&mut tokio::io::repeat(4).take(BYTES / 2), &mut stream)).await??;
    stream.shutdown().await?;
    let seen = done(serving).await??;
    assert_eq!((got, seen), (BYTES, BYTES / 2));
    let mut end = [0];
    assert_eq!(soon(stream.read(&mut end)).await??, 0);
    rig.proxy.flush().await;
    assert_eq!(rig.world.total(), Used { sent: BYTES / 2, received: BYTES, connections: 1, requests: 0 });
    Ok(())
}

#[tokio::test]
async fn what_a_meter_does_not_take_is_counted_on() -> Result<()> {
    let rig = Rig::open().await?;
    let server = listener().await?;
    let mut stream = rig.tunnel(server.local_addr()?.port()).await?;
    let (mut served, _) = server.accept().await?;
    *rig.world.is_meter_down.lock().unwrap() = true;
    for _ in 0..3 {
        stream.write_all(&[1; 10]).await?;
        soon(served.read_exact(&mut [0; 10])).await??;
        rig.proxy.flush().await;
    }
    assert_eq!(rig.world.total(), Used::default());
    *rig.world.is_meter_down.lock().unwrap() = false;
    rig.proxy.flush().await;
    assert_eq!(rig.world.total(), Used { sent: 30, received: 0, connections: 1, requests: 0 });
    Ok(())
}

#[tokio::test]
async fn amounts_are_handed_over_by_the_clock_at_a_tunnels_end_and_at_the_stop() -> Result<()> {
    // The clock would come too late: only the end of a tunnel can be the reason.
    let limits = ProxyLimits { flush_period: Duration::from_secs(3600), ..ProxyLimits::default() };
    let rig = Rig::with_limits(&["allow up.test inside"], limits).await?;
    let server = listener().await?;
    let stop = CancellationToken::new();
    let (proxy, token) = (rig.proxy.clone(), stop.clone());
    let meter = beside(async move { proxy.run_meter(token).await });
    let mut stream = rig.tunnel(server.local_addr()?.port()).await?;
    let (served, _) = server.accept().await?;
    stream.write_all(b"12345").await?;
    stream.shutdown().await?;
    drop(served);
    let recorded = async {
        while rig.world.total().sent == 0 {
            tokio::task::yield_now().await;
        }
    };
    soon(recorded).await?;
    let mut second = rig.tunnel(server.local_addr()?.port()).await?;
    let (mut served, _) = server.accept().await?;
    second.write_all(b"678").await?;
    soon(served.read_exact(&mut [0; 3])).await??;
    stop.cancel();
    done(meter).await?;
    assert_eq!(rig.world.total().sent, 8);
    assert_eq!(rig.world.total().connections, 2);
    Ok(())
}
