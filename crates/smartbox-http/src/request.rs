//! Around every request: its id, its log span, panics and problem documents.

use std::any::Any;
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use http::header::{CACHE_CONTROL, USER_AGENT, X_CONTENT_TYPE_OPTIONS};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue};
use smartbox_api::SUPPORT_HEADER;
use smartbox_control::Origin;
use smartbox_core::trace;
use tokio::time::Instant;
use tracing::Instrument;

use crate::HttpState;
use crate::caller::SupportMark;
use crate::problem::{self, ApiError, codes};

/// Carries the request's id, both ways.
pub(crate) const REQUEST_ID_HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// Carries the client's address, from the edge.
pub(crate) const CLIENT_ADDRESS_HEADER: &str = "x-forwarded-for";
/// Longest id that is taken over from a request.
const REQUEST_ID_LENGTH_MAX: usize = 64;

/// The request's id. Whoever calls the router may put it into the request's extensions; otherwise it is taken from
/// the header `x-request-id`, or made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub String);

impl RequestId {
    fn of(request: &Request, state: &HttpState) -> Self {
        if let Some(id) = request.extensions().get::<Self>() {
            return id.clone();
        }
        let header = request.headers().get(REQUEST_ID_HEADER).and_then(|value| value.to_str().ok());
        if let Some(id) = header.filter(|id| is_fit(id)) {
            return Self(id.to_owned());
        }
        Self(format!("req_{}", smartbox_control::random_token(&*state.control().entropy())))
    }
}

/// An id from outside goes into logs and documents: it must hold nothing that could be taken for something else.
fn is_fit(id: &str) -> bool {
    let alphabet = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=REQUEST_ID_LENGTH_MAX).contains(&id.len()) && id.bytes().all(alphabet)
}

/// The request's id, for problems that are told in the middle of a stream.
pub(crate) struct Instance(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Instance {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let id = parts.extensions.get::<RequestId>();
        id.map(|id| Self(id.0.clone())).ok_or_else(|| ApiError::known(&codes::PLATFORM_FAILED))
    }
}

/// What whoever calls the router wants to be kept as long as a socket that the request opens. An extension of requests.
#[derive(Clone)]
pub struct Kept(#[expect(dead_code, reason = "its end is what counts")] Arc<dyn Any + Send + Sync>);

impl Kept {
    /// Dropped when the socket ends.
    pub fn new(what: impl Any + Send + Sync) -> Self {
        Self(Arc::new(what))
    }
}

/// The same, of this request, if anything is.
pub(crate) struct MaybeKept(pub(crate) Option<Kept>);

impl<S: Send + Sync> FromRequestParts<S> for MaybeKept {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.extensions.remove::<Kept>()))
    }
}

/// The pattern of the path that a request met, such as `/v1/boxes/{box}`. An extension of answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchedRoute(pub Arc<str>);

/// The outermost layer.
pub(crate) async fn layer(State(state): State<HttpState>, mut request: Request, next: Next) -> Response {
    let id = RequestId::of(&request, &state);
    request.extensions_mut().insert(id.clone());
    let support = SupportMark::default();
    request.extensions_mut().insert(support.clone());
    let (began, method) = (Instant::now(), trace::method_of(request.method().as_str()));
    let route = request.extensions().get::<MatchedPath>().map(|path| Arc::<str>::from(path.as_str()));
    let span =
        tracing::info_span!("request", id = id.0, method = %request.method(), path = request.uri().path());
    let handled = async {
        let answered = AssertUnwindSafe(next.run(request)).catch_unwind().await;
        let response = answered.unwrap_or_else(|_panic| {
            // The panic hook has written what and where.
            tracing::error!("a handler panicked");
            ApiError::known(&codes::PLATFORM_FAILED).into_response()
        });
        problem::render(response, &id.0)
    };
    let mut response = handled.instrument(span).await;
    state.numbers().answered(route.as_deref(), method, response.status(), began.elapsed());
    if let Some(route) = route {
        response.extensions_mut().insert(MatchedRoute(route));
    }
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        headers.insert(REQUEST_ID_HEADER, value);
    }
    if let Some(value) = support.value() {
        headers.insert(SUPPORT_HEADER, value);
    }
    // What is answered here is of this moment and for this caller.
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// Bounds what is worked on at the same time; what does not fit is refused at once.
pub(crate) async fn shed(State(state): State<HttpState>, request: Request, next: Next) -> Response {
    let Ok(_permit) = state.requests().try_acquire() else {
        return ApiError::known(&codes::OVERLOADED).into_response();
    };
    next.run(request).await
}

/// Where a request comes from, as the edge says. The edge overwrites what clients say of it.
pub(crate) fn origin_of(headers: &HeaderMap) -> Origin {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    Origin {
        address: text(CLIENT_ADDRESS_HEADER).and_then(|address| address.parse().ok()),
        user_agent: text(USER_AGENT.as_str()).map(str::to_owned),
    }
}

/// Whether the client reached us over TLS, as whoever ends TLS in front of us says.
pub(crate) fn is_over_tls(headers: &HeaderMap) -> bool {
    headers.get("x-forwarded-proto").is_some_and(|proto| proto.as_bytes().eq_ignore_ascii_case(b"https"))
}
