//! `GET /v1/boxes/{box}/backups`

use axum::Json;
use axum::extract::State;
use smartbox_api::BackupList;

use super::{backup_view, state_view};
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;
use crate::v1::boxes::BoxReference;

/// List the backups of a box
///
/// With how it goes with them: how old the newest good one is, and what is in the way.
#[utoipa::path(
    get,
    path = "/v1/boxes/{box}/backups",
    tag = "backups",
    operation_id = "listBackups",
    params(("box" = String, Path, description = "Id, name or `default`.")),
    responses((status = OK, description = "The newest first.", body = BackupList)),
)]
pub(crate) async fn list(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
) -> Result<Json<BackupList>, ApiError> {
    let backups = state.control().box_backups(&op, &reference).await?;
    Ok(Json(BackupList {
        state: state_view(&backups),
        items: backups.backups.iter().map(backup_view).collect(),
    }))
}
