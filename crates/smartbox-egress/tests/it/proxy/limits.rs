//! Every bound that a box or an upstream can run into.

use std::time::Duration;

use anyhow::Result;
use smartbox_egress::ProxyLimits;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::rig::{Rig, listener, read_head, soon, status_and_reason, upstream};

const SHORT: Duration = Duration::from_millis(100);
const OPEN: &[&str] = &["allow up.test inside", "allow *"];

#[tokio::test]
async fn heads_that_are_too_long_or_too_slow_are_given_up() -> Result<()> {
    let limits = ProxyLimits { head_bytes_max: 16 * 1024, head_timeout: SHORT, ..ProxyLimits::default() };
    let rig = Rig::with_limits(OPEN, limits).await?;
    let long = "x".repeat(20_000);
    for request in [
        format!("CONNECT up.test:443 HTTP/1.1\r\nx: {long}\r\n\r\n"),
        format!("CONNECT {long}.test:443 HTTP/1.1\r\n\r\n"),
        format!("GET http://up.test/ HTTP/1.1\r\nx: {long}\r\n\r\n"),
        format!("CONNECT up.test:443 HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(200)),
        format!("GET http://up.test/ HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(200)),
    ] {
        let (status, _) = status_and_reason(&rig.ask(&request).await?);
        assert_eq!(status, 431, "{}", &request[..40]);
    }
    for slow in ["CONNECT up.test:443 HTTP/1.1\r\nx: ", "CON"] {
        let found = rig.refusal(slow).await?;
        assert_eq!(found, (408, "head-too-slow".to_owned()), "{slow}");
    }
    assert_eq!(rig.ask("GET http://up.test/ HTTP/1.1\r\nx: ").await?, "");
    assert_eq!(status_and_reason(&rig.ask("").await?).0, 408, "a connection that says nothing ends, too");
    Ok(())
}

#[tokio::test]
async fn a_body_that_stops_coming_is_given_up_on_either_side() -> Result<()> {
    let limits = ProxyLimits { body_idle_timeout: SHORT, ..ProxyLimits::default() };
    let rig = Rig::with_limits(OPEN, limits).await?;
    let server = listener().await?;
    let port = server.local_addr()?.port();
    let request = format!("POST http://up.test:{port}/ HTTP/1.1\r\ncontent-length: 100\r\n\r\nhalf");
    let (found, mut served) =
        tokio::try_join!(rig.refusal(&request), async { Ok(server.accept().await?.0) })?;
    assert_eq!(found, (408, "body-too-slow".to_owned()));
    read_head(&mut served).await?;
    let mut rest = Vec::new();
    soon(served.read_to_end(&mut rest)).await?.ok();
    assert_eq!(rest, b"half", "the upstream sees that it was cut");

    let (port, _upstream) = upstream(|mut stream| async move {
        read_head(&mut stream).await?;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf").await?;
        std::future::pending().await
    })
    .await?;
    let mut stream = rig.dial().await?;
    stream.write_all(format!("GET http://up.test:{port}/ HTTP/1.1\r\n\r\n").as_bytes()).await?;
    let mut answer = Vec::new();
    soon(stream.read_to_end(&mut answer)).await?.ok();
    assert!(answer.ends_with(b"half"));
    Ok(())
}

#[tokio::test]
async fn an_upstream_that_never_answers_is_given_up() -> Result<()> {
    let limits = ProxyLimits { answer_timeout: SHORT, ..ProxyLimits::default() };
    let rig = Rig::with_limits(OPEN, limits).await?;
    let (port, _upstream) = upstream(|mut stream| async move {
        read_head(&mut stream).await?;
        std::future::pending().await
    })
    .await?;
    let found =
        rig.refusal(&format!("GET http://up.test:{port}/ HTTP/1.1\r\nconnection: close\r\n\r\n")).await?;
    assert_eq!(found, (504, "answer-timeout".to_owned()));
    Ok(())
}

#[tokio::test]
async fn a_resolver_that_never_answers_is_given_up_and_harms_nobody_else() -> Result<()> {
    let limits = ProxyLimits { lookup_timeout: SHORT, box_lookups_max: 1, ..ProxyLimits::default() };
    let rig = Rig::with_limits(OPEN, limits).await?;
    let found = rig.refusal("CONNECT silent.test:443 HTTP/1.1\r\n\r\n").await?;
    assert_eq!(found, (504, "lookup-timeout".to_owned()));
    // The look-up still goes on and has this box's only place.
    let found = rig.refusal("CONNECT other.test:443 HTTP/1.1\r\n\r\n").await?;
    assert_eq!(found, (504, "lookup-timeout".to_owned()));
    assert_eq!(rig.refusal("CONNECT 127.0.0.1:443 HTTP/1.1\r\n\r\n").await?.1, "address-refused");
    Ok(())
}

#[tokio::test]
async fn names_are_remembered_for_their_time() -> Result<()> {
    let limits = ProxyLimits { lookup_ttl: Duration::from_secs(3600), ..ProxyLimits::default() };
    let rig = Rig::with_limits(OPEN, limits).await?;
    let (port, _upstream) = upstream(|_stream| async { Ok(()) }).await?;
    for _ in 0..3 {
        rig.tunnel(port).await?;
    }
    assert_eq!(*rig.world.looked_up.lock().unwrap(), ["up.test"]);
    let rig =
        Rig::with_limits(OPEN, ProxyLimits { lookup_ttl: Duration::ZERO, ..ProxyLimits::default() }).await?;
    for _ in 0..3 {
        rig.tunnel(port).await?;
    }
    assert_eq!(rig.world.looked_up.lock().unwrap().len(), 3);
    Ok(())
}

#[tokio::test]
async fn one_connection_too_many_waits_until_another_ends() -> Result<()> {
    let rig = Rig::with_limits(OPEN, ProxyLimits { connections_max: 1, ..ProxyLimits::default() }).await?;
    let server = listener().await?;
    let port = server.local_addr()?.port();
    let first = rig.tunnel(port).await?;
    let mut second = rig.dial().await?;
    second.write_all(format!("CONNECT up.test:{port} HTTP/1.1\r\n\r\n").as_bytes()).await?;
    let mut byte = [0];
    let waiting = tokio::time::timeout(SHORT, second.read_exact(&mut byte)).await;
    assert!(waiting.is_err(), "the second was answered beside the first");
    drop(first);
    drop(server.accept().await?);
    soon(second.read_exact(&mut byte)).await??;
    assert_eq!(&byte, b"H");
    Ok(())
}
