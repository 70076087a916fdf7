//! Connections of a box: how many, how slow, and what happens to a dead listener.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::Result;
use smartbox_egress::{Accept, Duplex, Limits, ModelPlan, ServeError};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::rig::{Loopback, Rig, serve};

const SHORT: Duration = Duration::from_millis(50);

async fn read_all(mut stream: TcpStream) -> Result<String> {
    let mut text = String::new();
    tokio::time::timeout(Duration::from_secs(10), stream.read_to_string(&mut text)).await??;
    Ok(text)
}

#[tokio::test]
async fn a_head_that_does_not_end_is_given_up() -> Result<()> {
    let rig = Rig::with_plan(ModelPlan::demo(), Limits { head_timeout: SHORT, ..Limits::default() }).await?;
    let mut stream = TcpStream::connect(rig.address).await?;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: ").await?;
    assert_eq!(read_all(stream).await?, "");
    Ok(())
}

#[tokio::test]
async fn a_body_that_does_not_end_is_given_up() -> Result<()> {
    let limits = Limits { body_idle_timeout: SHORT, ..Limits::default() };
    let rig = Rig::with_plan(ModelPlan::demo(), limits).await?;
    let mut stream = TcpStream::connect(rig.address).await?;
    stream.write_all(b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{").await?;
    let answer = read_all(stream).await?;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    Ok(())
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() -> Result<()> {
    let rig =
        Rig::with_plan(ModelPlan::demo(), Limits { head_bytes_max: 8 * 1024, ..Limits::default() }).await?;
    let mut stream = TcpStream::connect(rig.address).await?;
    let head = format!("GET /healthz HTTP/1.1\r\nhost: x\r\nx-large: {}\r\n\r\n", "x".repeat(9_000));
    stream.write_all(head.as_bytes()).await?;
    let answer = read_all(stream).await?;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    Ok(())
}

#[tokio::test]
async fn one_connection_too_many_waits_until_another_ends() -> Result<()> {
    let rig = Rig::with_plan(ModelPlan::demo(), Limits { connections_max: 1, ..Limits::default() }).await?;
    let mut first = TcpStream::connect(rig.address).await?;
    first.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await?;
    let mut byte = [0];
    first.read_exact(&mut byte).await?;

    let mut second = TcpStream::connect(rig.address).await?;
    second.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await?;
    let waiting = tokio::time::timeout(SHORT, second.read_exact(&mut byte)).await;
    assert!(waiting.is_err(), "the second connection was answered beside the first");
    drop(first);
    assert!(read_all(second).await?.starts_with("HTTP/1.1 200 "));
    Ok(())
}

#[tokio::test]
async fn a_stop_ends_idle_connections_at_once() -> Result<()> {
    let mut rig = Rig::demo().await?;
    let mut idle = TcpStream::connect(rig.address).await?;
    idle.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await?;
    let mut byte = [0];
    idle.read_exact(&mut byte).await?;
    rig.stop.cancel();
    tokio::time::timeout(Duration::from_secs(5), rig.served.join_next()).await?.expect("serving ends")??;
    Ok(())
}

/// Fails a number of times, then works.
struct Faulty {
    failures: u32,
    then: Loopback,
}

#[async_trait::async_trait]
impl Accept for Faulty {
    async fn accept(&mut self) -> io::Result<Box<dyn Duplex>> {
        if self.failures > 0 {
            self.failures -= 1;
            return Err(io::Error::other("no more files"));
        }
        self.then.accept().await
    }
}

async fn faulty(failures: u32) -> Result<(std::net::SocketAddr, Faulty)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    Ok((listener.local_addr()?, Faulty { failures, then: Loopback(listener) }))
}

#[tokio::test]
async fn a_listener_that_fails_for_a_moment_goes_on() -> Result<()> {
    let (address, listener) = faulty(2).await?;
    let _served = serve(ModelPlan::demo(), Limits::default(), listener, CancellationToken::new())?;
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await?;
    assert!(read_all(stream).await?.ends_with("{\"ok\":true}"));
    Ok(())
}

#[tokio::test]
async fn a_dead_listener_ends_the_serving_with_its_error() -> Result<()> {
    let (_, listener) = faulty(u32::MAX).await?;
    let mut served = serve(ModelPlan::demo(), Limits::default(), listener, CancellationToken::new())?;
    let ended = served.join_next().await.expect("serving ends")?;
    assert!(matches!(ended, Err(ServeError::Listener(_))), "{ended:?}");
    Ok(())
}
