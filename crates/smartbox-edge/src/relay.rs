//! One request to one gateway, and its answer back.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Request, Response, StatusCode, Version};
use smartbox_core::Principal;
use smartbox_core::routing::BaseUrl;

use crate::body::{self, Body, CutOff, Verdict};
use crate::config::EdgeConfig;
use crate::front::{Asked, Target};
use crate::hold::{InFlight, Opened, Turn};
use crate::line::{Asking, Lost};
use crate::pool::{Conn, Pool, Sender};
use crate::problem::{Problem, unreachable};
use crate::routes::Route;
use crate::traced::TRACEPARENT;
use crate::wire::Lines;

mod cookies;
pub(crate) mod documents;
pub(crate) mod foreign;
pub(crate) mod peer;
mod request;
mod response;
mod source;

#[cfg(feature = "fuzzing")]
pub(crate) use cookies::{scoped as scoped_cookie, without as without_platform_cookies};
pub(crate) use request::websocket;
use source::Coming;
pub(crate) use source::{Source, stream};

/// Largest body of a request that is sent to a gateway together with the head, if all of it is there.
const WHOLE_BYTES_MAX: u64 = 64 * 1024;

/// A request to a box, as far as it does not change when it is tried again.
pub(crate) struct Inquiry<'a> {
    pub(crate) asked: &'a Asked,
    pub(crate) head: &'a Parts,
    pub(crate) target: &'a Target,
    pub(crate) principal: &'a Principal,
    pub(crate) is_websocket: bool,
    /// Why the request's body was cut off, if it was.
    pub(crate) verdict: &'a Verdict,
}

/// Why there is no response.
pub(crate) enum Failure {
    /// Nothing was sent: another connection may be tried with the same body.
    NotSent(Body),
    /// The request may have been acted upon: it is not sent again.
    Lost(Problem),
}

/// A gateway's response and where its body comes from.
pub(crate) struct Answer {
    pub(crate) response: Response<Source>,
    /// The box as it was when it was asked.
    pub(crate) route: Arc<Route>,
    /// The other server that answered in its place.
    pub(crate) upstream: Option<Arc<BaseUrl>>,
}

/// Why an exchange over a connection came to nothing.
enum Broken {
    /// Nothing was sent.
    NotSent(Body),
    /// What came was no response.
    NoResponse,
    Lost,
    /// No answer came in time.
    Silent,
}

/// Sends a request and waits for the head of the response.
pub(crate) async fn send(
    config: &EdgeConfig,
    pool: &Pool,
    inquiry: &Inquiry<'_>,
    opened: Opened,
    body: Body,
) -> Result<Answer, Failure> {
    let Opened { route, conn, turn } = opened;
    let credential = route.credential.grant_for(inquiry.principal).headers;
    let mut headers = request::headers(config, inquiry, credential);
    let step = inquiry.asked.traced.asks("gateway", &inquiry.head.method);
    if let Some(told) = step.header() {
        headers.set(TRACEPARENT, told);
    }
    let whole = if inquiry.is_websocket { Err(body) } else { body::whole(body, WHOLE_BYTES_MAX).await };
    let answered = match whole {
        Ok(body) => ask(config, inquiry, (conn, turn), &headers, body).await,
        Err(body) => match pool.hand_to_hyper(conn).await {
            Ok(sender) => exchange(config, sender, outbound(inquiry, headers.into_map(), body), turn).await,
            Err(_ended) => Err(Broken::NotSent(body)),
        },
    };
    step.ends(answered.as_ref().ok());
    match answered {
        Ok(response) => Ok(Answer { response, route, upstream: None }),
        Err(Broken::NotSent(unsent)) => Err(Failure::NotSent(unsent)),
        Err(Broken::NoResponse) => Err(Failure::Lost(lost(true, inquiry.verdict))),
        Err(Broken::Lost) => Err(Failure::Lost(lost(false, inquiry.verdict))),
        Err(Broken::Silent) => Err(Failure::Lost(no_answer())),
    }
}

fn outbound(inquiry: &Inquiry<'_>, headers: HeaderMap, body: Body) -> Request<Body> {
    let mut outbound = Request::new(body);
    *outbound.uri_mut() = inquiry.target.path_and_query.clone().into();
    outbound.method_mut().clone_from(&inquiry.head.method);
    *outbound.version_mut() = Version::HTTP_11;
    *outbound.headers_mut() = headers;
    outbound
}

