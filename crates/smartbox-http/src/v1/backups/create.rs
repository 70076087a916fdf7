//! `POST /v1/boxes/{box}/backups`

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use smartbox_api::BackupView;

use super::backup_view;
use crate::HttpState;
use crate::body::json;
use crate::caller::Caller;
use crate::problem::ApiError;
use crate::v1::boxes::BoxReference;

/// Back a box up now
///
/// Answers when it is made. A running box stands still for some milliseconds. It stays until somebody removes it.
#[utoipa::path(
    post,
    path = "/v1/boxes/{box}/backups",
    tag = "backups",
    operation_id = "createBackup",
    params(("box" = String, Path, description = "Id, name or `default`.")),
    responses((status = CREATED, description = "It is made.", body = BackupView)),
)]
pub(crate) async fn create(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
) -> Result<Response, ApiError> {
    let backup = state.control().create_backup(&op, &reference).await?;
    Ok(json(StatusCode::CREATED, &backup_view(&backup)))
}
