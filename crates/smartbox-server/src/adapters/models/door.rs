//! `/ai/…` at the edge: the gateway of a box for programs outside it, which show a service token instead of a vendor's key.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::header::AUTHORIZATION;
use http::uri::PathAndQuery;
use http::{HeaderMap, Request, Response, Uri};
use http_body_util::BodyExt;
use smartbox_control::Control;
use smartbox_core::{BoxId, Permission, Principal, Who};
use smartbox_edge::Body;
use smartbox_edge::ports::PlatformService;
use smartbox_egress::AiGateway;
use tower::Service;

/// In front of the vendors' paths.
const ROOT: &str = "/ai";

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
            let response = match whose(&control, request.headers()).await {
                Ok((id, token)) => gateway.answer_for(id, token, request).await,
                Err(why) => gateway.refuse_stranger(&request, why),
            };
            Ok(response.map(|body| body.map_err(Into::into).boxed_unsync()))
        })
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

/// The box for which a token is good, and the token's id.
async fn whose(control: &Control, headers: &HeaderMap) -> Result<(BoxId, String), &'static str> {
    let Some(token) = shown(headers) else {
        return Err(
            "There is no key. Send a service token of the box as the API key: `smartbox token create NAME \
                    --scope models:use --box BOX` makes one.",
        );
    };
    let found = control.find_token(token).await.ok().flatten();
    let Some(Principal::Member { who, may, only, .. }) = found.map(|found| found.principal) else {
        return Err(
            "The key is not known here, or has ended. `smartbox token create NAME --scope models:use --box BOX` \
                    makes another one.",
        );
    };
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
    let token = match who {
        Who::Token(id) => id.to_string(),
        Who::User(id) => id.to_string(),
    };
    Ok((only, token))
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
mod tests;
