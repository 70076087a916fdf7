//! What owners are told of single connections.

use std::time::Duration;

use anyhow::Result;
use smartbox_egress::{EndedConnection, ProxyLimits};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::rig::{Rig, listener, read_head, soon, upstream};
use crate::rig::a_box;

async fn answer(mut stream: TcpStream) -> Result<()> {
    let mut request = Vec::new();
    stream.read_to_end(&mut request).await?;
    stream.write_all(b"seven and more").await?;
    Ok(())
}

/// Of the next one: where to, bytes up and down, how it ended.
async fn next(rig: &Rig) -> Result<(String, u64, u64, &'static str)> {
    let EndedConnection { box_id, target, sent, received, end, .. } = soon(rig.world.ended()).await?;
    assert_eq!(box_id, a_box());
    Ok((target, sent, received, end))
}

#[tokio::test]
async fn a_tunnel_is_told_once_it_has_ended_with_what_passed() -> Result<()> {
    let rig = Rig::open().await?;
    let (port, _upstream) = upstream(answer).await?;
    let mut stream = rig.tunnel(port).await?;
    stream.write_all(b"request").await?;
    assert!(rig.world.ended.lock().unwrap().is_empty(), "not before its end");
    stream.shutdown().await?;
    let mut said = Vec::new();
    soon(stream.read_to_end(&mut said)).await??;
    assert_eq!(next(&rig).await?, (format!("up.test:{port}"), 7, 14, "complete"));
    Ok(())
}

#[tokio::test]
async fn a_tunnel_is_told_how_it_was_ended() -> Result<()> {
    let limits = ProxyLimits { tunnel_idle_timeout: Duration::from_millis(100), ..ProxyLimits::default() };
    let rig = Rig::with_limits(&["allow up.test inside"], limits).await?;
    let server = listener().await?;
    let port = server.local_addr()?.port();
    let _silent = rig.tunnel(port).await?;
    assert_eq!(next(&rig).await?.3, "idle");

    let rig = Rig::open().await?;
    let mut taken_back = rig.tunnel(port).await?;
    rig.publish(&["deny up.test"]);
    assert!(soon(taken_back.read_u8()).await?.is_err());
    assert_eq!(next(&rig).await?.3, "cut");
    assert_eq!(rig.world.reasons(), ["denied"]);

    rig.publish(&["allow up.test inside"]);
    let mut stopped = rig.tunnel(port).await?;
    rig.stop.cancel();
    assert!(soon(stopped.read_u8()).await?.is_err());
    assert_eq!(next(&rig).await?.3, "stopped");
    Ok(())
}

#[tokio::test]
async fn a_connection_of_requests_is_told_once_and_nothing_of_what_was_asked() -> Result<()> {
    let rig = Rig::open().await?;
    let (port, _upstream) = upstream(|mut stream| async move {
        for _ in 0..2 {
            read_head(&mut stream).await?;
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await?;
        }
        Ok(())
    })
    .await?;
    let mut stream = rig.dial().await?;
    for _ in 0..2 {
        let request =
            format!("GET http://up.test:{port}/a-path?key=secret HTTP/1.1\r\nhost: up.test\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let head = read_head(&mut stream).await?;
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
        soon(stream.read_exact(&mut [0; 2])).await??;
    }
    let told = soon(rig.world.ended()).await?;
    assert_eq!((told.target.as_str(), told.end), (format!("up.test:{port}").as_str(), "closed"));
    assert_eq!(told.received, 2 * 40, "both answers");
    assert!(!format!("{told:?}").contains("secret"));
    assert!(rig.world.ended.lock().unwrap().is_empty(), "one connection carried both");
    Ok(())
}

#[tokio::test]
async fn what_did_not_come_about_is_told_with_its_reason_beside_what_was_refused() -> Result<()> {
    let rig = Rig::open().await?;
    rig.refusal("CONNECT unknown.test:443 HTTP/1.1\r\n\r\n").await?;
    let free = listener().await?;
    let nobody = format!("up.test:{}", free.local_addr()?.port());
    drop(free);
    rig.refusal(&format!("CONNECT {nobody} HTTP/1.1\r\n\r\n")).await?;
    rig.publish(&["deny up.test"]);
    rig.refusal("CONNECT up.test:443 HTTP/1.1\r\n\r\n").await?;
    let failed = rig.world.failed.lock().unwrap();
    let failed: Vec<_> = failed.iter().map(|request| (request.target.as_str(), request.reason)).collect();
    assert_eq!(failed, [("unknown.test:443", "unresolved"), (nobody.as_str(), "unreachable")]);
    assert_eq!(rig.world.reasons(), ["denied"]);
    Ok(())
}
