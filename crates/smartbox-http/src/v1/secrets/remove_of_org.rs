//! `DELETE /v1/orgs/{org}/secrets/{name}`

use axum::extract::{Path, State};
use http::StatusCode;
use smartbox_control::Whose;

use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Remove a secret of an org
///
/// What a gateway has in its environment it has until it ends.
#[utoipa::path(
    delete,
    path = "/v1/orgs/{org}/secrets/{name}",
    tag = "secrets",
    operation_id = "removeOrgSecret",
    params(
        ("org" = String, Path, description = "Id or name; `me` is your own."),
        ("name" = String, Path, description = "Its name, such as GITHUB_TOKEN."),
    ),
    responses((status = NO_CONTENT, description = "It is gone.")),
)]
pub(crate) async fn remove_of_org(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path((org, name)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    state.control().remove_secret(&op, Whose::Org(&org), &name).await?;
    Ok(StatusCode::NO_CONTENT)
}
