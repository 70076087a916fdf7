//! `GET /api/v1/instances/{instance}/config`

use axum::Json;
use axum::extract::{Path, State};
use smartbox_api::SeedInstanceConfig;
use smartbox_core::Permission;

use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Show the configuration of an instance
///
/// The owner's part, as text, without secrets. Sent back, it changes nothing. Works whether it runs or not.
#[utoipa::path(
    get,
    path = "/api/v1/instances/{instance}/config",
    tag = "seeds",
    operation_id = "seedInstanceConfig",
    params(("instance" = String, Path, description = "Id or name of the box.")),
    responses((status = OK, description = "The configuration.", body = SeedInstanceConfig)),
)]
pub(crate) async fn show_config(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(reference): Path<String>,
) -> Result<Json<SeedInstanceConfig>, ApiError> {
    let row = state.control().find_agent(&op, Permission::BoxesRead, &reference).await?;
    let config = state.control().box_config(&op, &row.id.to_string()).await?;
    Ok(Json(SeedInstanceConfig { config: format!("{:#}", config.owner) }))
}
