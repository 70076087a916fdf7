//! `GET /v1/boxes/{box}/secrets/{name}`

use axum::extract::{Path, State};
use axum::response::Response;
use smartbox_api::SecretView;
use smartbox_control::Whose;

use super::tagged;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Look at a secret of a box
///
/// Its own, or the one of its org. Its value is never shown.
#[utoipa::path(
    get,
    path = "/v1/boxes/{box}/secrets/{name}",
    tag = "secrets",
    operation_id = "showBoxSecret",
    params(
        ("box" = String, Path, description = "Id, name or `default`."),
        ("name" = String, Path, description = "Its name, such as GITHUB_TOKEN."),
    ),
    responses((
        status = OK,
        description = "What is known of it.",
        body = SecretView,
        headers(("ETag" = String, description = "Its version, for If-Match."))
    )),
)]
pub(crate) async fn show_of_box(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path((reference, name)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    Ok(tagged(&state.control().secret(&op, Whose::Box(&reference), &name).await?))
}
