//! `GET /api/v1/instances/{instance}`

use axum::Json;
use axum::extract::{Path, State};
use smartbox_api::SeedInstance;
use smartbox_core::Permission;

use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Look at an instance
#[utoipa::path(
    get,
    path = "/api/v1/instances/{instance}",
    tag = "seeds",
    operation_id = "seedShowInstance",
    params(("instance" = String, Path, description = "Id or name of the box.")),
    responses((status = OK, description = "The instance.", body = SeedInstance)),
)]
pub(crate) async fn show(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(reference): Path<String>,
) -> Result<Json<SeedInstance>, ApiError> {
    let row = state.control().find_agent(&op, Permission::BoxesRead, &reference).await?;
    Ok(Json(super::instance(&state, &op, &row).await?))
}
