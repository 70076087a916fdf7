//! `PATCH /v1/orgs/{org}`

use axum::Json;
use axum::extract::{Path, State};
use smartbox_api::{OrgView, UpdateOrg};

use super::org_view;
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Change an org
///
/// Only its owners and the platform's admin may. Live connections of the org end, so that the new rule holds for all.
#[utoipa::path(
    patch,
    path = "/v1/orgs/{org}",
    tag = "orgs",
    operation_id = "updateOrg",
    params(("org" = String, Path, description = "Id or name; `me` is your own.")),
    request_body = UpdateOrg,
    responses((status = OK, description = "The org.", body = OrgView)),
)]
pub(crate) async fn update(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(org): Path<String>,
    JsonBody(body): JsonBody<UpdateOrg>,
) -> Result<Json<OrgView>, ApiError> {
    Ok(Json(org_view(&state.control().set_pairing(&op, &org, &body.pairing).await?)))
}
