//! Bytes of a box with limits: set aside before they move, so that no more moves than there is.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use smartbox_egress::ProxyLimits;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::rig::{Rig, beside, done, listener, read_head, soon, upstream};

const OPEN: &[&str] = &["allow up.test inside"];

/// An upstream that sends for as long as it is let, once somebody says so; with a head, as plain HTTP without an end.
async fn flood(head: &'static str, begins: &Arc<Semaphore>) -> Result<(u16, JoinSet<()>)> {
    let begins = Arc::clone(begins);
    upstream(move |mut stream: TcpStream| {
        let begins = Arc::clone(&begins);
        async move {
            if !head.is_empty() {
                read_head(&mut stream).await?;
                stream.write_all(head.as_bytes()).await?;
            }
            begins.acquire().await?.forget();
            tokio::io::copy(&mut tokio::io::repeat(b'x'), &mut stream).await?;
            Ok(())
        }
    })
    .await
}

/// What comes until the connection ends, however it ends.
async fn drain(stream: &mut TcpStream) -> Result<u64> {
    let mut bytes = 0;
    let mut piece = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = soon(stream.read(&mut piece)).await? {
        bytes += read as u64;
    }
    Ok(bytes)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_connections_at_once_move_exactly_what_there_is() -> Result<()> {
    // More than goes through a pipe of the kernel at once, in chunks that come before and after that.
    const LIMIT: u64 = 20 * 1024 * 1024 + 77;
    const HEAD: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
    let rig = Rig::with_limits(OPEN, ProxyLimits::default()).await?;
    rig.leave(Some(LIMIT));
    rig.world.purse.lock().unwrap().chunk = 3 * 1024 * 1024;
    let begins = Arc::new(Semaphore::new(0));
    let (raw, _raw) = flood("", &begins).await?;
    let (plain, _plain) = flood(HEAD, &begins).await?;
    let mut open = JoinSet::new();
    for _ in 0..8 {
        let mut tunnel = rig.tunnel(raw).await?;
        open.spawn(async move { drain(&mut tunnel).await });
        let mut answer = rig.dial().await?;
        answer.write_all(format!("GET http://up.test:{plain}/ HTTP/1.1\r\n\r\n").as_bytes()).await?;
        read_head(&mut answer).await?;
        open.spawn(async move { drain(&mut answer).await });
    }
    begins.add_permits(16);
    while let Some(ended) = soon(open.join_next()).await? {
        ended??;
    }
    rig.proxy.flush().await;
    let total = rig.world.total();
    assert_eq!(total.sent + total.received, LIMIT);
    let purse = rig.world.purse.lock().unwrap().clone();
    assert_eq!((purse.left, purse.aside), (Some(0), 0));
    assert!(rig.world.reasons().contains(&"used-up"), "its owner hears of it");
    Ok(())
}

#[tokio::test]
async fn what_a_box_sends_is_held_to_the_same() -> Result<()> {
    const LIMIT: u64 = 300_000;
    let rig = Rig::open().await?;
    let server = listener().await?;
    rig.leave(Some(LIMIT));
    let mut stream = rig.tunnel(server.local_addr()?.port()).await?;
    let (mut served, _) = server.accept().await?;
    let sending = beside(async move {
        let _cut = tokio::io::copy(&mut tokio::io::repeat(1), &mut stream).await;
    });
    let arrived = drain(&mut served).await?;
    done(sending).await?;
    rig.proxy.flush().await;
    // A reset takes along what was on its way; nothing beyond the limit has ever been on it.
    let sent = rig.world.total().sent;
    assert!(arrived <= sent && sent <= LIMIT, "{arrived} of {sent}");
    assert!(sent > LIMIT - 64 * 1024, "{sent}");
    Ok(())
}

#[tokio::test]
async fn plain_answers_and_uploads_under_way_are_cut_as_tunnels_are() -> Result<()> {
    let rig = Rig::open().await?;
    rig.leave(Some(1_000_000));
    let server = listener().await?;
    let port = server.local_addr()?.port();
    // One answer that comes, one upload that goes; nothing moves when the box is over something else than bytes.
    let mut down = rig.dial().await?;
    down.write_all(format!("GET http://up.test:{port}/ HTTP/1.1\r\n\r\n").as_bytes()).await?;
    let (mut served, _) = soon(server.accept()).await??;
    read_head(&mut served).await?;
    served.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf").await?;
    read_head(&mut down).await?;
    let mut half = [0; 4];
    soon(down.read_exact(&mut half)).await??;
    let mut up = rig.dial().await?;
    up.write_all(
        format!("POST http://up.test:{port}/ HTTP/1.1\r\ncontent-length: 100\r\n\r\nhalf").as_bytes(),
    )
    .await?;
    let (mut taken, _) = soon(server.accept()).await??;
    read_head(&mut taken).await?;
    soon(taken.read_exact(&mut half)).await??;
    rig.leave(Some(0));
    assert_eq!(drain(&mut down).await?, 0, "the answer ends without its rest");
    let refusal = read_head(&mut up).await?;
    assert!(refusal.starts_with("HTTP/1.1 403 ") && refusal.contains("used-up"), "{refusal}");
    assert_eq!((drain(&mut served).await?, drain(&mut taken).await?), (0, 0), "both upstreams see an end");
    Ok(())
}

#[tokio::test]
async fn a_box_that_moves_nothing_gives_back_what_is_set_aside_for_it() -> Result<()> {
    let limits = ProxyLimits { chunk_idle_timeout: Duration::ZERO, ..ProxyLimits::default() };
    let rig = Rig::with_limits(OPEN, limits).await?;
    rig.leave(Some(1000));
    let server = listener().await?;
    let mut stream = rig.tunnel(server.local_addr()?.port()).await?;
    let (mut served, _) = server.accept().await?;
    stream.write_all(&[1; 10]).await?;
    soon(served.read_exact(&mut [0; 10])).await??;
    assert_eq!(rig.world.purse.lock().unwrap().aside, 1000);
    rig.proxy.flush().await;
    let purse = rig.world.purse.lock().unwrap().clone();
    assert_eq!((purse.left, purse.aside), (Some(990), 0));
    // The tunnel is still open, and asks anew.
    stream.write_all(&[1; 10]).await?;
    soon(served.read_exact(&mut [0; 10])).await??;
    let purse = rig.world.purse.lock().unwrap().clone();
    assert_eq!((purse.left, purse.aside, purse.asked), (Some(0), 990, 2));
    Ok(())
}

#[tokio::test]
async fn a_box_without_limits_asks_nobody_and_one_that_loses_its_limits_gives_all_back() -> Result<()> {
    let rig = Rig::open().await?;
    let server = listener().await?;
    let port = server.local_addr()?.port();
    rig.leave(None);
    rig.tunnel(port).await?;
    assert_eq!(rig.world.purse.lock().unwrap().asked, 0);
    rig.leave(Some(1000));
    rig.tunnel(port).await?;
    assert_eq!(rig.world.purse.lock().unwrap().aside, 1000);
    rig.publish_no_limits();
    rig.tunnel(port).await?;
    rig.proxy.flush().await;
    let purse = rig.world.purse.lock().unwrap().clone();
    assert_eq!((purse.left, purse.aside, purse.asked), (Some(1000), 0, 1));
    Ok(())
}

#[tokio::test]
async fn while_nothing_can_be_set_aside_a_box_uses_what_it_had_and_is_told_why_not_more() -> Result<()> {
    let rig = Rig::open().await?;
    let server = listener().await?;
    let port = server.local_addr()?.port();
    rig.leave(Some(1_000_000));
    rig.world.purse.lock().unwrap().chunk = 100;
    let mut stream = rig.tunnel(port).await?;
    let (mut served, _) = server.accept().await?;
    *rig.world.is_meter_down.lock().unwrap() = true;
    stream.write_all(&[1; 300]).await?;
    assert_eq!(drain(&mut served).await?, 100);
    let connect = format!("CONNECT up.test:{port} HTTP/1.1\r\nhost: up.test\r\n\r\n");
    assert_eq!(rig.refusal(&connect).await?, (503, "no-meter".to_owned()));
    *rig.world.is_meter_down.lock().unwrap() = false;
    rig.tunnel(port).await?;
    Ok(())
}
