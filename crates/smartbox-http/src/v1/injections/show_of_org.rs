//! `GET /v1/orgs/{org}/injections`

use axum::extract::{Path, State};
use axum::response::Response;
use smartbox_api::InjectionsView;
use smartbox_control::Whose;

use super::tagged;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Look at where secrets of an org are put in
#[utoipa::path(
    get,
    path = "/v1/orgs/{org}/injections",
    tag = "secrets",
    operation_id = "showOrgInjections",
    params(("org" = String, Path, description = "Id or name; `me` is your own."),),
    responses((
        status = OK,
        description = "The rules.",
        body = InjectionsView,
        headers(("ETag" = String, description = "Their version, for If-Match."))
    )),
)]
pub(crate) async fn show_of_org(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(org): Path<String>,
) -> Result<Response, ApiError> {
    Ok(tagged(&state.control().injections(&op, Whose::Org(&org)).await?))
}
