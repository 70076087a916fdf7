//! `PUT /v1/boxes/{box}/egress`

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use smartbox_api::{EgressView, SetEgress};

use super::BoxReference;
use super::show_egress::tagged;
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::precondition::if_match;
use crate::problem::ApiError;

/// Say what a box may reach
///
/// Counts at once: connections that are not allowed any more are cut. Rules with `inside` lead into the operator's own
/// network, so only the platform's admin adds or removes them.
#[utoipa::path(
    put,
    path = "/v1/boxes/{box}/egress",
    tag = "boxes",
    operation_id = "setEgress",
    params(
        ("box" = String, Path, description = "Id, name or `default`."),
        ("If-Match" = Option<String>, Header, description = "The version of the rules that the decision rests on."),
    ),
    request_body = SetEgress,
    responses((
        status = OK,
        description = "The rules as they are now.",
        body = EgressView,
        headers(("ETag" = String, description = "Their version, for If-Match."))
    )),
)]
pub(crate) async fn set_egress(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
    headers: HeaderMap,
    JsonBody(body): JsonBody<SetEgress>,
) -> Result<Response, ApiError> {
    let version = if_match(&headers)?;
    Ok(tagged(&state.control().set_box_egress(&op, &reference, &body.rules, version).await?))
}
