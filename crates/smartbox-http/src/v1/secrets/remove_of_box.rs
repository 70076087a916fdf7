//! `DELETE /v1/boxes/{box}/secrets/{name}`

use axum::extract::{Path, State};
use http::StatusCode;
use smartbox_control::Whose;

use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Remove a secret of a box
///
/// What a gateway has in its environment it has until it ends.
#[utoipa::path(
    delete,
    path = "/v1/boxes/{box}/secrets/{name}",
    tag = "secrets",
    operation_id = "removeBoxSecret",
    params(
        ("box" = String, Path, description = "Id, name or `default`."),
        ("name" = String, Path, description = "Its name, such as GITHUB_TOKEN."),
    ),
    responses((status = NO_CONTENT, description = "It is gone.")),
)]
pub(crate) async fn remove_of_box(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path((reference, name)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    state.control().remove_secret(&op, Whose::Box(&reference), &name).await?;
    Ok(StatusCode::NO_CONTENT)
}
