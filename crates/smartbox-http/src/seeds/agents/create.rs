//! `POST /agents`

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use smartbox_api::{SeedAgent, SeedCreateAgent};

use super::agent_view;
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::idempotency::once;
use crate::problem::ApiError;

/// Make an agent
///
/// A box without a place: nothing runs, and nothing is on a disk. `POST /agents/{agent}/vps` gives it one.
#[utoipa::path(
    post,
    path = "/agents",
    tag = "seeds",
    operation_id = "seedCreateAgent",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes the request repeatable for 24 hours.")),
    request_body = SeedCreateAgent,
    responses((status = CREATED, description = "The agent.", body = SeedAgent)),
)]
pub(crate) async fn create(
    State(state): State<HttpState>,
    Caller(op): Caller,
    headers: HeaderMap,
    JsonBody(body): JsonBody<SeedCreateAgent>,
) -> Result<Response, ApiError> {
    let (name, caller, inner) = (body.name.clone(), op.clone(), state.clone());
    let work = async move {
        let row = inner.control().create_agent(&caller, &name).await?;
        Ok((StatusCode::CREATED, agent_view(&inner, &row)))
    };
    once(&state, &op, &headers, "POST /agents", None, &body, work).await
}
