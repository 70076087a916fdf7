//! Any bytes as what a gateway answers. What the edge reads on a connection that it drives itself, hyper reads alike; nothing that
//! came behind an answer stays on a connection that is used again; and it does not matter in which pieces it comes.

#![no_main]

use http::Request;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use libfuzzer_sys::fuzz_target;
use smartbox_edge::fuzzing::{GatewayAnswer, gateway_answer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The head and the body, as far as it came, and whether that was all.
async fn by_hyper(bytes: &[u8], is_head: bool) -> Option<(http::response::Parts, Vec<u8>, bool)> {
    let (client, mut server) = tokio::io::duplex(bytes.len() + 64 * 1024);
    let (mut sender, driver) = http1::handshake(TokioIo::new(client)).await.ok()?;
    let request = Request::builder().method(if is_head { "HEAD" } else { "GET" }).uri("/");
    let asked = async {
        let response = sender.send_request(request.body(Empty::<Bytes>::new()).unwrap()).await.ok()?;
        let (head, mut body) = response.into_parts();
        let mut read = Vec::new();
        let is_whole = loop {
            match body.frame().await {
                None => break true,
                Some(Ok(frame)) => read.extend_from_slice(&frame.into_data().unwrap_or_default()),
                Some(Err(_)) => break false,
            }
        };
        Some((head, read, is_whole))
    };
    let answered = async {
        // hyper takes what comes before it has asked for an error.
        let _request = server.read(&mut [0; 1024]).await;
        let _ok = server.write_all(bytes).await;
        let _ok = server.shutdown().await;
    };
    tokio::join!(asked, answered, driver).0
}

fuzz_target!(|data: &[u8]| {
    let Some((cuts, bytes)) = data.split_first() else { return };
    let is_head = cuts & 1 == 1;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let ask = |sizes: &[u8]| runtime.block_on(gateway_answer(bytes, sizes, is_head));
    let (whole, cut) = (ask(&[]), ask(&[cuts & 0x0F, cuts >> 4, 3]));
    assert_eq!(whole.is_some(), cut.is_some());
    let (Some(whole), Some(cut)) = (whole, cut) else { return };
    let GatewayAnswer { head, body, is_whole, is_kept } = whole;
    assert_eq!((&cut.body, cut.is_whole), (&body, is_whole));
    assert_eq!((cut.head.status, &cut.head.headers), (head.status, &head.headers));
    assert!(is_whole || !is_kept);
    if head.status == 101 {
        return;
    }
    let Some((other, other_body, other_is_whole)) = runtime.block_on(by_hyper(bytes, is_head)) else {
        panic!("hyper reads none");
    };
    assert_eq!(other.status, head.status);
    let mut other_headers = other.headers.clone();
    if other_headers.contains_key(TRANSFER_ENCODING) {
        other_headers.remove(CONTENT_LENGTH);
    }
    assert_eq!(other_headers, head.headers);
    assert_eq!(other_body, body);
    // Trailers end nobody's body early, but hyper reads them where the edge only looks for their end.
    assert!(is_whole == other_is_whole || head.headers.contains_key(TRANSFER_ENCODING));
});
