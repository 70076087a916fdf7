//! `GET /agents/{agent}/health`

use axum::Json;
use axum::extract::{Path, State};
use smartbox_api::SeedAgentHealth;
use smartbox_core::{Observed, Permission};

use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Ask whether an agent can be talked to
///
/// Whether its gateway answered its last probe. One that sleeps does not, and is woken by whoever talks to it.
#[utoipa::path(
    get,
    path = "/agents/{agent}/health",
    tag = "seeds",
    operation_id = "seedAgentHealth",
    params(("agent" = String, Path, description = "Id or name of the box.")),
    responses((status = OK, description = "Whether it can.", body = SeedAgentHealth)),
)]
pub(crate) async fn health(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(agent): Path<String>,
) -> Result<Json<SeedAgentHealth>, ApiError> {
    let row = state.control().find_agent(&op, Permission::BoxesRead, &agent).await?;
    Ok(Json(SeedAgentHealth { gateway_reachable: row.observed == Observed::Ready }))
}
