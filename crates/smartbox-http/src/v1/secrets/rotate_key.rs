//! `POST /v1/sealing-key/rotate`

use axum::Json;
use axum::extract::State;
use smartbox_api::KeyRotationView;

use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Rotate the sealing key
///
/// Makes a new key, seals every secret with it and takes the old one away, while everything goes on. Backups of the database that
/// were made before need the old key: keep a copy of it as long as them. Only the platform's admin may.
#[utoipa::path(
    post,
    path = "/v1/sealing-key/rotate",
    tag = "secrets",
    operation_id = "rotateSealingKey",
    responses((status = OK, description = "What was done.", body = KeyRotationView)),
)]
pub(crate) async fn rotate_key(
    State(state): State<HttpState>,
    Caller(op): Caller,
) -> Result<Json<KeyRotationView>, ApiError> {
    let done = state.control().rotate_sealing_key(&op).await?;
    Ok(Json(KeyRotationView { resealed: done.resealed, old_keys_gone: done.is_retired }))
}
