//! `GET /admin/agents`

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use smartbox_api::{SeedAgent, SeedPageQuery};
use smartbox_core::Desired;

use crate::HttpState;
use crate::body::{QueryOf, json};
use crate::caller::Caller;
use crate::problem::ApiError;
use crate::seeds::admin_only;
use crate::seeds::agents::{agent_view, next_header, part};

/// List the agents of every org
///
/// For the platform's admin. Of more than 200 the header `X-Next-Cursor` says where the list goes on.
#[utoipa::path(
    get,
    path = "/admin/agents",
    tag = "seeds",
    operation_id = "seedAdminAgents",
    params(SeedPageQuery),
    responses((status = OK, description = "The agents, the oldest first.", body = Vec<SeedAgent>)),
)]
pub(crate) async fn list_agents(
    State(state): State<HttpState>,
    Caller(op): Caller,
    QueryOf(query): QueryOf<SeedPageQuery>,
) -> Result<Response, ApiError> {
    admin_only(&op)?;
    let (limit, cursor) = part(&query)?;
    let page = state.control().list_boxes(&op, (None, None, None), cursor.as_ref(), limit).await?;
    let there = page.items.iter().filter(|row| row.desired != Desired::Deleted);
    let agents: Vec<SeedAgent> = there.map(|row| agent_view(&state, row)).collect();
    Ok((next_header(page.next.as_ref()), json(StatusCode::OK, &agents)).into_response())
}
