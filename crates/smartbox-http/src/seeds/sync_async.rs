//! `POST /api/super/users/{agent}/sync-async`

use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use smartbox_api::SeedAccepted;

use super::admin_only;
use crate::HttpState;
use crate::body::json;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Save a box without waiting for it, in the older shape
///
/// For the platform's admin. `r2-status` shows when it is done.
#[utoipa::path(
    post,
    path = "/api/super/users/{agent}/sync-async",
    tag = "seeds",
    operation_id = "seedSyncAsync",
    params(("agent" = String, Path, description = "Id or name of the box.")),
    responses((status = ACCEPTED, description = "It is asked for.", body = SeedAccepted)),
)]
pub(crate) async fn sync_async(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(agent): Path<String>,
) -> Result<Response, ApiError> {
    admin_only(&op)?;
    let smartbox = state.control().request_sync(&op, &agent).await?;
    let message = "The box is saved in the background".to_owned();
    let view = SeedAccepted { accepted: true, user_id: smartbox.id.to_string(), message };
    Ok(json(StatusCode::ACCEPTED, &view))
}
