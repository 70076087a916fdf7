//! A request that changes the protocol: WebSockets without TLS.

use anyhow::Result;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::rig::{Rig, listener, read_head, soon};

fn ask(port: u16) -> String {
    format!(
        "GET http://up.test:{port}/socket HTTP/1.1\r\nconnection: keep-alive, Upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n\r\n"
    )
}

#[tokio::test]
async fn a_changed_protocol_is_carried_both_ways_and_counted() -> Result<()> {
    let rig = Rig::open().await?;
    let server = listener().await?;
    let mut stream = rig.dial().await?;
    stream.write_all(ask(server.local_addr()?.port()).as_bytes()).await?;
    let (mut served, _) = server.accept().await?;
    let head = read_head(&mut served).await?;
    assert!(head.contains("upgrade: websocket") && head.contains("sec-websocket-key: "), "{head}");
    let answer = "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: x\r\n\r\n";
    served.write_all(answer.as_bytes()).await?;
    let answered = read_head(&mut stream).await?;
    assert!(
        answered.starts_with("HTTP/1.1 101 ") && answered.contains("sec-websocket-accept: x"),
        "{answered}"
    );
    let mut bytes = [0; 4];
    stream.write_all(b"ping").await?;
    soon(served.read_exact(&mut bytes)).await??;
    served.write_all(b"pong").await?;
    soon(stream.read_exact(&mut bytes)).await??;
    assert_eq!(&bytes, b"pong");
    rig.proxy.flush().await;
    let used = rig.world.total();
    let (sent, received) = (u64::try_from(head.len())? + 4, u64::try_from(answer.len())? + 4);
    assert_eq!((used.sent, used.received), (sent, received));
    rig.publish(&[]);
    assert_eq!(
        soon(stream.read(&mut bytes)).await?.unwrap_or(0),
        0,
        "it ends when it is not allowed any more"
    );
    Ok(())
}

#[tokio::test]
async fn an_upstream_may_decline_to_change() -> Result<()> {
    let rig = Rig::open().await?;
    let server = listener().await?;
    let mut stream = rig.dial().await?;
    stream.write_all(ask(server.local_addr()?.port()).as_bytes()).await?;
    let (mut served, _) = server.accept().await?;
    read_head(&mut served).await?;
    served.write_all(b"HTTP/1.1 426 Upgrade Required\r\ncontent-length: 0\r\n\r\n").await?;
    assert!(read_head(&mut stream).await?.starts_with("HTTP/1.1 426 "));
    Ok(())
}
