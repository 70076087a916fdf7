//! Byte counts against a counter of the test's own: everything that the upstream's socket has really read and written.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use anyhow::Result;
use smartbox_egress::Used;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::rig::{Rig, listener, soon};

/// An upstream's socket that counts for itself.
struct Origin {
    stream: TcpStream,
    read: u64,
    written: Arc<AtomicU64>,
}

impl Origin {
    fn new(stream: TcpStream) -> Self {
        Self { stream, read: 0, written: Arc::default() }
    }

    async fn say(&mut self, bytes: &[u8]) -> Result<()> {
        self.stream.write_all(bytes).await?;
        self.written.fetch_add(bytes.len() as u64, SeqCst);
        Ok(())
    }

    /// Reads until `end` was read, or the other side ends.
    async fn hear(&mut self, end: &[u8]) -> Result<()> {
        let mut heard = Vec::new();
        let mut piece = [0; 8192];
        while end.is_empty() || !heard.ends_with(end) {
            let read = soon(self.stream.read(&mut piece)).await??;
            if read == 0 {
                break;
            }
            self.read += read as u64;
            heard.extend_from_slice(&piece[..read]);
        }
        Ok(())
    }

    /// What a meter must have, with so many connections and requests.
    fn counted(&self, connections: u64, requests: u64) -> Used {
        Used { sent: self.read, received: self.written.load(SeqCst), connections, requests }
    }
}

fn reset(stream: TcpStream) -> Result<()> {
    let stream = stream.into_std()?;
    rustix::net::sockopt::set_socket_linger(&stream, Some(Duration::ZERO))?;
    Ok(())
}

/// Reads from an answer until this text was read.
async fn until(stream: &mut TcpStream, end: &[u8]) -> Result<()> {
    let mut seen = Vec::new();
    while !seen.ends_with(end) {
        let mut piece = [0; 8192];
        let read = soon(stream.read(&mut piece)).await??;
        anyhow::ensure!(read > 0, "it ended before");
        seen.extend_from_slice(&piece[..read]);
    }
    Ok(())
}

