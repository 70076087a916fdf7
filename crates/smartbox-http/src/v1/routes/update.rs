//! `PATCH /v1/routes/{route}`

use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use smartbox_api::{RouteView, UpdateRoute};
use smartbox_control::RouteChange;

use super::tagged;
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::precondition::if_match;
use crate::problem::ApiError;

/// Change a route
///
/// Counts for requests and sockets that begin from now on; what is under way stays where it is. Only the platform's admin
/// may: whoever sets an upstream sends requests, and the admin API's secret with them, to an address of their choice.
#[utoipa::path(
    patch,
    path = "/v1/routes/{route}",
    tag = "routes",
    operation_id = "updateRoute",
    params(
        ("route" = String, Path, description = "`admin-api` or `container-gateway`."),
        ("If-Match" = Option<String>, Header, description = "The version of the route that the decision rests on."),
    ),
    request_body = UpdateRoute,
    responses((
        status = OK,
        description = "The route as it is now.",
        body = RouteView,
        headers(("ETag" = String, description = "Its version, for If-Match."))
    )),
)]
pub(crate) async fn update(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(route): Path<String>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<UpdateRoute>,
) -> Result<Response, ApiError> {
    let version = if_match(&headers)?;
    let change = RouteChange {
        primary: body.primary,
        candidate: body.candidate,
        percentage: body.percentage,
        rollback_at: body.rollback_at,
        min_requests: body.min_requests,
        window_secs: body.window_secs,
    };
    Ok(tagged(&state.control().change_route(&op, &route, &change, version).await?))
}
