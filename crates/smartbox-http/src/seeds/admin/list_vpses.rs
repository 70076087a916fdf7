//! `GET /admin/vpses`

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use smartbox_api::{SeedPageQuery, SeedVps};
use smartbox_core::has_place;

use crate::HttpState;
use crate::body::{QueryOf, json};
use crate::caller::Caller;
use crate::problem::ApiError;
use crate::seeds::admin_only;
use crate::seeds::agents::{next_header, part, vps_view};

/// List the machines of every org
///
/// For the platform's admin. Of more than 200 agents the header `X-Next-Cursor` says where the list goes on.
#[utoipa::path(
    get,
    path = "/admin/vpses",
    tag = "seeds",
    operation_id = "seedAdminVpses",
    params(SeedPageQuery),
    responses((status = OK, description = "The machines, the oldest agent's first.", body = Vec<SeedVps>)),
)]
pub(crate) async fn list_vpses(
    State(state): State<HttpState>,
    Caller(op): Caller,
    QueryOf(query): QueryOf<SeedPageQuery>,
) -> Result<Response, ApiError> {
    admin_only(&op)?;
    let (limit, cursor) = part(&query)?;
    let page = state.control().list_boxes(&op, (None, None, None), cursor.as_ref(), limit).await?;
    let placed = page.items.iter().filter(|row| has_place(row.desired, &row.observed, row.archive));
    let vpses: Vec<SeedVps> = placed.map(|row| vps_view(&state, row)).collect();
    Ok((next_header(page.next.as_ref()), json(StatusCode::OK, &vpses)).into_response())
}