#[tokio::test]
async fn plain_requests_and_answers_are_counted_with_all_their_heads_across_hand_overs() -> Result<()> {
    let rig = Rig::open().await?;
    let server = listener().await?;
    let port = server.local_addr()?.port();
    let mut client = rig.dial().await?;
    let head =
        format!("POST http://up.test:{port}/path HTTP/1.1\r\nx-one: 1\r\ncontent-length: 100003\r\n\r\n");
    client.write_all(head.as_bytes()).await?;
    client.write_all(&[b'u'; 50_000]).await?;
    let mut origin = Origin::new(soon(server.accept()).await??.0);
    origin.hear(b"uuu").await?;
    rig.proxy.flush().await;
    client.write_all(&[b'u'; 50_000]).await?;
    client.write_all(b"END").await?;
    origin.hear(b"END").await?;
    rig.proxy.flush().await;
    assert_eq!(rig.world.total(), origin.counted(1, 1), "the request, while its answer is still to come");
    origin.say(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nx-two: 2\r\n\r\n").await?;
    for _ in 0..3 {
        origin.say(b"4\r\n1234\r\n").await?;
        until(&mut client, b"1234\r\n").await?;
        rig.proxy.flush().await;
        assert_eq!(rig.world.total(), origin.counted(1, 1), "the answer, while it is still coming");
    }
    origin.say(b"0\r\n\r\n").await?;
    until(&mut client, b"0\r\n\r\n").await?;
    // The next one goes over the same connection to the upstream.
    client.write_all(format!("GET http://up.test:{port}/ HTTP/1.1\r\n\r\n").as_bytes()).await?;
    origin.hear(b"\r\n\r\n").await?;
    origin.say(b"HTTP/1.1 404 Not Found\r\ncontent-length: 4\r\n\r\nnone").await?;
    until(&mut client, b"none").await?;
    rig.proxy.flush().await;
    assert_eq!(rig.world.total(), origin.counted(1, 2));
    Ok(())
}

#[tokio::test]
async fn plain_requests_whose_sides_end_one_after_the_other_are_counted_to_both_ends() -> Result<()> {
    let rig = Rig::open().await?;
    let server = listener().await?;
    let port = server.local_addr()?.port();
    // The box has said all and listens on; the end of the answer is the end of the upstream's side.
    let mut client = rig.dial().await?;
    client.write_all(format!("GET http://up.test:{port}/ HTTP/1.1\r\n\r\n").as_bytes()).await?;
    client.shutdown().await?;
    let mut origin = Origin::new(soon(server.accept()).await??.0);
    origin.hear(b"\r\n\r\n").await?;
    origin.say(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n").await?;
    origin.say(&vec![b'#'; 300_000]).await?;
    origin.stream.shutdown().await?;
    let mut answer = Vec::new();
    soon(client.read_to_end(&mut answer)).await??;
    assert_eq!(answer.iter().filter(|byte| **byte == b'#').count(), 300_000);
    origin.hear(b"").await?;
    rig.proxy.flush().await;
    assert_eq!(rig.world.total(), origin.counted(1, 1));
    Ok(())
}

#[tokio::test]
async fn plain_answers_that_either_side_resets_have_cost_what_has_passed() -> Result<()> {
    for box_resets in [true, false] {
        let rig = Rig::open().await?;
        let server = listener().await?;
        let port = server.local_addr()?.port();
        let mut client = rig.dial().await?;
        client.write_all(format!("GET http://up.test:{port}/ HTTP/1.1\r\n\r\n").as_bytes()).await?;
        let mut origin = Origin::new(soon(server.accept()).await??.0);
        origin.hear(b"\r\n\r\n").await?;
        origin.say(b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\nhalf").await?;
        until(&mut client, b"half").await?;
        let mut expected = origin.counted(1, 1);
        if box_resets {
            reset(client)?;
            // The upstream hears of it when it says more, which has come as far as the proxy.
            origin.say(b"more").await?;
            expected = origin.counted(1, 1);
            let mut end = [0];
            assert!(matches!(soon(origin.stream.read(&mut end)).await?, Ok(0) | Err(_)));
        } else {
            reset(origin.stream)?;
            let mut rest = Vec::new();
            let _broken = soon(client.read_to_end(&mut rest)).await?;
            assert!(rest.is_empty(), "{rest:?}");
        }
        rig.proxy.flush().await;
        assert_eq!(rig.world.total(), expected, "box_resets={box_resets}");
    }
    Ok(())
}

#[tokio::test]
async fn a_tunnel_is_counted_alike_whoever_resets_it_after_a_half_close_and_a_hand_over() -> Result<()> {
    for box_ends in [true, false] {
        for box_resets in [true, false] {
            let rig = Rig::open().await?;
            let server = listener().await?;
            let mut client = rig.tunnel(server.local_addr()?.port()).await?;
            let mut origin = Origin::new(soon(server.accept()).await??.0);
            client.write_all(b"from the box END").await?;
            origin.hear(b"END").await?;
            origin.say(&vec![b'x'; 200_000]).await?;
            origin.say(b"END").await?;
            until(&mut client, b"END").await?;
            rig.proxy.flush().await;
            assert_eq!(rig.world.total(), origin.counted(1, 0));
            // One side has said all, the other goes on.
            if box_ends {
                client.shutdown().await?;
                origin.hear(b"").await?;
                origin.say(b"more END").await?;
                until(&mut client, b"more END").await?;
            } else {
                origin.stream.shutdown().await?;
                assert_eq!(soon(client.read(&mut [0; 8])).await??, 0);
                client.write_all(b"more END").await?;
                origin.hear(b"more END").await?;
            }
            let expected = origin.counted(1, 0);
            let (resets, mut other) =
                if box_resets { (client, origin.stream) } else { (origin.stream, client) };
            reset(resets)?;
            let mut rest = Vec::new();
            let _broken = soon(other.read_to_end(&mut rest)).await?;
            rig.proxy.flush().await;
            assert_eq!(rig.world.total(), expected, "{box_ends} {box_resets}");
        }
    }
    Ok(())
}
