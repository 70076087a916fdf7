//! CONNECT: bytes both ways, ends, resets.

use std::time::Duration;

use anyhow::Result;
use smartbox_egress::ProxyLimits;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::rig::{Rig, beside, done, listener, soon, upstream};

async fn echo(mut stream: TcpStream) -> Result<()> {
    let (mut read, mut write) = stream.split();
    tokio::io::copy(&mut read, &mut write).await?;
    write.shutdown().await?;
    Ok(())
}

#[tokio::test]
async fn bytes_go_both_ways_and_what_was_sent_ahead_comes_first() -> Result<()> {
    let rig = Rig::open().await?;
    let (port, _upstream) = upstream(echo).await?;
    let mut stream = rig.dial().await?;
    stream.write_all(format!("CONNECT up.test:{port} HTTP/1.1\r\n\r\nahead ").as_bytes()).await?;
    let head = super::rig::read_head(&mut stream).await?;
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    stream.write_all(b"behind").await?;
    stream.shutdown().await?;
    let mut answer = String::new();
    soon(stream.read_to_string(&mut answer)).await??;
    assert_eq!(answer, "ahead behind");
    Ok(())
}

#[tokio::test]
async fn a_lot_arrives_whole_in_both_directions_at_once() -> Result<()> {
    const BYTES: usize = 24 * 1024 * 1024;
    let rig = Rig::open().await?;
    let (port, _upstream) = upstream(echo).await?;
    let stream = rig.tunnel(port).await?;
    let (mut read, mut write) = stream.into_split();
    let sent: Vec<u8> = (0..BYTES).map(|i| u8::try_from((i / 7 + i / 65_537) % 251).unwrap()).collect();
    let expected = sent.clone();
    let writing = beside(async move {
        // Pieces of many sizes, so that a direction turns into one that carries a lot and back.
        let mut rest = sent.as_slice();
        let mut size = 1;
        while !rest.is_empty() {
            let (piece, more) = rest.split_at(size.min(rest.len()));
            write.write_all(piece).await?;
            rest = more;
            size = size * 3 % 700_001 + 1;
        }
        write.shutdown().await
    });
    let mut answer = Vec::with_capacity(BYTES);
    soon(read.read_to_end(&mut answer)).await??;
    done(writing).await??;
    assert!(answer == expected, "{} of {BYTES} bytes, or other ones", answer.len());
    Ok(())
}

#[tokio::test]
async fn when_a_box_has_said_all_the_upstream_may_still_answer() -> Result<()> {
    let rig = Rig::open().await?;
    let (port, _upstream) = upstream(|mut stream| async move {
        let mut request = Vec::new();
        stream.read_to_end(&mut request).await?;
        stream.write_all(format!("{} bytes", request.len()).as_bytes()).await?;
        Ok(())
    })
    .await?;
    let mut stream = rig.tunnel(port).await?;
    stream.write_all(b"request").await?;
    stream.shutdown().await?;
    let mut answer = String::new();
    soon(stream.read_to_string(&mut answer)).await??;
    assert_eq!(answer, "7 bytes");
    Ok(())
}

#[tokio::test]
async fn when_an_upstream_has_said_all_the_box_may_still_send() -> Result<()> {
    let rig = Rig::open().await?;
    let server = listener().await?;
    let mut stream = rig.tunnel(server.local_addr()?.port()).await?;
    let (mut served, _) = server.accept().await?;
    served.write_all(b"done").await?;
    served.shutdown().await?;
    let mut answer = String::new();
    soon(stream.read_to_string(&mut answer)).await??;
    assert_eq!(answer, "done");
    stream.write_all(b"more").await?;
    stream.shutdown().await?;
    let mut more = String::new();
    soon(served.read_to_string(&mut more)).await??;
    assert_eq!(more, "more");
    Ok(())
}

/// The next close is a reset.
fn cut(stream: TcpStream) -> Result<()> {
    let stream = stream.into_std()?;
    rustix::net::sockopt::set_socket_linger(&stream, Some(Duration::ZERO))?;
    Ok(())
}

#[tokio::test]
async fn a_reset_is_passed_on_as_one_in_both_directions() -> Result<()> {
    let rig = Rig::open().await?;
    let server = listener().await?;
    let port = server.local_addr()?.port();

    let mut stream = rig.tunnel(port).await?;
    let (served, _) = server.accept().await?;
    cut(served)?;
    let ended = soon(stream.read_u8()).await?.unwrap_err();
    assert_eq!(ended.kind(), std::io::ErrorKind::ConnectionReset);

    let stream = rig.tunnel(port).await?;
    let (mut served, _) = server.accept().await?;
    cut(stream)?;
    let ended = soon(served.read_u8()).await?.unwrap_err();
    assert_eq!(ended.kind(), std::io::ErrorKind::ConnectionReset);
    Ok(())
}

#[tokio::test]
async fn a_silent_tunnel_is_cut_and_one_that_speaks_is_not() -> Result<()> {
    let limits = ProxyLimits { tunnel_idle_timeout: Duration::from_millis(400), ..ProxyLimits::default() };
    let rig = Rig::with_limits(&["allow up.test inside"], limits).await?;
    let (port, _upstream) = upstream(echo).await?;
    let mut silent = rig.tunnel(port).await?;
    let mut speaks = rig.tunnel(port).await?;
    let ended = async {
        loop {
            tokio::select! {
                ended = silent.read_u8() => return anyhow::Ok(ended),
                () = tokio::time::sleep(Duration::from_millis(20)) => {}
            }
            speaks.write_u8(1).await?;
            speaks.read_u8().await?;
        }
    };
    assert_eq!(soon(ended).await??.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
    speaks.write_u8(7).await?;
    assert_eq!(speaks.read_u8().await?, 7);
    Ok(())
}

#[tokio::test]
async fn no_tunnel_lives_for_ever() -> Result<()> {
    let limits = ProxyLimits { tunnel_total_timeout: Duration::from_millis(100), ..ProxyLimits::default() };
    let rig = Rig::with_limits(&["allow up.test inside"], limits).await?;
    let (port, _upstream) = upstream(echo).await?;
    let mut stream = rig.tunnel(port).await?;
    let ended = async {
        loop {
            if stream.write_u8(1).await.is_err() || stream.read_u8().await.is_err() {
                return;
            }
        }
    };
    soon(ended).await
}

#[tokio::test]
async fn a_stop_cuts_tunnels_at_once() -> Result<()> {
    let mut rig = Rig::open().await?;
    let (port, _upstream) = upstream(echo).await?;
    let mut stream = rig.tunnel(port).await?;
    rig.stop.cancel();
    assert!(soon(stream.read_u8()).await?.is_err());
    rig.ended().await
}

#[tokio::test]
async fn what_cannot_be_reached_is_explained() -> Result<()> {
    let rig = Rig::open().await?;
    let free = listener().await?;
    let port = free.local_addr()?.port();
    drop(free);
    let answer = rig.ask(&format!("CONNECT up.test:{port} HTTP/1.1\r\n\r\n")).await?;
    assert!(answer.starts_with("HTTP/1.1 502 ") && answer.contains("it was refused"), "{answer}");
    let unknown = rig.refusal("CONNECT unknown.test:443 HTTP/1.1\r\n\r\n").await?;
    assert_eq!(unknown, (502, "unresolved".to_owned()));
    Ok(())
}
