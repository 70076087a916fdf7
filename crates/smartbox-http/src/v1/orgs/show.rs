//! `GET /v1/orgs/{org}`

use axum::Json;
use axum::extract::{Path, State};
use smartbox_api::OrgView;

use super::whole_view;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Look at an org
///
/// Your own; the platform's admin sees every one.
#[utoipa::path(
    get,
    path = "/v1/orgs/{org}",
    tag = "orgs",
    operation_id = "showOrg",
    params(("org" = String, Path, description = "Id or name; `me` is your own.")),
    responses((status = OK, description = "The org.", body = OrgView)),
)]
pub(crate) async fn show(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(org): Path<String>,
) -> Result<Json<OrgView>, ApiError> {
    let found = state.control().find_org(&op, &org).await?;
    Ok(Json(whole_view(&state, &found).await?))
}
