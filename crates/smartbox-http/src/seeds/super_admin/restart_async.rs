//! `POST /api/super/users/{id}/restart-async`

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use smartbox_api::{SeedBoxQuery, SeedRestarting};

use super::target::Target;
use crate::HttpState;
use crate::body::json;
use crate::problem::ApiError;

/// Restart a box without waiting for it, in the older shape
#[utoipa::path(
    post,
    path = "/api/super/users/{id}/restart-async",
    tag = "seeds",
    operation_id = "seedRestartAsync",
    params(("id" = String, Path, description = "A person's id: their default box; or a box's id or name."), SeedBoxQuery),
    responses((status = ACCEPTED, description = "It is under way.", body = SeedRestarting)),
)]
pub(crate) async fn restart_async(
    State(state): State<HttpState>,
    target: Target,
) -> Result<Response, ApiError> {
    let intended = state.control().restart_box(&target.op, &target.reference(), None).await?;
    let view = SeedRestarting {
        accepted: true,
        user_id: target.user,
        box_id: intended.smartbox.id.to_string(),
        operation_id: intended.operation.id.to_string(),
        poll_url: format!("/v1/operations/{}", intended.operation.id),
        message: "The box restarts in the background".to_owned(),
    };
    Ok(json(StatusCode::ACCEPTED, &view))
}
