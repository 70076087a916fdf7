//! HTTP/2 on one connection (RFC 9113), over TLS only.
//!
//! WebSockets over HTTP/2 (RFC 8441) are not offered: a browser opens a connection of HTTP/1.1 for them.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;

use http::Request;
use hyper::body::Incoming;
use hyper::rt::{Read, Write};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::TokioTimer;
use tokio::time::timeout;

use super::Connection;
use super::streams::Streams;
use crate::body::incoming;
use crate::edge::Shared;
use crate::problem::overloaded;

/// What a client may send ahead on one stream before the gateway has taken it.
const STREAM_WINDOW_BYTES: u32 = 128 * 1024;
/// The same, on all streams of a connection.
const CONNECTION_WINDOW_BYTES: u32 = 256 * 1024;
/// What waits to be taken by a client, per stream.
const SEND_BUFFER_BYTES_MAX: usize = 64 * 1024;
/// Streams that a client reset before they were looked at ("rapid reset", CVE-2023-44487).
const RESETS_WAITING_MAX: usize = 20;
/// Streams that were reset because the client broke the protocol. Then the connection ends.
const RESETS_OF_OURS_MAX: usize = 64;

/// Answers requests until the connection ends, breaks the rules, or has carried none for too long.
pub(super) async fn serve<S>(shared: &Arc<Shared>, io: S, connection: &Connection)
where
    S: Read + Write + Unpin + Send + 'static,
{
    let config = &shared.config;
    let streams = Streams::new(shared);
    let service = service_fn(|request: Request<Incoming>| {
        let (shared, connection) = (Arc::clone(shared), connection.clone());
        async move {
            let Ok(permit) = Arc::clone(&shared.streams).try_acquire_owned() else {
                let id = (shared.ports.request_ids)();
                return Ok::<_, Infallible>(overloaded().into_response(&id));
            };
            let response = shared.answer(connection, request.map(incoming)).await;
            Ok(response.map(|body| Streams::watch(body, permit)))
        }
    });
    let mut builder = http2::Builder::new(streams.clone());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(config.streams_per_connection)
        .max_header_list_size(u32::try_from(config.head_bytes_max).unwrap_or(u32::MAX))
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .max_send_buf_size(SEND_BUFFER_BYTES_MAX)
        .max_pending_accept_reset_streams(RESETS_WAITING_MAX)
        .max_local_error_reset_streams(RESETS_OF_OURS_MAX)
        .keep_alive_interval(config.ping_interval)
        .keep_alive_timeout(config.ping_interval);
    let mut serving = pin!(builder.serve_connection(io, service));
    let end = tokio::select! {
        biased;
        () = shared.hard.cancelled() => return,
        end = serving.as_mut() => end,
        () = shared.stop.cancelled() => {
            serving.as_mut().graceful_shutdown();
            // The drain has an end of its own.
            tokio::select! {
                () = shared.hard.cancelled() => return,
                end = serving.as_mut() => end,
            }
        }
        () = streams.idle(config.head_timeout) => {
            serving.as_mut().graceful_shutdown();
            let Ok(end) = timeout(config.stall_timeout, serving).await else { return };
            end
        }
    };
    if let Err(error) = end {
        tracing::debug!(%error, peer = %connection.peer, "connection ended early");
    }
}
