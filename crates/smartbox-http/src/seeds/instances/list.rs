//! `GET /api/v1/instances`

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use smartbox_api::{SeedInstance, SeedPageQuery};
use smartbox_control::Whose;
use smartbox_core::Desired;

use super::instance_view;
use crate::HttpState;
use crate::body::{QueryOf, json};
use crate::caller::Caller;
use crate::problem::ApiError;
use crate::seeds::agents::{next_header, part};

/// List instances
///
/// A list without a frame. Of more than 200 the header `X-Next-Cursor` says where it goes on.
#[utoipa::path(
    get,
    path = "/api/v1/instances",
    tag = "seeds",
    operation_id = "seedListInstances",
    params(SeedPageQuery),
    responses((status = OK, description = "The instances, the oldest first.", body = Vec<SeedInstance>)),
)]
pub(crate) async fn list(
    State(state): State<HttpState>,
    Caller(op): Caller,
    QueryOf(query): QueryOf<SeedPageQuery>,
) -> Result<Response, ApiError> {
    let (limit, cursor) = part(&query)?;
    let page = state.control().list_boxes(&op, (None, None, None), cursor.as_ref(), limit).await?;
    let tiers = state.control().list_tiers().await?;
    let mut instances: Vec<SeedInstance> = Vec::with_capacity(page.items.len());
    for row in page.items.iter().filter(|row| row.desired != Desired::Deleted) {
        let keys = state.control().api_keys(&op, Whose::Box(&row.id.to_string())).await?;
        instances.push(instance_view(row, &tiers, &keys));
    }
    Ok((next_header(page.next.as_ref()), json(StatusCode::OK, &instances)).into_response())
}
