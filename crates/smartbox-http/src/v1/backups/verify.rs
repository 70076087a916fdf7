//! `POST /v1/boxes/{box}/backups/{backup}/verify`

use axum::Json;
use axum::extract::{Path, State};
use smartbox_api::BackupView;

use super::{backup_id, backup_view};
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Read a backup back
///
/// Every byte of it. One with which something is wrong is not trusted any more.
#[utoipa::path(
    post,
    path = "/v1/boxes/{box}/backups/{backup}/verify",
    tag = "backups",
    operation_id = "verifyBackup",
    params(
        ("box" = String, Path, description = "Id, name or `default`."),
        ("backup" = String, Path, description = "Id."),
    ),
    responses((status = OK, description = "What was found.", body = BackupView)),
)]
pub(crate) async fn verify(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path((reference, backup)): Path<(String, String)>,
) -> Result<Json<BackupView>, ApiError> {
    let backup = state.control().verify_backup(&op, &reference, backup_id(&backup)?).await?;
    Ok(Json(backup_view(&backup)))
}
