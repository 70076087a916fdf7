//! `POST /api/admin/storage/sync`

use axum::Json;
use axum::extract::State;
use smartbox_api::SeedSync;

use super::last_sync;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Save the default box now, in the older shape
///
/// Answers when it is saved. What is made goes with time, like backups that are made by themselves.
#[utoipa::path(
    post,
    path = "/api/admin/storage/sync",
    tag = "seeds",
    operation_id = "seedSyncStorage",
    responses((status = OK, description = "It is saved.", body = SeedSync)),
)]
pub(crate) async fn sync_storage(
    State(state): State<HttpState>,
    Caller(op): Caller,
) -> Result<Json<SeedSync>, ApiError> {
    let made = state.control().sync_box(&op, "default").await?;
    let backups = state.control().box_backups(&op, "default").await?;
    let message = match made {
        Some(backup) if backup.is_good() => "Sync completed successfully".to_owned(),
        Some(backup) => {
            let why = backup.suspicion.unwrap_or_default();
            format!("A backup was made that is not trusted and replaces no good one: {why}")
        }
        None => "Everything was saved already".to_owned(),
    };
    let success = backups.backups.first().is_some_and(|newest| newest.is_good());
    Ok(Json(SeedSync { success, message, last_sync: last_sync(&backups).map(|at| at.to_string()) }))
}
