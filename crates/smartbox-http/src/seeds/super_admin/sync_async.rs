//! `POST /api/super/users/{id}/sync-async`

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use smartbox_api::{SeedAccepted, SeedBoxQuery};

use super::target::Target;
use crate::HttpState;
use crate::body::json;
use crate::problem::ApiError;

/// Save a box without waiting for it, in the older shape
///
/// `r2-status` shows when it is done.
#[utoipa::path(
    post,
    path = "/api/super/users/{id}/sync-async",
    tag = "seeds",
    operation_id = "seedSyncAsync",
    params(("id" = String, Path, description = "A person's id: their default box; or a box's id or name."), SeedBoxQuery),
    responses((status = ACCEPTED, description = "It is asked for.", body = SeedAccepted)),
)]
pub(crate) async fn sync_async(State(state): State<HttpState>, target: Target) -> Result<Response, ApiError> {
    let smartbox = state.control().request_sync(&target.op, &target.reference()).await?;
    let message = "The box is saved in the background".to_owned();
    let view = SeedAccepted { accepted: true, user_id: smartbox.id.to_string(), message };
    Ok(json(StatusCode::ACCEPTED, &view))
}
