//! `GET /v1/sessions`

use axum::Json;
use axum::extract::State;
use smartbox_api::{SessionList, SessionQuery, SessionView};
use smartbox_control::{Op, Session};

use crate::HttpState;
use crate::body::QueryOf;
use crate::caller::Caller;
use crate::problem::ApiError;

/// List sessions
///
/// Where somebody is signed in: oneself, or a person of the org.
#[utoipa::path(
    get,
    path = "/v1/sessions",
    tag = "people",
    operation_id = "listSessions",
    params(SessionQuery),
    responses((status = OK, description = "The sessions, newest first.", body = SessionList)),
)]
pub(crate) async fn list(
    State(state): State<HttpState>,
    Caller(op): Caller,
    QueryOf(query): QueryOf<SessionQuery>,
) -> Result<Json<SessionList>, ApiError> {
    let sessions = state.control().list_sessions(&op, query.user.as_deref()).await?;
    Ok(Json(SessionList { items: sessions.iter().map(|session| session_view(session, &op)).collect() }))
}

fn session_view(session: &Session, op: &Op) -> SessionView {
    SessionView {
        id: session.id.to_string(),
        user: session.user.id.to_string(),
        method: session.method.clone(),
        address: session.address.clone(),
        user_agent: session.user_agent.clone(),
        created_at: session.created_at.to_string(),
        expires_at: session.expires_at.to_string(),
        is_current: op.session == Some(session.id),
    }
}
