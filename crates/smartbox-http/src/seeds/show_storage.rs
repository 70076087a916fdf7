//! `GET /api/admin/storage`

use axum::Json;
use axum::extract::State;
use smartbox_api::SeedStorage;

use super::last_sync;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Look at whether the default box is saved, in the older shape
#[utoipa::path(
    get,
    path = "/api/admin/storage",
    tag = "seeds",
    operation_id = "seedStorage",
    responses((status = OK, description = "Whether it is saved.", body = SeedStorage)),
)]
pub(crate) async fn show_storage(
    State(state): State<HttpState>,
    Caller(op): Caller,
) -> Result<Json<SeedStorage>, ApiError> {
    let backups = state.control().box_backups(&op, "default").await?;
    let last_sync = last_sync(&backups).map(|at| at.to_string());
    let message = match &last_sync {
        Some(_at) => "Backups are made by themselves. Your data will persist.",
        None => "Backups are made by themselves. There is none yet: your box was not started, or only just.",
    };
    Ok(Json(SeedStorage { configured: true, last_sync, message: message.to_owned() }))
}
