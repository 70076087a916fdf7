//! `GET /v1/orgs/{org}/secrets`

use axum::Json;
use axum::extract::{Path, State};
use smartbox_api::SecretList;
use smartbox_control::Whose;

use super::secret_view;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// List the secrets of an org
///
/// Those that all its boxes have. Values are never shown.
#[utoipa::path(
    get,
    path = "/v1/orgs/{org}/secrets",
    tag = "secrets",
    operation_id = "listOrgSecrets",
    params(("org" = String, Path, description = "Id or name; `me` is your own."),),
    responses((status = OK, description = "What is known of them.", body = SecretList)),
)]
pub(crate) async fn list_of_org(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(org): Path<String>,
) -> Result<Json<SecretList>, ApiError> {
    let kept = state.control().secrets(&op, Whose::Org(&org)).await?;
    Ok(Json(SecretList { items: kept.iter().map(secret_view).collect() }))
}
