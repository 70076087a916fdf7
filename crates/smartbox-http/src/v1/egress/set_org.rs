//! `PUT /v1/orgs/{org}/egress`

use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use smartbox_api::{EgressLayerView, SetEgress};

use super::of_org;
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::precondition::if_match;
use crate::problem::ApiError;

/// Say what boxes of an org may reach
///
/// Counts at once: connections that are not allowed any more are cut. Rules with `inside` lead into the operator's own network, so only the platform's admin adds or removes them.
#[utoipa::path(
    put,
    path = "/v1/orgs/{org}/egress",
    tag = "egress",
    operation_id = "setOrgEgress",
    params(
        ("org" = String, Path, description = "Id or name; `me` is your own."),
        ("If-Match" = Option<String>, Header, description = "The version of the rules that the decision rests on."),
    ),
    request_body = SetEgress,
    responses((
        status = OK,
        description = "The rules as they are now.",
        body = EgressLayerView,
        headers(("ETag" = String, description = "Their version, for If-Match."))
    )),
)]
pub(crate) async fn set_org(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(org): Path<String>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<SetEgress>,
) -> Result<Response, ApiError> {
    let version = if_match(&headers)?;
    let row = state.control().set_org_egress(&op, &org, &body.rules, version).await?;
    Ok(of_org(Some(&row)))
}
