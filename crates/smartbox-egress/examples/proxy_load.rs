//! Load for any forward proxy, and the origin behind it. Prints one number.
//!
//! `proxy_load throughput|opens|forward|idle <proxy> <how many side by side> <seconds>`

#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::Instant;

/// What is written and read at once.
const PIECE_BYTES: usize = 256 * 1024;
/// Body of each forwarded answer.
const BODY_BYTES: usize = 1024;
/// Tunnels that are opened at a time until all are idle.
const OPENING: usize = 64;

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [mode, proxy, count, seconds] = arguments.as_slice() else { bail!("mode, proxy, count, seconds") };
    let (proxy, count): (SocketAddr, usize) = (proxy.parse()?, count.parse()?);
    let period = Duration::from_secs(seconds.parse()?);
    let origin = listen()?;
    let address = origin.local_addr()?;
    let mut tasks = JoinSet::new();
    tasks.spawn(serve(origin, mode.clone()));
    if mode == "idle" {
        return idle(proxy, address, count).await;
    }
    let done = Arc::new(AtomicU64::new(0));
    for _ in 0..count {
        let done = Arc::clone(&done);
        match mode.as_str() {
            "throughput" => tasks.spawn(async move { drop(throughput(proxy, address, &done).await) }),
            "opens" => tasks.spawn(async move { drop(opens(proxy, address, &done).await) }),
            "forward" => tasks.spawn(async move { drop(forward(proxy, address, &done).await) }),
            _ => bail!("no such mode"),
        };
    }
    // Once it flows.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (began, before) = (Instant::now(), done.load(Relaxed));
    tokio::time::sleep(period).await;
    let counted = done.load(Relaxed) - before;
    if counted == 0 {
        bail!("nothing came through");
    }
    println!("{:.1}", counted as f64 / began.elapsed().as_secs_f64());
    Ok(())
}

fn listen() -> Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(([127, 0, 0, 1], 0).into())?;
    Ok(socket.listen(8192)?)
}

/// The origin: says a lot, or one byte, or answers requests.
async fn serve(listener: TcpListener, mode: String) {
    let mut tasks = JoinSet::new();
    while let Ok((mut stream, _)) = listener.accept().await {
        let mode = mode.clone();
        let _ = stream.set_nodelay(true);
        tasks.spawn(async move {
            match mode.as_str() {
                "throughput" => {
                    let piece = vec![7; PIECE_BYTES];
                    while stream.write_all(&piece).await.is_ok() {}
                }
                "forward" => drop(answer(stream).await),
                _ => {
                    let _ = stream.write_u8(1).await;
                    let _ = stream.read_u8().await;
                }
            }
        });
        while tasks.try_join_next().is_some() {}
    }
}

async fn answer(mut stream: TcpStream) -> Result<()> {
    let body = "x".repeat(BODY_BYTES);
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {BODY_BYTES}\r\n\r\n{body}");
    let mut read = Vec::with_capacity(2048);
    loop {
        while !read.ends_with(b"\r\n\r\n") {
            if stream.read_buf(&mut read).await? == 0 {
                return Ok(());
            }
        }
        read.clear();
        stream.write_all(answer.as_bytes()).await?;
    }
}

async fn tunnel(proxy: SocketAddr, origin: SocketAddr) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(proxy).await?;
    stream.set_nodelay(true)?;
    stream.write_all(format!("CONNECT {origin} HTTP/1.1\r\nhost: {origin}\r\n\r\n").as_bytes()).await?;
    let mut head = Vec::with_capacity(256);
    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
        if stream.read_buf(&mut head).await? == 0 {
            bail!("no tunnel: {}", String::from_utf8_lossy(&head));
        }
    }
    if !head.starts_with(b"HTTP/1.") || head.get(9..12) != Some(b"200") {
        bail!("no tunnel: {}", String::from_utf8_lossy(&head));
    }
    // The origin's first byte may have come with the head.
    if !head.ends_with(b"\r\n\r\n") {
        return Ok(stream);
    }
    stream.read_u8().await?;
    Ok(stream)
}

async fn throughput(proxy: SocketAddr, origin: SocketAddr, done: &AtomicU64) -> Result<()> {
    let mut stream = tunnel(proxy, origin).await?;
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let read = stream.read(&mut piece).await?;
        if read == 0 {
            return Ok(());
        }
        done.fetch_add(read as u64, Relaxed);
    }
}

async fn opens(proxy: SocketAddr, origin: SocketAddr, done: &AtomicU64) -> Result<()> {
    loop {
        drop(tunnel(proxy, origin).await?);
        done.fetch_add(1, Relaxed);
    }
}

async fn forward(proxy: SocketAddr, origin: SocketAddr, done: &AtomicU64) -> Result<()> {
    let mut stream = TcpStream::connect(proxy).await?;
    stream.set_nodelay(true)?;
    let request =
        format!("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\nAccept: */*\r\nUser-Agent: load\r\n\r\n");
    let mut read = Vec::with_capacity(4096);
    loop {
        stream.write_all(request.as_bytes()).await?;
        let end = loop {
            if let Some(at) = read.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4 + BODY_BYTES;
            }
            if stream.read_buf(&mut read).await? == 0 {
                bail!("ended");
            }
        };
        if !read.starts_with(b"HTTP/1.1 200") {
            bail!("{}", String::from_utf8_lossy(&read));
        }
        while read.len() < end {
            if stream.read_buf(&mut read).await? == 0 {
                bail!("ended");
            }
        }
        read.drain(..end);
        done.fetch_add(1, Relaxed);
    }
}

/// Opens tunnels and holds them until the input ends.
async fn idle(proxy: SocketAddr, origin: SocketAddr, count: usize) -> Result<()> {
    let mut held = Vec::with_capacity(count);
    while held.len() < count {
        let mut opening = JoinSet::new();
        for _ in 0..OPENING.min(count - held.len()) {
            opening.spawn(tunnel(proxy, origin));
        }
        while let Some(opened) = opening.join_next().await {
            held.push(opened?.with_context(|| format!("after {} tunnels", held.len()))?);
        }
    }
    println!("{}", held.len());
    let mut end = [0];
    while tokio::io::stdin().read(&mut end).await? > 0 {}
    Ok(())
}
