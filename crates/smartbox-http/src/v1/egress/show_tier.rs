//! `GET /v1/tiers/{tier}/egress`

use axum::extract::{Path, State};
use axum::response::Response;
use smartbox_api::EgressLayerView;

use super::of_layer;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Look at what boxes of a tier may reach
///
/// By the rules of the tier alone. Only the platform's admin may.
#[utoipa::path(
    get,
    path = "/v1/tiers/{tier}/egress",
    tag = "egress",
    operation_id = "showTierEgress",
    params(("tier" = String, Path, description = "Its name."),),
    responses((
        status = OK,
        description = "The rules.",
        body = EgressLayerView,
        headers(("ETag" = String, description = "Their version, for If-Match."))
    )),
)]
pub(crate) async fn show_tier(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(tier): Path<String>,
) -> Result<Response, ApiError> {
    let found = state.control().tier_egress(&op, &tier).await?;
    Ok(of_layer(found.as_ref()))
}
