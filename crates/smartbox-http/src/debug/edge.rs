//! `GET /_smartbox/debug/edge`

use axum::Json;
use axum::extract::State;
use smartbox_api::DebugEdge;

use crate::HttpState;
use crate::problem::{ApiError, codes};

/// Show what the edge has in its hands
///
/// Connections, sockets, and for each box its state and what is under way. From this machine, with the admin secret, where the setting
/// allows it.
#[utoipa::path(
    get,
    path = "/_smartbox/debug/edge",
    tag = "debug",
    operation_id = "debugEdge",
    security(("admin_secret" = [])),
    responses((status = OK, description = "The edge as it is now.", body = DebugEdge)),
)]
pub(crate) async fn show(State(state): State<HttpState>) -> Result<Json<DebugEdge>, ApiError> {
    let insight = state.insight().ok_or_else(|| ApiError::known(&codes::NOT_FOUND))?;
    Ok(Json(insight.edge()))
}
