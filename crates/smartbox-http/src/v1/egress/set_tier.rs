//! `PUT /v1/tiers/{tier}/egress`

use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use smartbox_api::{EgressLayerView, SetEgress};

use super::of_layer;
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::precondition::if_match;
use crate::problem::ApiError;

/// Say what boxes of a tier may reach
///
/// Counts at once: connections that are not allowed any more are cut. Only the platform's admin may.
#[utoipa::path(
    put,
    path = "/v1/tiers/{tier}/egress",
    tag = "egress",
    operation_id = "setTierEgress",
    params(
        ("tier" = String, Path, description = "Its name."),
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
pub(crate) async fn set_tier(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(tier): Path<String>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<SetEgress>,
) -> Result<Response, ApiError> {
    let version = if_match(&headers)?;
    let row = state.control().set_tier_egress(&op, &tier, &body.rules, version).await?;
    Ok(of_layer(Some(&row)))
}
