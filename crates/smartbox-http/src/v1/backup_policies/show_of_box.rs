//! `GET /v1/boxes/{box}/backup-policy`

use axum::extract::State;
use axum::response::Response;
use smartbox_api::BackupPolicyView;

use super::tagged;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;
use crate::v1::boxes::BoxReference;

/// Look at what is decided about backups of a box
///
/// With who says each of it: the box, its org, its tier or the platform. The narrowest that says something wins.
#[utoipa::path(
    get,
    path = "/v1/boxes/{box}/backup-policy",
    tag = "backups",
    operation_id = "showBoxBackupPolicy",
    params(("box" = String, Path, description = "Id, name or `default`.")),
    responses((
        status = OK,
        description = "What is decided.",
        body = BackupPolicyView,
        headers(("ETag" = String, description = "Its version, for If-Match."))
    )),
)]
pub(crate) async fn show_of_box(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
) -> Result<Response, ApiError> {
    Ok(tagged(&state.control().box_backup_policy(&op, &reference).await?))
}