/// Sends a request whose body is there, and waits for the head of the response.
async fn ask(
    config: &EdgeConfig,
    inquiry: &Inquiry<'_>,
    (mut conn, turn): (Conn, Option<Turn>),
    headers: &Lines,
    body: Bytes,
) -> Result<Response<Source>, Broken> {
    let (method, target) = (&inquiry.head.method, inquiry.target.path_and_query.as_str());
    let timeout = config.response_head_timeout;
    let asking = Asking { method, target, headers, body: &body, timeout };
    // The request is on the connection; the next one that waits may follow.
    match conn.line.ask(&asking, || drop(turn)).await {
        Ok(head) => {
            let coming = Coming { conn, framing: head.framing, keeps: head.keeps };
            Ok(Response::from_parts(head.parts, Source::Line(coming)))
        }
        Err(Lost::Unsent) => Err(Broken::NotSent(body::full(body))),
        Err(Lost::Broken) => Err(Broken::NoResponse),
        Err(Lost::Ended) => Err(Broken::Lost),
        Err(Lost::Silent) => Err(Broken::Silent),
    }
}

/// Sends a request over a connection of hyper and waits for the head of the response.
async fn exchange(
    config: &EdgeConfig,
    mut sender: Sender,
    outbound: Request<Body>,
    turn: Option<Turn>,
) -> Result<Response<Source>, Broken> {
    let sent = sender.sender.try_send_request(outbound);
    // The request is on the connection; the next one that waits may follow.
    drop(turn);
    match tokio::time::timeout(config.response_head_timeout, sent).await {
        Ok(Ok(response)) => Ok(response.map(|body| Source::Hyper(body, sender))),
        Ok(Err(mut error)) => Err(match error.take_message() {
            Some(unsent) => Broken::NotSent(unsent.into_body()),
            None if error.into_error().is_parse() => Broken::NoResponse,
            None => Broken::Lost,
        }),
        Err(_elapsed) => Err(Broken::Silent),
    }
}

/// Makes a gateway's response one of the edge's: headers cleaned, body streamed, connection kept when it ends.
pub(crate) fn pass_on(
    config: &EdgeConfig,
    pool: &Arc<Pool>,
    inquiry: &Inquiry<'_>,
    mut answer: Answer,
    in_flight: InFlight,
) -> Response<Body> {
    let headers = response::headers(config, inquiry, std::mem::take(answer.response.headers_mut()));
    stream(config, pool, answer.response, headers, Some(in_flight))
}

/// The head of the answer to a client that now speaks WebSocket.
pub(crate) fn switched(
    config: &EdgeConfig,
    inquiry: &Inquiry<'_>,
    answer: &Response<Source>,
    upstream: Option<&BaseUrl>,
) -> Response<Body> {
    let mut response = Response::new(crate::body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    *response.headers_mut() = match upstream {
        None => response::headers(config, inquiry, answer.headers().clone()),
        Some(base) => response::foreign(config, base, answer.headers().clone()),
    };
    response.headers_mut().extend(request::websocket());
    response
}

fn lost(is_parse: bool, verdict: &Verdict) -> Problem {
    match verdict.get() {
        Some(CutOff::TooLarge) => too_large(),
        Some(CutOff::Stalled) => stalled(),
        None if is_parse => {
            Problem::new(StatusCode::BAD_GATEWAY, "gateway-broken-answer", "The box sent a broken answer")
                .remedy("`smartbox logs` shows what the box says.")
        }
        None => unreachable(),
    }
}

/// The request's body is over the limit.
pub(crate) fn too_large() -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", "The request is too large")
        .remedy("Send less at once, or raise the limit in the settings.")
}

fn stalled() -> Problem {
    Problem::new(StatusCode::REQUEST_TIMEOUT, "body-stalled", "The request's body stopped coming")
        .remedy("Send it again.")
        .retry_after(Duration::from_secs(1))
}

fn no_answer() -> Problem {
    Problem::new(StatusCode::GATEWAY_TIMEOUT, "gateway-timeout", "The box did not answer in time")
        .remedy("Ask for a streamed answer, or for less at once.")
}
