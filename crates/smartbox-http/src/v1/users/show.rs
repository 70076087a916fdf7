//! `GET /v1/users/{user}`

use axum::Json;
use axum::extract::{Path, State};
use smartbox_api::UserView;

use super::user_view;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Look at a person
///
/// Everybody may look at themselves.
#[utoipa::path(
    get,
    path = "/v1/users/{user}",
    tag = "people",
    operation_id = "showUser",
    params(("user" = String, Path, description = "Id, name in the org, or `me`.")),
    responses((status = OK, description = "The person.", body = UserView)),
)]
pub(crate) async fn show(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(user): Path<String>,
) -> Result<Json<UserView>, ApiError> {
    Ok(Json(user_view(&state.control().find_user(&op, &user).await?)))
}
