//! Requests that another platform answers: passed on whole, with the client's own credentials, and answered as they come back.

use http::header::HOST;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Version};

use super::request::{is_hop_by_hop, named_by_connection, websocket};
use super::{Broken, Failure, Source};
use crate::body::Body;
use crate::config::EdgeConfig;
use crate::peers::hop::HOP;
use crate::pool::Sender;
use crate::problem::Problem;
use crate::traced::Traced;

/// Sends a request to the platform that keeps its box, and waits for the head of the response.
pub(crate) async fn send(
    config: &EdgeConfig,
    (head, hop): (&Parts, &HeaderValue),
    (is_websocket, traced): (bool, &Traced),
    sender: Sender,
    body: Body,
) -> Result<Response<Source>, Failure> {
    let mut outbound = Request::new(body);
    if let Some(target) = head.uri.path_and_query() {
        *outbound.uri_mut() = target.clone().into();
    }
    outbound.method_mut().clone_from(&head.method);
    *outbound.version_mut() = Version::HTTP_11;
    let mut headers = passed(&head.headers);
    if let Some(host) = head.headers.get(HOST) {
        headers.insert(HOST, host.clone());
    }
    if is_websocket {
        headers.extend(websocket());
    }
    headers.insert(HOP, hop.clone());
    *outbound.headers_mut() = headers;
    let step = traced.asks("platform", &head.method);
    step.write(outbound.headers_mut());
    let answered = super::exchange(config, sender, outbound, None).await;
    step.ends(answered.as_ref().ok());
    answered.map_err(|broken| match broken {
        Broken::NotSent(unsent) => Failure::NotSent(unsent),
        Broken::NoResponse | Broken::Lost => Failure::Lost(lost()),
        Broken::Silent => Failure::Lost(silent()),
    })
}

/// All headers but those that are meant for the next hop.
pub(crate) fn passed(from: &HeaderMap) -> HeaderMap {
    let dropped = named_by_connection(from);
    let stays = |name: &http::HeaderName| !is_hop_by_hop(name) && !dropped.contains(name);
    let kept = from.iter().filter(|(name, _)| stays(name));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// The box is between two keepers, or its keeper is gone and not yet missed.
pub(crate) fn moving() -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "box-moving",
        "This box is being taken over by another platform",
    )
    .remedy("Try again in a few seconds: nothing of the box is lost.")
    .retry_after(std::time::Duration::from_secs(2))
}

/// The platform that keeps the box was asked, and is gone.
fn lost() -> Problem {
    Problem::new(StatusCode::BAD_GATEWAY, "keeper-lost", "The platform that keeps this box gave no answer")
        .remedy(
            "It may have acted on the request. Look, then try again; with an `Idempotency-Key` that is safe.",
        )
        .retry_after(std::time::Duration::from_secs(2))
}

fn silent() -> Problem {
    Problem::new(
        StatusCode::GATEWAY_TIMEOUT,
        "keeper-timeout",
        "The platform that keeps this box did not answer in time",
    )
    .remedy("Ask for less at once.")
}

/// Somebody who is no platform has come to where platforms come in.
pub(crate) fn stranger() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "not-a-platform",
        "Only platforms of the same database are served here",
    )
    .remedy(
        "Use the public address. For whoever runs the platforms: their clocks must agree within a minute.",
    )
}
