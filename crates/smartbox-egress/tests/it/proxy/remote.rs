//! Boxes that are elsewhere bring their credential.

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::AsyncWriteExt as _;

use super::rig::{Rig, ask, read_head, status_and_reason, upstream};
use super::world::TOKEN;
use crate::rig::a_box;

fn basic(user: &str, password: &str) -> String {
    format!("Proxy-Authorization: Basic {}\r\n", STANDARD.encode(format!("{user}:{password}")))
}

#[tokio::test]
async fn without_the_boxs_own_credential_nothing_passes() -> Result<()> {
    let rig = Rig::open().await?;
    let id = a_box().to_string();
    let other = "box_01890a5d5a5a7b6c8d9e0f1a2b3c4d5f";
    for credential in [
        String::new(),
        basic(&id, "wrong"),
        basic(&id, ""),
        basic(other, TOKEN),
        basic("home", TOKEN),
        format!("Proxy-Authorization: Bearer {TOKEN}\r\n"),
        "Proxy-Authorization: Basic ???\r\n".to_owned(),
        format!("Authorization: Basic {}\r\n", STANDARD.encode(format!("{id}:{TOKEN}"))),
    ] {
        for request in [
            format!("CONNECT up.test:80 HTTP/1.1\r\n{credential}\r\n"),
            format!("GET http://up.test/ HTTP/1.1\r\n{credential}connection: close\r\n\r\n"),
        ] {
            let answer = ask(rig.remote, &request).await?;
            assert_eq!(status_and_reason(&answer), (407, "authentication-required".to_owned()), "{request}");
            assert!(answer.contains("proxy-authenticate: Basic realm=\"smartbox\"\r\n"), "{answer}");
        }
    }
    assert!(rig.world.looked_up.lock().unwrap().is_empty());
    Ok(())
}

#[tokio::test]
async fn with_it_a_box_is_served_as_at_home() -> Result<()> {
    let rig = Rig::open().await?;
    let (port, _upstream) = upstream(|mut stream| async move {
        let head = read_head(&mut stream).await?;
        assert!(!head.to_ascii_lowercase().contains("proxy-"), "{head}");
        Ok(stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await?)
    })
    .await?;
    let credential = basic(&a_box().to_string(), TOKEN);
    let request = format!("GET http://up.test:{port}/ HTTP/1.1\r\n{credential}connection: close\r\n\r\n");
    assert!(ask(rig.remote, &request).await?.ends_with("ok"));
    let tunnel = format!("CONNECT up.test:{port} HTTP/1.1\r\n{credential}\r\nGET / HTTP/1.1\r\n\r\n");
    assert!(ask(rig.remote, &tunnel).await?.ends_with("ok"));
    rig.proxy.flush().await;
    assert_eq!(rig.world.total().connections, 2);
    Ok(())
}
