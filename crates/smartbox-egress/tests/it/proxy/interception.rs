//! TLS that is ended for hosts whose rules say so, and for no others.

use anyhow::Result;
use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Empty;
use hyper::client::conn::http2::handshake;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::rig::{Rig, read_head, soon, status_and_reason};
use super::tls::{Authority, Echo, ask, tunnelled};

const GET: &str = "GET /x HTTP/1.1\r\nhost: up.test\r\nconnection: close\r\nauthorization: Bearer sbx-placeholder-TOKEN\r\n\r\n";

/// A box with a secret, and an upstream with TLS that a rule names.
async fn rig() -> Result<(Rig, Echo)> {
    let rig = Rig::injecting(&[]).await?;
    let echo = Echo::new(&rig.world.roots, "up.test").await?;
    rig.publish_injections(
        &[&format!("https://up.test:{}/ secret=TOKEN header=authorization", echo.port)],
        true,
    );
    rig.world.secrets.lock().unwrap().insert("TOKEN".to_owned(), "the-real-value".to_owned());
    Ok((rig, echo))
}

#[tokio::test]
async fn a_program_that_trusts_its_box_reaches_the_host_with_the_real_value() -> Result<()> {
    let (rig, echo) = rig().await?;
    let world = &rig.world;
    let stream = tunnelled(&rig, &world.authority, ("up.test", echo.port), "up.test", &[]).await?;
    // What the request says of its host does not count.
    let answer = ask(stream, &GET.replace("host: up.test", "host: evil.test")).await?;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.contains("Bearer the-real-value\r\n"), "{answer}");
    assert!(answer.contains(&format!("host: up.test:{}\r\n", echo.port)), "{answer}");
    rig.proxy.flush().await;
    let used = world.total();
    assert_eq!((used.connections, used.requests), (1, 1));
    assert!(used.sent > 100 && used.received > 100, "{used:?}");
    Ok(())
}

#[tokio::test]
async fn any_other_host_is_a_tunnel_and_gets_the_placeholder() -> Result<()> {
    let (rig, echo) = rig().await?;
    let other = Echo::new(&rig.world.roots, "other.test").await?;
    // The certificate is the host's own: nobody looked into it.
    let stream = tunnelled(&rig, &rig.world.roots, ("other.test", other.port), "other.test", &[]).await?;
    let answer = ask(stream, GET).await?;
    assert!(answer.contains("Bearer sbx-placeholder-TOKEN\r\n"), "{answer}");
    // The same name at another port is another one.
    let twin = Echo::new(&rig.world.roots, "up.test").await?;
    let stream = tunnelled(&rig, &rig.world.roots, ("up.test", twin.port), "up.test", &[]).await?;
    assert!(ask(stream, GET).await?.contains("sbx-placeholder-TOKEN"));
    assert!(echo.seen.lock().unwrap().is_empty());
    Ok(())
}

#[tokio::test]
async fn an_upstream_that_is_not_who_it_should_be_gets_nothing() -> Result<()> {
    let rig = Rig::injecting(&[]).await?;
    rig.world.secrets.lock().unwrap().insert("TOKEN".to_owned(), "the-real-value".to_owned());
    let stranger = Authority::default();
    for (authority, host) in
        [(&stranger, "up.test"), (&rig.world.roots, "wrong.test"), (&rig.world.authority, "up.test")]
    {
        let echo = Echo::new(authority, host).await?;
        rig.publish_injections(
            &[&format!("https://up.test:{}/ secret=TOKEN header=authorization", echo.port)],
            true,
        );
        let stream = tunnelled(&rig, &rig.world.authority, ("up.test", echo.port), "up.test", &[]).await?;
        let answer = ask(stream, GET).await?;
        assert_eq!(status_and_reason(&answer), (502, "upstream-tls".to_owned()), "{answer}");
        assert!(echo.seen.lock().unwrap().is_empty());
    }
    Ok(())
}

#[tokio::test]
async fn tls_is_left_alone_until_programs_trust_the_boxs_authority() -> Result<()> {
    let (rig, echo) = rig().await?;
    rig.publish_injections(
        &[&format!("https://up.test:{}/ secret=TOKEN header=authorization", echo.port)],
        false,
    );
    let stream = tunnelled(&rig, &rig.world.roots, ("up.test", echo.port), "up.test", &[]).await?;
    assert!(ask(stream, GET).await?.contains("sbx-placeholder-TOKEN"));
    Ok(())
}

