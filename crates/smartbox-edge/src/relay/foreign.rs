//! Requests to another server, which stands in for this platform: an older deployment, or a newer one.
//!
//! It is given what it needs to recognise callers by itself, as it would if they had come to it directly. What is worth
//! something here is not passed on: cookies of the platform, bearer tokens, what vouches for somebody to a gateway.

use std::sync::Arc;

use http::header::{HOST, ORIGIN, SEC_WEBSOCKET_EXTENSIONS};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Version};
use smartbox_core::routing::{BaseUrl, RouteName};

use super::{Failure, Inquiry, Source, request, response, stream};
use crate::body::{Body, CutOff, Verdict};
use crate::config::EdgeConfig;
use crate::hold::InFlight;
use crate::pool::{Pool, Sender};
use crate::problem::Problem;
use crate::routing::Routing;

/// Carries the admin secret of the admin API.
pub(crate) const ADMIN_SECRET: HeaderName = HeaderName::from_static("x-admin-secret");
/// Tells the other server who asks: the id of a user or token, or `admin`.
const CALLER: HeaderName = HeaderName::from_static("x-smartbox-caller");

/// Sends a request to another server and waits for the head of the response.
pub(crate) async fn send(
    config: &EdgeConfig,
    routing: &Routing,
    (route, base): (RouteName, &BaseUrl),
    inquiry: &Inquiry<'_>,
    sender: Sender,
    body: Body,
) -> Result<Response<Source>, Failure> {
    let mut outbound = Request::new(body);
    if let Some(target) = inquiry.head.uri.path_and_query() {
        // As the client wrote it: prefix, and whatever signs the query, are the other server's to read.
        *outbound.uri_mut() = target.clone().into();
    }
    outbound.method_mut().clone_from(&inquiry.head.method);
    *outbound.version_mut() = Version::HTTP_11;
    *outbound.headers_mut() = headers(config, routing, (route, base), inquiry);
    let step = inquiry.asked.traced.asks("server", &inquiry.head.method);
    step.write(outbound.headers_mut());
    let answered = super::exchange(config, sender, outbound, None).await;
    step.ends(answered.as_ref().ok());
    match answered {
        Ok(response) => Ok(response),
        Err(super::Broken::NotSent(unsent)) => Err(Failure::NotSent(unsent)),
        Err(super::Broken::NoResponse) => Err(Failure::Lost(lost(true, inquiry.verdict))),
        Err(super::Broken::Lost) => Err(Failure::Lost(lost(false, inquiry.verdict))),
        Err(super::Broken::Silent) => Err(Failure::Lost(no_answer())),
    }
}

fn headers(
    config: &EdgeConfig,
    routing: &Routing,
    (route, base): (RouteName, &BaseUrl),
    inquiry: &Inquiry<'_>,
) -> HeaderMap {
    let from = &inquiry.head.headers;
    let mut to = request::kept(config, from);
    if inquiry.is_websocket {
        // The edge reads frames: they come uncompressed.
        to.remove(&SEC_WEBSOCKET_EXTENSIONS);
        request::websocket().into_iter().for_each(|(name, value)| to.set(name, value));
    }
    if route == RouteName::AdminApi
        && let Some(secret) = sensitive_secret(inquiry.head)
    {
        to.set(ADMIN_SECRET, secret);
    }
    request::forward(config, inquiry, &mut to);
    // The edge has found the client's origin to be its own; the other server knows its own only.
    let told = [
        (HOST, Some(base.authority())),
        (ORIGIN, from.contains_key(ORIGIN).then(|| base.to_string())),
        (CALLER, Some(inquiry.principal.known_as())),
    ];
    for (name, value) in told {
        if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
            to.set(name, value);
        }
    }
    let mut to = to.into_map();
    routing.sign(&mut to);
    to
}

fn sensitive_secret(head: &Parts) -> Option<HeaderValue> {
    let mut secret = head.headers.get(ADMIN_SECRET)?.clone();
    secret.set_sensitive(true);
    Some(secret)
}

/// Makes another server's response one of the edge's.
pub(crate) fn pass_on(
    config: &EdgeConfig,
    pool: &Arc<Pool>,
    base: &BaseUrl,
    mut answer: Response<Source>,
    in_flight: Option<InFlight>,
) -> Response<Body> {
    let headers = response::foreign(config, base, std::mem::take(answer.headers_mut()));
    stream(config, pool, answer, headers, in_flight)
}

fn lost(is_parse: bool, verdict: &Verdict) -> Problem {
    match verdict.get() {
        Some(CutOff::TooLarge) => super::too_large(),
        Some(CutOff::Stalled) => super::stalled(),
        None if is_parse => broken(),
        None => unreachable(),
    }
}

/// What came is no HTTP, or not what was asked for.
pub(crate) fn broken() -> Problem {
    Problem::new(
        StatusCode::BAD_GATEWAY,
        "upstream-broken-answer",
        "The server behind this route sent a broken answer",
    )
    .remedy("Whoever runs the platform looks at that server, or moves the route with `smartbox route`.")
}

/// Nobody answers there, or not to the end.
pub(crate) fn unreachable() -> Problem {
    Problem::new(
        StatusCode::BAD_GATEWAY,
        "upstream-unreachable",
        "The server behind this route does not answer",
    )
    .remedy("Try again in a moment. Whoever runs the platform can move the route with `smartbox route`.")
    .retry_after(std::time::Duration::from_secs(2))
}

fn no_answer() -> Problem {
    Problem::new(
        StatusCode::GATEWAY_TIMEOUT,
        "upstream-timeout",
        "The server behind this route did not answer in time",
    )
    .remedy("Ask for less at once, or tell whoever runs the platform.")
}

/// The route leads back here.
pub(crate) fn loop_detected() -> Problem {
    Problem::new(StatusCode::LOOP_DETECTED, "loop-detected", "This route leads back to where it began")
        .remedy("Whoever runs the platform gives it another upstream: `smartbox route show`.")
}
