//! `GET /v1/orgs/{org}/egress`

use axum::extract::{Path, State};
use axum::response::Response;
use smartbox_api::EgressLayerView;

use super::of_org;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Look at what boxes of an org may reach
///
/// By the rules of the org alone.
#[utoipa::path(
    get,
    path = "/v1/orgs/{org}/egress",
    tag = "egress",
    operation_id = "showOrgEgress",
    params(("org" = String, Path, description = "Id or name; `me` is your own."),),
    responses((
        status = OK,
        description = "The rules.",
        body = EgressLayerView,
        headers(("ETag" = String, description = "Their version, for If-Match."))
    )),
)]
pub(crate) async fn show_org(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(org): Path<String>,
) -> Result<Response, ApiError> {
    let found = state.control().org_egress(&op, &org).await?;
    Ok(of_org(found.as_ref()))
}
