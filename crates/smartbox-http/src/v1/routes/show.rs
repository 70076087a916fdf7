//! `GET /v1/routes/{route}`

use axum::extract::{Path, State};
use axum::response::Response;
use smartbox_api::RouteView;

use super::tagged;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Look at a route
///
/// Only the platform's admin may.
#[utoipa::path(
    get,
    path = "/v1/routes/{route}",
    tag = "routes",
    operation_id = "showRoute",
    params(("route" = String, Path, description = "`admin-api` or `container-gateway`.")),
    responses((
        status = OK,
        description = "The route.",
        body = RouteView,
        headers(("ETag" = String, description = "Its version, for If-Match."))
    )),
)]
pub(crate) async fn show(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(route): Path<String>,
) -> Result<Response, ApiError> {
    Ok(tagged(&state.control().find_route(&op, &route).await?))
}
