//! `POST /v1/boxes/{box}/backups/{backup}/restore`

use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use smartbox_api::{Launched, RestoreBackup};
use smartbox_control::{Error, RestoreFrom, RestoreWish};

use crate::HttpState;
use crate::body::OptionalJsonBody;
use crate::caller::Caller;
use crate::precondition::if_match;
use crate::problem::ApiError;
use crate::v1::boxes::launched;

/// Go back to a backup
///
/// The box is stopped, the backup is written beside its disk and checked, takes its place as a whole, and the box is started.
/// What was there is saved first, and kept for a day: restoring `undo` puts it back. A box that does not start on what was
/// restored goes back by itself.
#[utoipa::path(
    post,
    path = "/v1/boxes/{box}/backups/{backup}/restore",
    tag = "backups",
    operation_id = "restoreBackup",
    params(
        ("box" = String, Path, description = "Id, name or `default`."),
        ("backup" = String, Path, description = "Id, or `undo`."),
        ("If-Match" = Option<String>, Header, description = "The version of the box that the decision rests on."),
    ),
    request_body = Option<RestoreBackup>,
    responses((status = ACCEPTED, description = "It is under way.", body = Launched)),
)]
pub(crate) async fn restore(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path((reference, backup)): Path<(String, String)>,
    headers: HeaderMap,
    OptionalJsonBody(body): OptionalJsonBody<RestoreBackup>,
) -> Result<Response, ApiError> {
    let version = if_match(&headers)?;
    let from: RestoreFrom = backup.parse().map_err(|_error| Error::NotFound("backup"))?;
    let wish = RestoreWish { from, is_forced: body.force };
    Ok(launched(&state.control().restore_box(&op, &reference, wish, version).await?))
}
