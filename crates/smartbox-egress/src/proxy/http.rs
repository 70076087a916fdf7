//! Connections that carry requests one after the other (HTTP/1.1) or side by side (HTTP/2, without TLS).

use std::convert::Infallible;
use std::sync::Arc;

use http::header::PROXY_AUTHORIZATION;
use http::{Method, Request, Response};
use hyper::body::Incoming;
use hyper::rt::Executor;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use smartbox_core::egress_policy::Host;
use smartbox_core::injection::Scheme;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::body::{Body, empty};
use super::connect;
use super::credentials;
use super::dial::Caller;
use super::forward;
use super::intercept;
use super::pool::Key;
use super::prefixed::Prefixed;
use super::refusal::Refusal;
use super::{Door, Inner};
use crate::accept::Duplex;

/// Most header lines of a request.
pub(super) const LINES_MAX: usize = 100;
/// Requests side by side on one connection of HTTP/2.
const STREAMS_MAX: u32 = 100;
/// What a box may send ahead on one of them, and on all.
const WINDOW_BYTES: u32 = 256 * 1024;
/// What waits to be taken by a box, of each.
const SEND_BUFFER_BYTES_MAX: usize = 64 * 1024;
/// Requests that were taken back before they were looked at (CVE-2023-44487).
const RESETS_WAITING_MAX: usize = 20;

#[derive(Clone)]
struct Tasks(TaskTracker);

impl<F: Future + Send + 'static> Executor<F> for Tasks
where
    F::Output: Send,
{
    fn execute(&self, task: F) {
        self.0.spawn(task);
    }
}

/// Serves a connection to its end.
pub(super) async fn serve(
    inner: Arc<Inner>,
    door: Door,
    io: Prefixed<Box<dyn Duplex>>,
    stop: CancellationToken,
) {
    let limits = &inner.limits;
    let mut builder = auto::Builder::new(Tasks(inner.tasks.clone()));
    builder
        .http1()
        .timer(TokioTimer::new())
        .half_close(true)
        .header_read_timeout(limits.head_timeout)
        .max_headers(LINES_MAX)
        .max_buf_size(limits.head_bytes_max)
        .preserve_header_case(true);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(u32::try_from(limits.head_bytes_max).unwrap_or(u32::MAX))
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(WINDOW_BYTES)
        .max_send_buf_size(SEND_BUFFER_BYTES_MAX)
        .max_pending_accept_reset_streams(RESETS_WAITING_MAX)
        .keep_alive_interval(limits.head_timeout)
        .keep_alive_timeout(limits.head_timeout);
    let service = service_fn(|request| {
        let (inner, door, stop) = (Arc::clone(&inner), door.clone(), stop.clone());
        async move { Ok::<_, Infallible>(answer(&inner, &door, request, &stop).await) }
    });
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(io), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        // Programs in the box may close their connections whenever they like.
        tracing::debug!(error, "connection from a box ended early");
    }
}

async fn answer(
    inner: &Arc<Inner>,
    door: &Door,
    request: Request<Incoming>,
    stop: &CancellationToken,
) -> Response<Body> {
    let credential =
        request.headers().get(PROXY_AUTHORIZATION).and_then(|value| credentials::basic(value.as_bytes()));
    let caller = match inner.admit(door, credential).await {
        Ok(caller) => caller,
        Err(refusal) => return refusal.into_response(""),
    };
    let target = match request.method() == Method::CONNECT {
        true => tunnel_target(&request),
        false => forward::target(request.uri()),
    };
    let (host, port) = match target {
        Ok(target) => target,
        Err(refusal) => return refusal.into_response(""),
    };
    let named = format!("{host}:{port}");
    let answered = if request.method() == Method::CONNECT {
        tunnel(&caller, request, (host, port), stop).await
    } else {
        forward::forward(&caller, request, Key { scheme: Scheme::Http, host, port }, stop).await
    };
    answered.unwrap_or_else(|refusal| {
        caller.refuse(named.clone(), &refusal);
        refusal.into_response(&named)
    })
}

fn tunnel_target(request: &Request<Incoming>) -> Result<(Host, u16), Refusal> {
    let authority = request.uri().authority().ok_or(Refusal::NoTarget)?;
    Ok(Host::parse_authority(authority.as_str(), None)?)
}

/// Opens a tunnel on what is left of a connection, or on one stream of it.
async fn tunnel(
    caller: &Arc<Caller>,
    request: Request<Incoming>,
    (host, port): (Host, u16),
    stop: &CancellationToken,
) -> Result<Response<Body>, Refusal> {
    let place = Arc::clone(&caller.places).try_acquire_owned().map_err(|_full| Refusal::Busy("tunnels"))?;
    if caller.ends_tls_of(&host, port) {
        caller.decide(&host, port, connect::METHOD)?;
        let (caller, stop) = (Arc::clone(caller), stop.clone());
        caller.inner.tasks.clone().spawn(async move {
            let _place = place;
            if let Ok(client) = hyper::upgrade::on(request).await {
                intercept::serve(caller, (host, port), TokioIo::new(client), stop).await;
            }
        });
        return Ok(Response::new(empty()));
    }
    let (opened, led) = connect::open(caller, host, port).await?;
    let stop = stop.clone();
    caller.inner.tasks.clone().spawn(async move {
        let _place = place;
        if let Ok(client) = hyper::upgrade::on(request).await {
            connect::carry(TokioIo::new(client), opened, &led, &stop).await;
        }
    });
    Ok(Response::new(empty()))
}
