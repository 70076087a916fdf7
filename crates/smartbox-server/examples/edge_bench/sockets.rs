//! A load of sockets: each sends a frame, waits for the answer, and sends the next.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::echo::{ANSWER, KEY};
use crate::{print, released};

const HANDSHAKE: &str = r#"{"type":"req","id":"1","method":"connect","params":{}}"#;
const MESSAGE: &str = r#"{"type":"req","id":"2","method":"chat.history","params":{"sessionKey":"main"}}"#;
/// How many sockets are opened at a time.
const OPENING_MAX: usize = 64;

/// What to do.
#[derive(Clone, Deserialize)]
pub(crate) struct Load {
    address: SocketAddr,
    /// Where the socket is.
    path: String,
    cookie: String,
    sockets: usize,
    /// How long to send; 0 leaves the sockets silent, open until standard input ends.
    secs: f64,
}

/// Runs the load and prints what came of it.
pub(crate) async fn run(load: Load) -> Result<()> {
    let mut opening = JoinSet::new();
    let mut open = Vec::new();
    for _ in 0..load.sockets {
        if opening.len() >= OPENING_MAX {
            open.push(opening.join_next().await.context("nothing is opening")???);
        }
        opening.spawn(connect(load.clone()));
    }
    while let Some(socket) = opening.join_next().await {
        open.push(socket??);
    }
    if load.secs == 0.0 {
        print(&json!({ "open": open.len() }));
        released().await;
        return Ok(());
    }
    let began = Instant::now();
    let until = began + Duration::from_secs_f64(load.secs);
    let mut sending = JoinSet::new();
    for socket in open {
        sending.spawn(exchange(socket, until));
    }
    let mut times = Vec::new();
    while let Some(done) = sending.join_next().await {
        times.extend(done??);
    }
    let took = began.elapsed().as_secs_f64();
    times.sort_unstable();
    let percentile = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = times.len() as f64 / took;
    print(&json!({ "per_second": rate, "p50_us": percentile(50), "p99_us": percentile(99) }));
    Ok(())
}

async fn connect(load: Load) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(load.address).await?;
    stream.set_nodelay(true)?;
    let Load { address, path, cookie, .. } = load;
    let head = format!(
        "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: {KEY}\r\ncookie: {cookie}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut answer).await? == 0 {
            bail!("closed in the handshake");
        }
    }
    if !answer.starts_with(b"HTTP/1.1 101") {
        bail!("not upgraded: {}", String::from_utf8_lossy(&answer));
    }
    ask(&mut stream, &frame(HANDSHAKE)).await?;
    Ok(stream)
}

async fn exchange(mut stream: TcpStream, until: Instant) -> Result<Vec<u64>> {
    let message = frame(MESSAGE);
    let mut times = Vec::new();
    let mut now = Instant::now();
    while now < until {
        let began = now;
        ask(&mut stream, &message).await?;
        now = Instant::now();
        times.push(u64::try_from((now - began).as_micros()).unwrap_or(u64::MAX));
    }
    Ok(times)
}

async fn ask(stream: &mut TcpStream, frame: &[u8]) -> Result<()> {
    stream.write_all(frame).await?;
    let mut answer = [0; ANSWER.len()];
    stream.read_exact(&mut answer).await?;
    if answer != *ANSWER {
        bail!("another answer: {}", String::from_utf8_lossy(&answer));
    }
    Ok(())
}

/// A client's frame of up to 125 bytes, masked.
fn frame(text: &str) -> Vec<u8> {
    let key = [0x37, 0xFA, 0x21, 0x3D];
    let length = u8::try_from(text.len()).unwrap_or(u8::MAX);
    let mut frame = vec![0x81, 0x80 | length];
    frame.extend(key);
    frame.extend(text.bytes().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
    frame
}
