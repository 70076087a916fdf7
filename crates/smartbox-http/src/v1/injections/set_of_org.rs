//! `PUT /v1/orgs/{org}/injections`

use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use smartbox_api::{InjectionsView, SetInjections};
use smartbox_control::Whose;

use super::tagged;
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::precondition::if_match;
use crate::problem::ApiError;

/// Say where secrets of an org are put in
///
/// Counts for the next request. With `https`, the proxy ends the box's TLS for that host: a box that has no certificate authority of
/// its own yet gets one at its next start. A token that is good for one box alone may not change any rule.
#[utoipa::path(
    put,
    path = "/v1/orgs/{org}/injections",
    tag = "secrets",
    operation_id = "setOrgInjections",
    params(
        ("org" = String, Path, description = "Id or name; `me` is your own."),
        ("If-Match" = Option<String>, Header, description = "The version of the rules that the decision rests on."),
    ),
    request_body = SetInjections,
    responses((
        status = OK,
        description = "The rules as they are now.",
        body = InjectionsView,
        headers(("ETag" = String, description = "Their version, for If-Match."))
    )),
)]
pub(crate) async fn set_of_org(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(org): Path<String>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<SetInjections>,
) -> Result<Response, ApiError> {
    let version = if_match(&headers)?;
    Ok(tagged(&state.control().set_injections(&op, Whose::Org(&org), &body.rules, version).await?))
}
