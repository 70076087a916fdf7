//! The upstream of sockets: answers every frame with a fixed one, as cheaply as it can.

use std::net::Ipv4Addr;

use anyhow::Result;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::{print, released};

/// The key that the load sends and what answers it: the pair of RFC 6455 §1.3.
pub(crate) const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPTED: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
/// What every frame is answered with: text, unmasked.
pub(crate) const ANSWER: &[u8] = b"\x81\x1b{\"type\":\"res\",\"ok\":\"yes!\"}";
/// Two bytes and the mask.
const HEAD_BYTES: usize = 6;
/// Says that the length is in the next two bytes.
const LENGTH_IN_TWO: u8 = 126;

/// Serves until standard input ends.
pub(crate) async fn serve() -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    print(&json!({ "address": listener.local_addr()?.to_string() }));
    let accepting = async {
        let mut sockets = tokio::task::JoinSet::new();
        loop {
            tokio::select! {
                Ok((stream, _peer)) = listener.accept() => drop(sockets.spawn(answer(stream))),
                Some(_ended) = sockets.join_next() => {}
            }
        }
    };
    tokio::select! {
        () = accepting => {}
        () = released() => {}
    }
    Ok(())
}

/// Where the masked frame that starts at `at` ends, if that can be told yet. None of 64 KiB or more is sent.
fn end_of_frame(bytes: &[u8], at: usize) -> Option<usize> {
    let end = match bytes.get(at + 1)? & 0x7F {
        LENGTH_IN_TWO => {
            let length = u16::from_be_bytes([*bytes.get(at + 2)?, *bytes.get(at + 3)?]);
            at + HEAD_BYTES + 2 + usize::from(length)
        }
        length => at + HEAD_BYTES + usize::from(length),
    };
    (end <= bytes.len()).then_some(end)
}

async fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut bytes = Vec::with_capacity(2048);
    while !bytes.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(());
        }
    }
    let head = format!(
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: {ACCEPTED}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    bytes.clear();
    bytes.shrink_to(0);
    // A small buffer: ten thousand of these wait.
    let mut piece = [0; 512];
    loop {
        let read = stream.read(&mut piece).await?;
        if read == 0 {
            return Ok(());
        }
        bytes.extend_from_slice(&piece[..read]);
        let mut answers = Vec::new();
        let mut at = 0;
        while let Some(end) = end_of_frame(&bytes, at) {
            answers.extend_from_slice(ANSWER);
            at = end;
        }
        bytes.drain(..at);
        stream.write_all(&answers).await?;
    }
}
