//! `GET /metrics` on a listener of its own: whoever reaches it may read it, and it names nobody.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::Sources;
use crate::lifecycle::Lifecycle;

/// Whoever scrapes comes with one.
const CONNECTIONS_MAX: usize = 16;
/// Longest time for the head of a request, and for the pause between two.
const HEAD_TIMEOUT: Duration = Duration::from_secs(90);
/// Pause after a failure to accept.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// The format (OpenMetrics 1.0).
const FORMAT: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

/// Takes the address.
///
/// # Errors
/// It cannot be had.
pub(crate) async fn bind(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!(
            "the metrics cannot be served at {address}\nhelp: choose another address with `metrics.listen`"
        )
    })
}

/// Begins to serve the numbers, if the settings say where.
pub(crate) fn start(metrics: Option<(TcpListener, Sources)>, life: &Lifecycle) {
    if let Some((listener, sources)) = metrics {
        life.spawn("metrics", serve(listener, sources, life.soft.clone()));
    }
}

/// Serves until `stop`.
async fn serve(listener: TcpListener, sources: Sources, stop: CancellationToken) {
    let mut connections = JoinSet::new();
    loop {
        let is_full = connections.len() >= CONNECTIONS_MAX;
        let accepted = tokio::select! { biased;
            () = stop.cancelled() => return,
            Some(_ended) = connections.join_next() => continue,
            accepted = listener.accept(), if !is_full => accepted,
        };
        let Ok((stream, _peer)) = accepted else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let sources = sources.clone();
        connections.spawn(async move {
            let service = service_fn(|request| {
                let answer = answer(&sources, &request);
                async move { Ok::<_, Infallible>(answer) }
            });
            let served = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_TIMEOUT)
                .serve_connection(TokioIo::new(stream), service)
                .await;
            if let Err(error) = served {
                tracing::debug!(%error, "a connection for metrics ended early");
            }
        });
    }
}

fn answer(sources: &Sources, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    if request.method() != Method::GET || request.uri().path() != "/metrics" {
        *response.status_mut() = StatusCode::NOT_FOUND;
        return response;
    }
    match sources.text() {
        Ok(text) => {
            *response.body_mut() = Full::from(text);
            response.headers_mut().insert(CONTENT_TYPE, FORMAT);
        }
        Err(_unwritten) => *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR,
    }
    response
}
