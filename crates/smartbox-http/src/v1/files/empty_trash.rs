//! `POST /v1/boxes/{box}/files:empty-trash`

use axum::Json;
use axum::extract::State;
use smartbox_api::TrashEmptied;

use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;
use crate::v1::boxes::BoxReference;

/// Empty the trash of a box
///
/// Removes everything in it for good.
#[utoipa::path(
    post,
    path = "/v1/boxes/{box}/files:empty-trash",
    tag = "files",
    operation_id = "emptyTrash",
    params(("box" = String, Path, description = "Id, name or `default`.")),
    responses((status = OK, description = "It is empty.", body = TrashEmptied)),
)]
pub(crate) async fn empty_trash(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
) -> Result<Json<TrashEmptied>, ApiError> {
    let purged = state.control().empty_trash(&op, &reference).await?;
    Ok(Json(TrashEmptied { removed: purged.removed }))
}
