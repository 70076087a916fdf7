//! Any bytes as what a client sends. What the edge reads without hyper, hyper reads alike: the same head, the same body, and the
//! same bytes behind it; and it does not matter in which pieces it comes.

#![no_main]

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use http::{Request, Response};
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use libfuzzer_sys::fuzz_target;
use smartbox_edge::fuzzing::plain_request;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The first request, as hyper sees it, and its body.
async fn by_hyper(bytes: &[u8]) -> Option<(http::request::Parts, Bytes)> {
    let (mut client, server) = tokio::io::duplex(bytes.len() + 64 * 1024);
    client.write_all(bytes).await.ok()?;
    client.shutdown().await.ok()?;
    let seen = Arc::new(Mutex::new(None));
    let service = service_fn(|request: Request<Incoming>| {
        let seen = Arc::clone(&seen);
        async move {
            let (head, body) = request.into_parts();
            if let Ok(body) = body.collect().await {
                seen.lock().unwrap().get_or_insert((head, body.to_bytes()));
            }
            let mut response = Response::new(Empty::<Bytes>::new());
            response.headers_mut().insert("connection", http::HeaderValue::from_static("close"));
            Ok::<_, Infallible>(response)
        }
    });
    let _end = http1::Builder::new().half_close(true).serve_connection(TokioIo::new(server), service).await;
    let _rest = client.read_to_end(&mut Vec::new()).await;
    seen.lock().unwrap().take()
}

fuzz_target!(|data: &[u8]| {
    let Some((cuts, bytes)) = data.split_first() else { return };
    let whole = plain_request(bytes, &[]);
    let cut = plain_request(bytes, &[cuts & 0x0F, cuts >> 4, 3]);
    let Some(plain) = whole else {
        // What is refused as a whole is refused in pieces; only a body that does not come is left to hyper either way.
        assert!(cut.is_none());
        return;
    };
    let cut = cut.expect("the same in pieces");
    assert_eq!((&cut.head.uri, &cut.head.headers, &cut.body), (&plain.head.uri, &plain.head.headers, &plain.body));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let (head, body) = runtime.block_on(by_hyper(bytes)).expect("hyper reads it, too");
    assert_eq!(head.method, plain.head.method);
    assert_eq!(head.uri, plain.head.uri);
    assert_eq!(head.version, plain.head.version);
    assert_eq!(head.headers, plain.head.headers);
    assert_eq!(body, plain.body);
    let length = bytes.len() - plain.rest.len();
    assert_eq!(&bytes[length..], plain.rest);
    assert!(bytes[..length].ends_with(&plain.body));
});
