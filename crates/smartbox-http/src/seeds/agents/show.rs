//! `GET /agents/{agent}`

use axum::Json;
use axum::extract::{Path, State};
use smartbox_api::SeedAgent;
use smartbox_core::Permission;

use super::agent_view;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Look at an agent
#[utoipa::path(
    get,
    path = "/agents/{agent}",
    tag = "seeds",
    operation_id = "seedShowAgent",
    params(("agent" = String, Path, description = "Id or name of the box.")),
    responses((status = OK, description = "The agent.", body = SeedAgent)),
)]
pub(crate) async fn show(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(agent): Path<String>,
) -> Result<Json<SeedAgent>, ApiError> {
    let row = state.control().find_agent(&op, Permission::BoxesRead, &agent).await?;
    Ok(Json(agent_view(&state, &row)))
}
