//! `GET /v1/routes`

use axum::Json;
use axum::extract::State;
use smartbox_api::RouteList;

use super::route_view;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// List routes
///
/// Where the requests of the admin API and of boxes go. Only the platform's admin may.
#[utoipa::path(
    get,
    path = "/v1/routes",
    tag = "routes",
    operation_id = "listRoutes",
    responses((status = OK, description = "Every route, by name.", body = RouteList)),
)]
pub(crate) async fn list(
    State(state): State<HttpState>,
    Caller(op): Caller,
) -> Result<Json<RouteList>, ApiError> {
    let rows = state.control().list_routes(&op).await?;
    Ok(Json(RouteList { items: rows.iter().map(route_view).collect() }))
}
