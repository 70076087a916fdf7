//! `PUT /admin/users/{user}/role`

use axum::extract::{Path, State};
use http::StatusCode;
use smartbox_api::SeedSetRole;
use smartbox_control::PersonChange;

use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::problem::ApiError;
use crate::seeds::admin_only;

/// Give a person another role
///
/// In their org: nobody becomes the platform's admin by it. For the platform's admin.
#[utoipa::path(
    put,
    path = "/admin/users/{user}/role",
    tag = "seeds",
    operation_id = "seedSetUserRole",
    params(("user" = String, Path, description = "Their id.")),
    request_body = SeedSetRole,
    responses((status = NO_CONTENT, description = "It is so.")),
)]
pub(crate) async fn set_user_role(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(user): Path<String>,
    JsonBody(body): JsonBody<SeedSetRole>,
) -> Result<StatusCode, ApiError> {
    admin_only(&op)?;
    // The older API tells two roles apart; what its users may do is what operators may.
    let role = if body.role == "user" { "operator".to_owned() } else { body.role };
    let change = PersonChange { role: Some(role), status: None };
    state.control().change_user(&op, &user, &change).await?;
    Ok(StatusCode::NO_CONTENT)
}
