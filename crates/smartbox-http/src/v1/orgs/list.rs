//! `GET /v1/orgs`

use axum::Json;
use axum::extract::State;
use smartbox_api::{OrgList, OrgView};

use super::org_view;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// List orgs
///
/// Only an admin may.
#[utoipa::path(
    get,
    path = "/v1/orgs",
    tag = "orgs",
    operation_id = "listOrgs",
    responses((status = OK, description = "Every org, oldest first.", body = OrgList)),
)]
pub(crate) async fn list(
    State(state): State<HttpState>,
    Caller(op): Caller,
) -> Result<Json<OrgList>, ApiError> {
    let orgs = state.control().list_orgs(&op).await?;
    let items: Vec<OrgView> = orgs.iter().map(org_view).collect();
    Ok(Json(OrgList { items }))
}
