//! `DELETE /v1/users/{user}`

use axum::extract::{Path, State};
use http::StatusCode;

use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Remove a person
///
/// Their sessions end at once. Boxes belong to the org and stay; so does what they did, in the audit log.
#[utoipa::path(
    delete,
    path = "/v1/users/{user}",
    tag = "people",
    operation_id = "removeUser",
    params(("user" = String, Path, description = "Id or name in the org.")),
    responses((status = NO_CONTENT, description = "The person is removed.")),
)]
pub(crate) async fn remove(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(user): Path<String>,
) -> Result<StatusCode, ApiError> {
    state.control().remove_user(&op, &user).await?;
    Ok(StatusCode::NO_CONTENT)
}
