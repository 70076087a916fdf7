//! `GET /v1/boxes/{box}/sessions`

use axum::Json;
use axum::extract::State;
use smartbox_api::{AgentSessionList, AgentSessionView};
use smartbox_control::AgentSession;

use super::BoxReference;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// List the sessions of a box's agent
///
/// As its gateway tells them. A box that sleeps or is stopped is not woken: the answer is 409, and says so.
#[utoipa::path(
    get,
    path = "/v1/boxes/{box}/sessions",
    tag = "boxes",
    operation_id = "boxSessions",
    params(("box" = String, Path, description = "Id, name or `default`.")),
    responses((status = OK, description = "The latest 200, the latest first.", body = AgentSessionList)),
)]
pub(crate) async fn agent_sessions(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
) -> Result<Json<AgentSessionList>, ApiError> {
    let sessions = state.control().agent_sessions(&op, &reference).await?;
    let view = |session: AgentSession| AgentSessionView {
        key: session.key,
        name: session.name,
        updated_at: session.updated_at.map(|at| at.to_string()),
    };
    Ok(Json(AgentSessionList { items: sessions.into_iter().map(view).collect() }))
}
