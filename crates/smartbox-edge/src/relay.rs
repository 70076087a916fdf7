//! One request to one gateway, and its answer back.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Request, Response, StatusCode, Version};
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use smartbox_core::Principal;
use smartbox_core::routing::BaseUrl;

use crate::body::{Body, Bounded, BoxError, CutOff, Verdict};
use crate::config::EdgeConfig;
use crate::front::{Asked, Target};
use crate::hold::{InFlight, Opened, Turn};
use crate::pool::{Conn, Pool};
use crate::problem::{Problem, unreachable};
use crate::routes::Route;

mod cookies;
pub(crate) mod documents;
pub(crate) mod foreign;
mod request;
mod response;

#[cfg(feature = "fuzzing")]
pub(crate) use cookies::{scoped as scoped_cookie, without as without_platform_cookies};

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

/// A gateway's response and the connection it came on.
pub(crate) struct Answer {
    pub(crate) response: Response<Incoming>,
    pub(crate) conn: Conn,
    /// The box as it was when it was asked.
    pub(crate) route: Arc<Route>,
    /// The other server that answered in its place.
    pub(crate) upstream: Option<Arc<BaseUrl>>,
}

/// Why an exchange over a connection came to nothing.
enum Broken {
    /// Nothing was sent.
    NotSent(Body),
    Lost(hyper::Error),
    /// No answer came in time.
    Silent,
}

/// Sends a request and waits for the head of the response.
pub(crate) async fn send(
    config: &EdgeConfig,
    inquiry: &Inquiry<'_>,
    opened: Opened,
    body: Body,
) -> Result<Answer, Failure> {
    let Opened { route, conn, turn } = opened;
    let credential = route.credential.grant_for(inquiry.principal).headers;
    let mut outbound = Request::new(body);
    *outbound.uri_mut() = inquiry.target.path_and_query.clone().into();
    outbound.method_mut().clone_from(&inquiry.head.method);
    *outbound.version_mut() = Version::HTTP_11;
    *outbound.headers_mut() = request::headers(config, inquiry, credential);
    match exchange(config, conn, outbound, turn).await {
        Ok((response, conn)) => Ok(Answer { response, conn, route, upstream: None }),
        Err(Broken::NotSent(unsent)) => Err(Failure::NotSent(unsent)),
        Err(Broken::Lost(error)) => Err(Failure::Lost(lost(&error, inquiry.verdict))),
        Err(Broken::Silent) => Err(Failure::Lost(no_answer())),
    }
}

/// Sends a request over a connection and waits for the head of the response.
async fn exchange(
    config: &EdgeConfig,
    mut conn: Conn,
    outbound: Request<Body>,
    turn: Option<Turn>,
) -> Result<(Response<Incoming>, Conn), Broken> {
    let sent = conn.sender.try_send_request(outbound);
    // The request is on the connection; the next one that waits may follow.
    drop(turn);
    match tokio::time::timeout(config.response_head_timeout, sent).await {
        Ok(Ok(response)) => Ok((response, conn)),
        Ok(Err(mut error)) => Err(match error.take_message() {
            Some(unsent) => Broken::NotSent(unsent.into_body()),
            None => Broken::Lost(error.into_error()),
        }),
        Err(_elapsed) => Err(Broken::Silent),
    }
}

/// Makes a gateway's response one of the edge's: headers cleaned, body streamed, connection kept when it ends.
pub(crate) fn pass_on(
    config: &EdgeConfig,
    pool: &Arc<Pool>,
    inquiry: &Inquiry<'_>,
    answer: Answer,
    in_flight: InFlight,
) -> Response<Body> {
    let headers = response::headers(config, inquiry, answer.response.headers());
    stream(config, pool, (answer.response, answer.conn), headers, Some(in_flight))
}

/// Streams a response, and keeps its connection when it ends.
fn stream(
    config: &EdgeConfig,
    pool: &Arc<Pool>,
    (response, conn): (Response<Incoming>, Conn),
    headers: HeaderMap,
    in_flight: Option<InFlight>,
) -> Response<Body> {
    let (mut head, body) = response.into_parts();
    head.headers = headers;
    head.version = Version::HTTP_11;
    head.extensions = http::Extensions::default();
    let body = GatewayBody::new(body, Arc::clone(pool), conn, in_flight);
    let bounded = Bounded::new(body, u64::MAX, config.response_stall_timeout);
    Response::from_parts(head, bounded.boxed_unsync())
}

/// The head of the answer to a client that now speaks WebSocket.
pub(crate) fn switched(
    config: &EdgeConfig,
    inquiry: &Inquiry<'_>,
    answer: &Response<Incoming>,
    upstream: Option<&BaseUrl>,
) -> Response<Body> {
    let mut response = Response::new(crate::body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    *response.headers_mut() = match upstream {
        None => response::headers(config, inquiry, answer.headers()),
        Some(base) => response::foreign(config, base, answer.headers()),
    };
    request::ask_for_websocket(response.headers_mut());
    response
}

fn lost(error: &hyper::Error, verdict: &Verdict) -> Problem {
    match verdict.get() {
        Some(CutOff::TooLarge) => too_large(),
        Some(CutOff::Stalled) => stalled(),
        None if error.is_parse() => {
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

pin_project_lite::pin_project! {
    /// The body of a gateway's response. At its end, the connection goes back to the pool; cut off, it is closed.
    struct GatewayBody {
        #[pin]
        inner: Incoming,
        pool: Arc<Pool>,
        conn: Option<Conn>,
        in_flight: Option<InFlight>,
    }
}

impl GatewayBody {
    fn new(inner: Incoming, pool: Arc<Pool>, conn: Conn, in_flight: Option<InFlight>) -> Self {
        let mut body = Self { inner, pool, conn: Some(conn), in_flight };
        if body.inner.is_end_stream() {
            give_back(&body.pool, &mut body.conn);
        }
        body
    }
}

fn give_back(pool: &Arc<Pool>, conn: &mut Option<Conn>) {
    if let Some(conn) = conn.take() {
        pool.put_back(conn);
    }
}

impl http_body::Body for GatewayBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let mut this = self.project();
        let frame = ready!(this.inner.as_mut().poll_frame(cx));
        match &frame {
            // A body of known length ends with its last bytes; nobody asks for more.
            Some(Ok(_data)) if !this.inner.is_end_stream() => {}
            Some(Ok(_)) | None => give_back(this.pool, this.conn),
            Some(Err(_broken)) => *this.conn = None,
        }
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
