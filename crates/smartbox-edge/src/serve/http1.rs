//! HTTP/1.1 on one connection, by hyper: what is not plain, see [`super::direct`], and everything after it.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;

use http::header::CONNECTION;
use http::{HeaderValue, Request, Response};
use hyper::body::Incoming;
use hyper::rt::{Read, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioTimer;

use super::Connection;
use crate::body::{Body, incoming};
use crate::edge::Shared;
use crate::problem::https_required;

/// Room for what a client sends behind a request's head.
const READ_AHEAD_BYTES: usize = 32 * 1024;
/// What hyper allows by itself. It has room for these on the stack; for a number that it is told, even the same, on the
/// heap.
const HYPER_HEADERS_MAX: usize = 100;

/// Answers requests one after the other.
pub(super) async fn serve<S>(shared: &Arc<Shared>, io: S, connection: &Connection)
where
    S: Read + Write + Unpin + Send + 'static,
{
    let answer = |request: Request<Body>| {
        let (shared, connection) = (Arc::clone(shared), connection.clone());
        async move { shared.answer(connection, request).await }
    };
    run(shared, io, connection, |request| answer(request.map(incoming))).await;
}

/// Tells a client in clear text that TLS is spoken here.
pub(super) async fn refuse<S>(shared: &Arc<Shared>, io: S, connection: &Connection)
where
    S: Read + Write + Unpin + Send + 'static,
{
    let answer = |_request| {
        let id = (shared.ports.request_ids)();
        async move {
            let mut response = https_required().into_response(&id);
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            response
        }
    };
    run(shared, io, connection, answer).await;
}

async fn run<S, A, F>(shared: &Arc<Shared>, io: S, connection: &Connection, answer: A)
where
    S: Read + Write + Unpin + Send + 'static,
    A: Fn(Request<Incoming>) -> F,
    F: Future<Output = Response<Body>>,
{
    let config = &shared.config;
    let service = service_fn(|request: Request<Incoming>| {
        let answered = answer(request);
        async move { Ok::<_, Infallible>(answered.await) }
    });
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(config.head_timeout)
        .max_header_size(config.head_bytes_max)
        .max_buf_size(config.head_bytes_max + READ_AHEAD_BYTES);
    if config.headers_max != HYPER_HEADERS_MAX {
        builder.max_headers(config.headers_max);
    }
    let mut serving = pin!(builder.serve_connection(io, service).with_upgrades());
    let mut is_draining = false;
    loop {
        tokio::select! {
            biased;
            () = shared.hard.cancelled() => return,
            end = serving.as_mut() => {
                if let Err(error) = end {
                    tracing::debug!(%error, peer = %connection.peer, "connection ended early");
                }
                return;
            }
            () = shared.stop.cancelled(), if !is_draining => {
                is_draining = true;
                serving.as_mut().graceful_shutdown();
            }
        }
    }
}
