//! `GET /v1/boxes/{box}`

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use smartbox_api::BoxView;

use super::{BoxReference, box_view, tagged};
use crate::HttpState;
use crate::body::json;
use crate::caller::Caller;
use crate::problem::ApiError;
use crate::v1::backups::state_view;
use crate::v1::sleep::effective_view;

/// Look at a box
///
/// The last lines of the log of a failed box come with its error.
#[utoipa::path(
    get,
    path = "/v1/boxes/{box}",
    tag = "boxes",
    operation_id = "showBox",
    params(("box" = String, Path, description = "Id, name or `default`.")),
    responses((
        status = OK,
        description = "The box.",
        body = BoxView,
        headers(("ETag" = String, description = "Its version, for If-Match."))
    )),
)]
pub(crate) async fn show(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
) -> Result<Response, ApiError> {
    let row = state.control().resolve(&op, smartbox_core::Permission::BoxesRead, &reference).await?;
    let log_tail = state.control().failure_log(&row).await;
    let effective = state.control().effective_sleep(&row).await?;
    let backups = state.control().box_backups(&op, &row.id.to_string()).await?;
    let view = BoxView {
        sleep_after: Some(effective_view(&effective)),
        backup: Some(state_view(&backups)),
        ..box_view(&row, log_tail)
    };
    Ok(tagged(json(StatusCode::OK, &view), &row))
}
