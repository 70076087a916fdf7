//! `DELETE /v1/boxes/{box}/backups/{backup}`

use axum::extract::{Path, State};
use http::StatusCode;

use super::backup_id;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Remove a backup
///
/// The only good one of a box stays.
#[utoipa::path(
    delete,
    path = "/v1/boxes/{box}/backups/{backup}",
    tag = "backups",
    operation_id = "removeBackup",
    params(
        ("box" = String, Path, description = "Id, name or `default`."),
        ("backup" = String, Path, description = "Id."),
    ),
    responses((status = NO_CONTENT, description = "It is gone.")),
)]
pub(crate) async fn remove(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path((reference, backup)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    state.control().remove_backup(&op, &reference, backup_id(&backup)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
