//! `PUT /v1/orgs/{org}/backup-policy`

use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use smartbox_api::{BackupPolicyView, BackupRules};

use super::{tagged, wish};
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::precondition::if_match;
use crate::problem::ApiError;

/// Decide about backups of the boxes of an org
///
/// Replaces all that is decided by the org; a box may decide otherwise, and what is not named is left to its tier and the
/// platform.
#[utoipa::path(
    put,
    path = "/v1/orgs/{org}/backup-policy",
    tag = "backups",
    operation_id = "setOrgBackupPolicy",
    params(
        ("org" = String, Path, description = "Id or name; `me` is your own."),
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
pub(crate) async fn set_of_org(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(org): Path<String>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<BackupRules>,
) -> Result<Response, ApiError> {
    let version = if_match(&headers)?;
    let wish = wish(body);
    Ok(tagged(&state.control().set_org_backup_policy(&op, &org, &wish, version).await?))
}
