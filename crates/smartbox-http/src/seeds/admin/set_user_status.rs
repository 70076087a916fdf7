//! `PUT /admin/users/{user}/status`

use axum::extract::{Path, State};
use http::StatusCode;
use smartbox_api::SeedSetStatus;
use smartbox_control::PersonChange;

use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::problem::ApiError;
use crate::seeds::admin_only;

/// Let a person in, or no longer
///
/// For the platform's admin. What a frozen person has open ends at once.
#[utoipa::path(
    put,
    path = "/admin/users/{user}/status",
    tag = "seeds",
    operation_id = "seedSetUserStatus",
    params(("user" = String, Path, description = "Their id.")),
    request_body = SeedSetStatus,
    responses((status = NO_CONTENT, description = "It is so.")),
)]
pub(crate) async fn set_user_status(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(user): Path<String>,
    JsonBody(body): JsonBody<SeedSetStatus>,
) -> Result<StatusCode, ApiError> {
    admin_only(&op)?;
    let change = PersonChange { role: None, status: Some(body.status) };
    state.control().change_user(&op, &user, &change).await?;
    Ok(StatusCode::NO_CONTENT)
}
