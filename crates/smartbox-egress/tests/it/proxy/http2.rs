//! Tunnels and requests as streams of one connection.

use anyhow::Result;
use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinSet;

use super::rig::{Rig, listener, read_head, soon, upstream};

async fn client(rig: &Rig, tasks: &mut JoinSet<()>) -> Result<SendRequest<Empty<Bytes>>> {
    let (sender, driver) = handshake(TokioExecutor::new(), TokioIo::new(rig.dial().await?)).await?;
    tasks.spawn(async move { drop(driver.await) });
    Ok(sender)
}

fn connect(target: &str) -> Request<Empty<Bytes>> {
    Request::builder().method(Method::CONNECT).uri(target).body(Empty::new()).unwrap()
}

#[tokio::test]
async fn a_stream_is_a_tunnel_and_another_one_a_request() -> Result<()> {
    let rig = Rig::open().await?;
    let server = listener().await?;
    let mut tasks = JoinSet::new();
    let mut sender = client(&rig, &mut tasks).await?;
    let answer =
        soon(sender.send_request(connect(&format!("up.test:{}", server.local_addr()?.port())))).await??;
    assert_eq!(answer.status(), 200);
    let mut stream = TokioIo::new(soon(hyper::upgrade::on(answer)).await??);
    let (mut served, _) = server.accept().await?;
    stream.write_all(b"ping").await?;
    let mut bytes = [0; 4];
    soon(served.read_exact(&mut bytes)).await??;
    served.write_all(b"pong").await?;
    soon(stream.read_exact(&mut bytes)).await??;
    assert_eq!(&bytes, b"pong");

    let (port, _upstream) = upstream(|mut stream| async move {
        let head = read_head(&mut stream).await?;
        let body = format!("{}", head.contains("cookie: a=1; b=2\r\n"));
        Ok(stream.write_all(format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{body}").as_bytes()).await?)
    })
    .await?;
    let request =
        Request::get(format!("http://up.test:{port}/")).header("cookie", "a=1").header("cookie", "b=2");
    let answer = soon(sender.send_request(request.body(Empty::new())?)).await??;
    assert_eq!(answer.into_body().collect().await?.to_bytes(), "true", "cookies come in one line");

    served.shutdown().await?;
    assert_eq!(soon(stream.read(&mut bytes)).await??, 0);
    stream.write_all(b"more").await?;
    stream.shutdown().await?;
    let mut more = String::new();
    soon(served.read_to_string(&mut more)).await??;
    assert_eq!(more, "more", "the other direction stays open");
    rig.proxy.flush().await;
    let used = rig.world.total();
    assert_eq!((used.connections, used.requests), (2, 1));
    Ok(())
}

#[tokio::test]
async fn what_is_refused_is_explained_and_the_connection_goes_on() -> Result<()> {
    let rig = Rig::new(&["allow *"]).await?;
    let mut tasks = JoinSet::new();
    let mut sender = client(&rig, &mut tasks).await?;
    for target in ["127.0.0.1:443", "[::ffff:10.0.0.1]:443", "169.254.169.254:80"] {
        let answer = soon(sender.send_request(connect(target))).await??;
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["x-smartbox-reason"]),
            (403, &"address-refused".parse()?)
        );
        let text = answer.into_body().collect().await?.to_bytes();
        assert!(String::from_utf8_lossy(&text).contains("smartbox egress allow"), "{text:?}");
    }
    Ok(())
}
