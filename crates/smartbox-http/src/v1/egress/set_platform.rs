//! `PUT /v1/egress`

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use smartbox_api::{EgressLayerView, SetEgress};

use super::of_platform;
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::precondition::if_match;
use crate::problem::ApiError;

/// Say what all boxes may reach
///
/// Counts at once: connections that are not allowed any more are cut. Only the platform's admin may.
#[utoipa::path(
    put,
    path = "/v1/egress",
    tag = "egress",
    operation_id = "setPlatformEgress",
    params(
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
pub(crate) async fn set_platform(
    State(state): State<HttpState>,
    Caller(op): Caller,
    headers: HeaderMap,
    JsonBody(body): JsonBody<SetEgress>,
) -> Result<Response, ApiError> {
    let version = if_match(&headers)?;
    let row = state.control().set_platform_egress(&op, &body.rules, version).await?;
    Ok(of_platform(&row))
}
