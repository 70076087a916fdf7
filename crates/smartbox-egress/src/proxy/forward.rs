//! HTTP: a request goes on to its host, and the answer comes back, both as they stream. Plain requests come in absolute form;
//! others come through TLS that was ended here.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use http::header::{COOKIE, HeaderValue, MAX_FORWARDS};
use http::uri::{PathAndQuery, Uri};
use http::{HeaderMap, Method, Request, Response, StatusCode, Version};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http1;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use smartbox_core::egress_policy::{Grant, Host};
use smartbox_core::injection::Scheme;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use super::body::{Body, TakenBack, Timed, empty};
use super::connect::{self, Led, cut, taken_back};
use super::copy;
use super::counted::Counted;
use super::dial::Caller;
use super::headers;
use super::inject;
use super::outgoing::Outgoing;
use super::pool::{Conn, Key};
use super::refusal::Refusal;
use super::secure;

/// Most of an answer's head, and of what is read ahead of a slow box.
const READ_BUFFER_BYTES_MAX: usize = 128 * 1024;
/// What is read at once of a changed protocol.
const BUFFER_BYTES: usize = 16 * 1024;

/// Host and port that a request names.
pub(super) fn target(uri: &Uri) -> Result<(Host, u16), Refusal> {
    match (uri.scheme_str(), uri.authority()) {
        (Some("http"), Some(authority)) => Ok(Host::parse_authority(authority.as_str(), Some(80))?),
        (Some(scheme), Some(_)) => Err(Refusal::Scheme(format!("{scheme}://"))),
        _ => Err(Refusal::NoTarget),
    }
}

/// Forwards one request.
pub(super) async fn forward(
    caller: &Arc<Caller>,
    mut request: Request<Incoming>,
    key: Key,
    stop: &CancellationToken,
) -> Result<Response<Body>, Refusal> {
    if request.method() == Method::TRACE {
        return Err(Refusal::Method(request.method().to_string()));
    }
    // What comes through TLS was asked for as a tunnel, and may be what a tunnel may be.
    let method = match key.scheme {
        Scheme::Http => request.method().as_str().to_owned(),
        Scheme::Https => connect::METHOD.to_owned(),
    };
    let grant = caller.decide(&key.host, key.port, &method)?;
    caller.more().await?;
    if request.method() == Method::OPTIONS && is_last_hop(request.headers_mut()) {
        return Ok(Response::new(empty()));
    }
    let protocol = headers::upgrade(request.headers()).filter(|_| request.version() < Version::HTTP_2);
    let changing = protocol.as_ref().map(|_| hyper::upgrade::on(&mut request));
    let (mut parts, body) = request.into_parts();
    parts.uri = origin_form(&parts.uri);
    parts.version = Version::HTTP_11;
    headers::pass_on(&mut parts.headers);
    headers::set_host(&mut parts.headers, &key);
    join_cookies(&mut parts.headers);
    if let Some(protocol) = protocol {
        headers::set_upgrade(&mut parts.headers, protocol);
    }
    inject::apply(caller, &key, &mut parts).await?;
    let limits = &caller.inner.limits;
    let slow = Arc::new(AtomicBool::new(false));
    let led = Led { method: method.into(), host: key.host.clone(), port: key.port, peer: Mutex::default() };
    let led = Arc::new(led);
    let is_repeatable = body.is_end_stream() && parts.method.is_safe();
    let body = match body.is_end_stream() {
        true => empty(),
        false => {
            let pause = (limits.body_idle_timeout, Arc::clone(&slow));
            Timed::new(body, until_cut(caller, &led), pause, || ()).boxed_unsync()
        }
    };
    let again = is_repeatable.then(|| Request::from_parts(parts.clone(), empty()));
    caller.counters.asked();
    let sent = send(caller, (&key, &led), grant, Request::from_parts(parts, body), again).await;
    let (response, conn) = sent.map_err(|refusal| match refusal {
        _ if slow.load(Relaxed) => Refusal::BodyTooSlow,
        // It may have broken because nothing more may pass.
        Refusal::Broken => caller.decide(&key.host, key.port, &led.method).err().unwrap_or(refusal),
        refusal => refusal,
    })?;
    match (response.status(), changing) {
        (StatusCode::SWITCHING_PROTOCOLS, Some(changing)) => {
            Ok(switch(caller, response, changing, led, stop))
        }
        (StatusCode::SWITCHING_PROTOCOLS, None) => Err(Refusal::Broken),
        _ => Ok(answer(caller, response, conn, &led)),
    }
}

/// Sends over a kept connection or a new one, and again where a kept one turns out to be closed.
async fn send(
    caller: &Arc<Caller>,
    (key, led): (&Key, &Led),
    grant: Grant,
    mut request: Request<Body>,
    mut again: Option<Request<Body>>,
) -> Result<(Response<Incoming>, Conn), Refusal> {
    let limits = &caller.inner.limits;
    loop {
        let may = |peer| caller.check(peer, grant).is_ok();
        let kept = caller.pool.take(key, limits.pool_idle_timeout, may);
        let is_kept = kept.is_some();
        let mut conn = match kept {
            Some(conn) => conn,
            None => reach(caller, key, grant).await?,
        };
        led.leads_to(conn.peer);
        let moved = Arc::clone(&conn.moved);
        let answered = tokio::select! {
            answered = conn.sender.try_send_request(request) => answered,
            _late = copy::watch(&moved, limits.answer_timeout, limits.tunnel_total_timeout) => {
                return Err(Refusal::AnswerTimeout);
            }
            refusal = taken_back(caller, led) => return Err(refusal),
        };
        request = match answered {
            Ok(response) => return Ok((response, conn)),
            Err(mut error) if is_kept => match error.take_message().or_else(|| again.take()) {
                Some(request) => request,
                None => return Err(Refusal::Broken),
            },
            Err(error) => {
                tracing::debug!(box.id = %caller.id, error = %error.error(), "an upstream gave no answer");
                return Err(Refusal::Broken);
            }
        };
    }
}

