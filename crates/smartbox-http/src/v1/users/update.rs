//! `PATCH /v1/users/{user}`

use axum::Json;
use axum::extract::{Path, State};
use smartbox_api::{UpdateUser, UserView};
use smartbox_control::PersonChange;

use super::user_view;
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Change a person's role or status
///
/// Their live connections end at once, so that nothing goes on with the old one.
#[utoipa::path(
    patch,
    path = "/v1/users/{user}",
    tag = "people",
    operation_id = "updateUser",
    params(("user" = String, Path, description = "Id or name in the org.")),
    request_body = UpdateUser,
    responses((status = OK, description = "The person as they are now.", body = UserView)),
)]
pub(crate) async fn update(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(user): Path<String>,
    JsonBody(body): JsonBody<UpdateUser>,
) -> Result<Json<UserView>, ApiError> {
    let change = PersonChange { role: body.role, status: body.status };
    Ok(Json(user_view(&state.control().change_user(&op, &user, &change).await?)))
}
