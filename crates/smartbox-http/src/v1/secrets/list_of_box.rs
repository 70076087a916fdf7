//! `GET /v1/boxes/{box}/secrets`

use axum::Json;
use axum::extract::{Path, State};
use smartbox_api::SecretList;
use smartbox_control::Whose;

use super::secret_view;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// List the secrets of a box
///
/// Its own, and those of its org in whose place it has none of its own. Values are never shown.
#[utoipa::path(
    get,
    path = "/v1/boxes/{box}/secrets",
    tag = "secrets",
    operation_id = "listBoxSecrets",
    params(("box" = String, Path, description = "Id, name or `default`."),),
    responses((status = OK, description = "What is known of them.", body = SecretList)),
)]
pub(crate) async fn list_of_box(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(reference): Path<String>,
) -> Result<Json<SecretList>, ApiError> {
    let kept = state.control().secrets(&op, Whose::Box(&reference)).await?;
    Ok(Json(SecretList { items: kept.iter().map(secret_view).collect() }))
}
