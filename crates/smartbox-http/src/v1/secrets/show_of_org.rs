//! `GET /v1/orgs/{org}/secrets/{name}`

use axum::extract::{Path, State};
use axum::response::Response;
use smartbox_api::SecretView;
use smartbox_control::Whose;

use super::tagged;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Look at a secret of an org
///
/// Its value is never shown.
#[utoipa::path(
    get,
    path = "/v1/orgs/{org}/secrets/{name}",
    tag = "secrets",
    operation_id = "showOrgSecret",
    params(
        ("org" = String, Path, description = "Id or name; `me` is your own."),
        ("name" = String, Path, description = "Its name, such as GITHUB_TOKEN."),
    ),
    responses((
        status = OK,
        description = "What is known of it.",
        body = SecretView,
        headers(("ETag" = String, description = "Its version, for If-Match."))
    )),
)]
pub(crate) async fn show_of_org(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path((org, name)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    Ok(tagged(&state.control().secret(&op, Whose::Org(&org), &name).await?))
}