async fn reach(caller: &Arc<Caller>, key: &Key, grant: Grant) -> Result<Conn, Refusal> {
    let stream = caller.dial(&key.host, key.port, grant).await?;
    let peer = stream.peer_addr().map_err(|_gone| Refusal::Broken)?.ip();
    let stream = Counted::new(stream, Outgoing::begun(caller, &key.host, key.port));
    let moved = stream.moved();
    let sender = match key.scheme {
        Scheme::Http => speak(caller, stream).await?,
        Scheme::Https => speak(caller, secure::connect(caller, &key.host, stream).await?).await?,
    };
    Ok(Conn { sender, key: key.clone(), peer, moved })
}

/// Begins HTTP on a connection.
async fn speak(
    caller: &Caller,
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
) -> Result<http1::SendRequest<Body>, Refusal> {
    let mut builder = http1::Builder::new();
    builder
        .max_buf_size(READ_BUFFER_BYTES_MAX)
        .preserve_header_case(true)
        .ignore_invalid_headers_in_responses(false);
    let (sender, driver) = builder.handshake(TokioIo::new(stream)).await.map_err(|_error| Refusal::Broken)?;
    // Ends with its sender. How it ended is told to whoever waits for an answer on it.
    caller.inner.tasks.spawn(async move { drop(driver.with_upgrades().await) });
    Ok(sender)
}

/// Ends when the box may not reach this any more: what is under way ends then, too, as tunnels do.
fn until_cut(caller: &Arc<Caller>, led: &Arc<Led>) -> TakenBack {
    let (caller, led) = (Arc::clone(caller), Arc::clone(led));
    Box::pin(async move { cut(&caller, &led).await })
}

/// The answer, as it comes.
fn answer(caller: &Arc<Caller>, response: Response<Incoming>, conn: Conn, led: &Arc<Led>) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    headers::pass_on(&mut parts.headers);
    parts.version = Version::HTTP_11;
    let owner = Arc::clone(caller);
    let at_end = move || Arc::clone(&owner.pool).put_back(conn, &owner.inner.limits, &owner.inner.tasks);
    let pause = (caller.inner.limits.body_idle_timeout, Arc::default());
    let timed = Timed::new(body, until_cut(caller, led), pause, at_end);
    Response::from_parts(parts, timed.boxed_unsync())
}

/// The protocol changes: from here on bytes go both ways until one side ends.
fn switch(
    caller: &Arc<Caller>,
    mut response: Response<Incoming>,
    changing: OnUpgrade,
    led: Arc<Led>,
    stop: &CancellationToken,
) -> Response<Body> {
    let upstream = hyper::upgrade::on(&mut response);
    let protocol = headers::upgrade(response.headers());
    let (mut parts, _no_body) = response.into_parts();
    headers::pass_on(&mut parts.headers);
    parts.version = Version::HTTP_11;
    if let Some(protocol) = protocol {
        headers::set_upgrade(&mut parts.headers, protocol);
    }
    let (caller, stop) = (Arc::clone(caller), stop.clone());
    caller.inner.tasks.clone().spawn(async move {
        let Ok((client, upstream)) = tokio::try_join!(changing, upstream) else { return };
        let (mut client, mut upstream) = (TokioIo::new(client), TokioIo::new(upstream));
        tokio::select! { biased;
            () = stop.cancelled() => {}
            () = cut(&caller, &led) => {}
            () = tokio::time::sleep(caller.inner.limits.tunnel_total_timeout) => {}
            _ended = tokio::io::copy_bidirectional_with_sizes(&mut client, &mut upstream, BUFFER_BYTES, BUFFER_BYTES) => {}
        }
        caller.inner.ended.notify_one();
    });
    Response::from_parts(parts, empty())
}

/// Path and query alone.
fn origin_form(uri: &Uri) -> Uri {
    let path = uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
    Uri::from(path)
}

/// Counts a hop of OPTIONS (RFC 9110 §7.6.2); true when this is the last.
fn is_last_hop(headers: &mut HeaderMap) -> bool {
    let left = headers.get(MAX_FORWARDS).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if let Some(less) = left.and_then(|left| left.checked_sub(1)) {
        headers.insert(MAX_FORWARDS, HeaderValue::from(less));
    }
    left == Some(0)
}

/// HTTP/2 allows cookies in several lines, HTTP/1.1 in one (RFC 9113 §8.2.3).
fn join_cookies(headers: &mut HeaderMap) {
    let lines: Vec<&[u8]> = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes).collect();
    if lines.len() > 1
        && let Ok(joined) = HeaderValue::from_bytes(&lines.join(&b"; "[..]))
    {
        headers.insert(COOKIE, joined);
    }
}
