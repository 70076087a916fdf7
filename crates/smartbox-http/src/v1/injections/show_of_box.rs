//! `GET /v1/boxes/{box}/injections`

use axum::extract::{Path, State};
use axum::response::Response;
use smartbox_api::InjectionsView;
use smartbox_control::Whose;

use super::tagged;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Look at where secrets of a box are put in
#[utoipa::path(
    get,
    path = "/v1/boxes/{box}/injections",
    tag = "secrets",
    operation_id = "showBoxInjections",
    params(("box" = String, Path, description = "Id, name or `default`."),),
    responses((
        status = OK,
        description = "The rules.",
        body = InjectionsView,
        headers(("ETag" = String, description = "Their version, for If-Match."))
    )),
)]
pub(crate) async fn show_of_box(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(reference): Path<String>,
) -> Result<Response, ApiError> {
    Ok(tagged(&state.control().injections(&op, Whose::Box(&reference)).await?))
}
