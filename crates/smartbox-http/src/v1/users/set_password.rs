//! `PUT /v1/users/{user}/password`

use axum::extract::{Path, State};
use http::StatusCode;
use smartbox_api::SetPassword;

use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Set a password
///
/// One's own needs the one so far, if there is one. It ends the person's other sessions.
#[utoipa::path(
    put,
    path = "/v1/users/{user}/password",
    tag = "people",
    operation_id = "setPassword",
    params(("user" = String, Path, description = "Id, name in the org, or `me`.")),
    request_body = SetPassword,
    responses((status = NO_CONTENT, description = "The password is set.")),
)]
pub(crate) async fn set_password(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(user): Path<String>,
    JsonBody(body): JsonBody<SetPassword>,
) -> Result<StatusCode, ApiError> {
    let current = body.current_password.map(Into::into);
    state.control().set_password(&op, &user, body.password.into(), current).await?;
    Ok(StatusCode::NO_CONTENT)
}