#[tokio::test]
async fn a_name_in_tls_that_is_not_the_tunnels_and_http_2_are_refused() -> Result<()> {
    let (rig, echo) = rig().await?;
    let target = ("up.test", echo.port);
    let fronted = tunnelled(&rig, &rig.world.authority, target, "other.test", &[]).await;
    assert!(fronted.is_err(), "the certificate is the tunnel's");
    assert!(tunnelled(&rig, &rig.world.authority, target, "up.test", &[b"h2"]).await.is_err());
    let both = tunnelled(&rig, &rig.world.authority, target, "up.test", &[b"h2", b"http/1.1"]).await?;
    assert_eq!(both.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    assert!(ask(both, GET).await?.contains("the-real-value"));
    Ok(())
}

#[tokio::test]
async fn the_policy_comes_first() -> Result<()> {
    let (rig, echo) = rig().await?;
    rig.publish(&["deny up.test"]);
    let refused = rig.refusal(&format!("CONNECT up.test:{} HTTP/1.1\r\n\r\n", echo.port)).await?;
    assert_eq!(refused, (403, "denied".to_owned()));
    Ok(())
}

#[tokio::test]
async fn a_tunnel_on_a_stream_of_http_2_is_ended_as_well() -> Result<()> {
    let (rig, echo) = rig().await?;
    let (mut sender, driver) = handshake(TokioExecutor::new(), TokioIo::new(rig.dial().await?)).await?;
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move { drop(driver.await) });
    let connect = Request::builder().method(Method::CONNECT).uri(format!("up.test:{}", echo.port));
    let answer = soon(sender.send_request(connect.body(Empty::<Bytes>::new())?)).await??;
    assert_eq!(answer.status(), 200);
    let io = TokioIo::new(soon(hyper::upgrade::on(answer)).await??);
    let mut stream =
        soon(rig.world.authority.client(&[]).connect(ServerName::try_from("up.test")?, io)).await??;
    stream.write_all(GET.as_bytes()).await?;
    let mut text = String::new();
    soon(stream.read_to_string(&mut text)).await??;
    assert!(text.contains("Bearer the-real-value\r\n"), "{text}");
    Ok(())
}

#[tokio::test]
async fn a_websocket_is_opened_with_the_real_value_and_carried_on() -> Result<()> {
    let rig = Rig::injecting(&[]).await?;
    rig.world.secrets.lock().unwrap().insert("TOKEN".to_owned(), "the-real-value".to_owned());
    let acceptor = rig.world.roots.server("up.test");
    let (port, _served) = super::rig::upstream(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let mut stream = acceptor.accept(stream).await?;
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await?);
            }
            let knows = String::from_utf8(head)?.contains("Bearer the-real-value");
            let answer = format!("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\nx-knows: {knows}\r\n\r\n");
            stream.write_all(answer.as_bytes()).await?;
            let mut frame = [0; 4];
            stream.read_exact(&mut frame).await?;
            Ok(stream.write_all(&frame).await?)
        }
    })
    .await?;
    rig.publish_injections(&[&format!("https://up.test:{port}/ secret=TOKEN header=authorization")], true);
    let mut stream = tunnelled(&rig, &rig.world.authority, ("up.test", port), "up.test", &[]).await?;
    let asked = GET.replace("connection: close", "connection: upgrade\r\nupgrade: websocket");
    stream.write_all(asked.as_bytes()).await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(soon(stream.read_u8()).await??);
    }
    let head = String::from_utf8(head)?;
    assert!(head.starts_with("HTTP/1.1 101 ") && head.contains("x-knows: true"), "{head}");
    let mut frame = [0; 4];
    stream.write_all(b"ping").await?;
    soon(stream.read_exact(&mut frame)).await??;
    assert_eq!(&frame, b"ping");
    Ok(())
}

#[tokio::test]
async fn garbage_in_place_of_tls_ends_the_connection() -> Result<()> {
    let (rig, echo) = rig().await?;
    let mut stream = rig.dial().await?;
    stream
        .write_all(format!("CONNECT up.test:{} HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n", echo.port).as_bytes())
        .await?;
    assert!(read_head(&mut stream).await?.starts_with("HTTP/1.1 200 "));
    let mut rest = Vec::new();
    let _reset = soon(stream.read_to_end(&mut rest)).await?;
    assert!(!String::from_utf8_lossy(&rest).contains("HTTP/1.1"), "{rest:?}");
    assert!(echo.seen.lock().unwrap().is_empty());
    Ok(())
}
