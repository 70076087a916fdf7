//! `/ai/…` at the edge: the gateway of a box for programs outside it, which show a service token instead of a vendor's key.

mod held;

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::uri::PathAndQuery;
use http::{HeaderMap, Request, Response, Uri};
use http_body_util::BodyExt;
use smartbox_control::Control;
use smartbox_core::{BoxId, Permission, Principal, Tie};
use smartbox_edge::ports::{PlatformService, RoutePattern};
use smartbox_edge::{Admission, Body, Sockets, Ticket};
use smartbox_egress::{AiGateway, ReplyBody};
use tokio::time::Instant;
use tower::Service;

use held::Held;

/// In front of the vendors' paths.
const ROOT: &str = "/ai";
/// All that is below it, in numbers and traces.
const PATTERN: &str = "/ai/{path}";
/// How often a key is looked up anew because somebody's right has ended meanwhile.
const LOOKS_MAX: usize = 8;
/// What is said of a key that does not let in.
const UNKNOWN: &str = "The key is not known here, or has ended. `smartbox token create NAME --scope models:use --box BOX` \
                       makes another one.";

/// Answers `/ai/…` and hands everything else on.
#[derive(Clone)]
pub(crate) struct AiDoor {
    pub(crate) control: Control,
    pub(crate) gateway: AiGateway,
    pub(crate) rest: PlatformService,
}

impl Service<Request<Body>> for AiDoor {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.rest.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let Some(inner) = inner_uri(request.uri()) else { return self.rest.call(request) };
        *request.uri_mut() = inner;
        let (control, gateway) = (self.control.clone(), self.gateway.clone());
        Box::pin(async move {
            let sockets = request.extensions().get::<Sockets>().cloned();
            let response = match enter(&control, sockets, request.headers()).await {
                Ok(guest) => answer(&gateway, guest, request).await,
                Err(Turned::Away(why)) => gateway.refuse_stranger(&request, why),
                Err(Turned::Full) => gateway.refuse_for_now(&request),
            };
            let mut response = response.map(|body| body.map_err(Into::into).boxed_unsync());
            response.extensions_mut().insert(RoutePattern(PATTERN.into()));
            Ok(response)
        })
    }
}

/// Somebody who was let in, for as long as their key is good.
struct Guest {
    box_id: BoxId,
    token: String,
    ticket: Ticket,
}

/// Why somebody was not let in.
enum Turned {
    Away(&'static str),
    Full,
}

/// Lets a program in. Its key may end while it is looked up: then what ends it has not seen the program yet, so it is looked up
/// again whenever any right has ended in between.
async fn enter(control: &Control, sockets: Option<Sockets>, headers: &HeaderMap) -> Result<Guest, Turned> {
    // The edge gives it along. Without it nobody could end what the key has opened.
    let sockets = sockets.ok_or(Turned::Away(UNKNOWN))?;
    for _attempt in 0..LOOKS_MAX {
        let epoch = sockets.epoch();
        let Found { box_id, token, ties, left } = whose(control, headers).await.map_err(Turned::Away)?;
        let expires = left.and_then(|left| Instant::now().checked_add(left));
        match sockets.enter(epoch, ties, expires) {
            Admission::Entered(ticket) => return Ok(Guest { box_id, token, ticket }),
            Admission::Stale => {}
            Admission::Full => return Err(Turned::Full),
        }
    }
    Err(Turned::Away(UNKNOWN))
}

/// Has a request answered for as long as its key is good.
async fn answer(gateway: &AiGateway, guest: Guest, request: Request<Body>) -> Response<ReplyBody> {
    let Guest { box_id, token, ticket } = guest;
    let (head, body) = request.into_parts();
    let shape = Request::from_parts(head.clone(), ());
    let answered = tokio::select! { biased;
        _why = ticket.ended() => None,
        response = gateway.answer_for(box_id, token, Request::from_parts(head, body)) => Some(response),
    };
    match answered {
        Some(response) => response.map(|body| Held::new(body, ticket).boxed_unsync()),
        None => gateway.refuse_stranger(&shape, UNKNOWN),
    }
}

/// The gateway's own path of a request, if it is for the gateway.
fn inner_uri(uri: &Uri) -> Option<Uri> {
    let rest = uri.path_and_query()?.as_str().strip_prefix(ROOT)?;
    let path: PathAndQuery = match rest.as_bytes().first() {
        Some(b'/') => rest.parse().ok()?,
        None | Some(b'?') => format!("/{rest}").parse().ok()?,
        Some(_) => return None,
    };
    Some(Uri::from(path))
}

/// The box for which a token is good, the token's id, and what its right hangs on.
struct Found {
    box_id: BoxId,
    token: String,
    ties: Vec<Tie>,
    /// Time until it ends by itself.
    left: Option<Duration>,
}

async fn whose(control: &Control, headers: &HeaderMap) -> Result<Found, &'static str> {
    let Some(token) = shown(headers) else {
        return Err(
            "There is no key. Send a service token of the box as the API key: `smartbox token create NAME \
                    --scope models:use --box BOX` makes one.",
        );
    };
    let found = control.find_token(token).await.ok().flatten().ok_or(UNKNOWN)?;
    let mut ties = found.ties();
    let left = found.expires_at.map(|at| at.duration_since(control.clock().now()));
    let Principal::Member { who, may, only, .. } = found.principal else { return Err(UNKNOWN) };
    if !may.has(Permission::ModelsUse) {
        return Err(
            "The key may not use models. `smartbox token create NAME --scope models:use --box BOX` makes one \
                    that may.",
        );
    }
    let Some(only) = only else {
        return Err(
            "The key is good for no box in particular, so nobody could say whose models and budget it uses. \
                    `smartbox token create NAME --scope models:use --box BOX` makes one for a box.",
        );
    };
    let token = who.to_string();
    ties.push(Tie::Box(only));
    // One that has ended meanwhile leaves no time at all.
    let left = left.map(|left| Duration::try_from(left).unwrap_or_default());
    Ok(Found { box_id: only, token, ties, left })
}

/// The key, as either vendor's clients send it.
fn shown(headers: &HeaderMap) -> Option<&str> {
    let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = bearer.and_then(|value| value.split_once(' '));
    let bearer =
        bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
    bearer.or_else(|| headers.get("x-api-key").and_then(|value| value.to_str().ok()))
}

#[cfg(test)]
mod edge_tests;
#[cfg(test)]
mod tests;
