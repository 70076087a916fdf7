//! `GET /v1/egress`

use axum::extract::State;
use axum::response::Response;
use smartbox_api::EgressLayerView;

use super::of_platform;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Look at what all boxes may reach
///
/// By the rules of the platform alone. Only the platform's admin may.
#[utoipa::path(
    get,
    path = "/v1/egress",
    tag = "egress",
    operation_id = "showPlatformEgress",
    responses((
        status = OK,
        description = "The rules.",
        body = EgressLayerView,
        headers(("ETag" = String, description = "Their version, for If-Match."))
    )),
)]
pub(crate) async fn show_platform(
    State(state): State<HttpState>,
    Caller(op): Caller,
) -> Result<Response, ApiError> {
    let found = state.control().platform_egress(&op).await?;
    Ok(of_platform(&found))
}
