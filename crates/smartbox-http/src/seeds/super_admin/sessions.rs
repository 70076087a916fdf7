//! `GET /api/super/users/{id}/sessions`

use axum::Json;
use axum::extract::State;
use smartbox_api::{SeedBoxQuery, SeedSession, SeedSessions};
use smartbox_control::AgentSession;

use super::target::Target;
use crate::HttpState;
use crate::problem::ApiError;

/// List the sessions of an agent, in the older shape
///
/// A box that does not run is not woken: the answer is 409, and says so.
#[utoipa::path(
    get,
    path = "/api/super/users/{id}/sessions",
    tag = "seeds",
    operation_id = "seedSessions",
    params(("id" = String, Path, description = "A person's id: their default box; or a box's id or name."), SeedBoxQuery),
    responses((status = OK, description = "The latest first.", body = SeedSessions)),
)]
pub(crate) async fn sessions(
    State(state): State<HttpState>,
    target: Target,
) -> Result<Json<SeedSessions>, ApiError> {
    let sessions = state.control().agent_sessions(&target.op, &target.reference()).await?;
    let view = |session: AgentSession| SeedSession {
        key: session.key,
        display_name: session.name,
        updated_at: session.updated_at.map(|at| at.to_string()),
    };
    Ok(Json(SeedSessions { user_id: target.user, sessions: sessions.into_iter().map(view).collect() }))
}
