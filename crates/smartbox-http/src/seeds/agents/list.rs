//! `GET /agents`

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use smartbox_api::{SeedAgent, SeedPageQuery};
use smartbox_core::Desired;

use super::{agent_view, next_header, part};
use crate::HttpState;
use crate::body::{QueryOf, json};
use crate::caller::Caller;
use crate::problem::ApiError;

/// List agents
///
/// A list without a frame. Of more than 200 the header `X-Next-Cursor` says where it goes on.
#[utoipa::path(
    get,
    path = "/agents",
    tag = "seeds",
    operation_id = "seedListAgents",
    params(SeedPageQuery),
    responses((status = OK, description = "The agents, the oldest first.", body = Vec<SeedAgent>)),
)]
pub(crate) async fn list(
    State(state): State<HttpState>,
    Caller(op): Caller,
    QueryOf(query): QueryOf<SeedPageQuery>,
) -> Result<Response, ApiError> {
    let (limit, cursor) = part(&query)?;
    let page = state.control().list_boxes(&op, (None, None, None), cursor.as_ref(), limit).await?;
    let there = page.items.iter().filter(|row| row.desired != Desired::Deleted);
    let agents: Vec<SeedAgent> = there.map(|row| agent_view(&state, row)).collect();
    Ok((next_header(page.next.as_ref()), json(StatusCode::OK, &agents)).into_response())
}
