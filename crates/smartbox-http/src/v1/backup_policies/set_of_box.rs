//! `PUT /v1/boxes/{box}/backup-policy`

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use smartbox_api::{BackupPolicyView, BackupRules};

use super::{tagged, wish};
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::precondition::if_match;
use crate::problem::ApiError;
use crate::v1::boxes::BoxReference;

/// Decide about backups of a box
///
/// Replaces all that is decided for this box alone; what is not named is left to its org, its tier and the platform. It
/// counts from the next backup on. Pinned backups and the newest good one stay whatever is decided.
#[utoipa::path(
    put,
    path = "/v1/boxes/{box}/backup-policy",
    tag = "backups",
    operation_id = "setBoxBackupPolicy",
    params(
        ("box" = String, Path, description = "Id, name or `default`."),
        ("If-Match" = Option<String>, Header, description = "The version of the policy that the decision rests on."),
    ),
    request_body = BackupRules,
    responses((
        status = OK,
        description = "What is decided now.",
        body = BackupPolicyView,
        headers(("ETag" = String, description = "Its version, for If-Match."))
    )),
)]
pub(crate) async fn set_of_box(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
    headers: HeaderMap,
    JsonBody(body): JsonBody<BackupRules>,
) -> Result<Response, ApiError> {
    let version = if_match(&headers)?;
    let wish = wish(body);
    Ok(tagged(&state.control().set_box_backup_policy(&op, &reference, &wish, version).await?))
}
