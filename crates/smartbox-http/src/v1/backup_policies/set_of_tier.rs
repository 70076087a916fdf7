//! `PUT /v1/tiers/{tier}/backup-policy`

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

/// Decide about backups of the boxes of a tier
///
/// Replaces all that is decided by the tier; orgs and boxes may decide otherwise. Only the platform's admin may.
#[utoipa::path(
    put,
    path = "/v1/tiers/{tier}/backup-policy",
    tag = "backups",
    operation_id = "setTierBackupPolicy",
    params(
        ("tier" = String, Path, description = "Its name."),
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
pub(crate) async fn set_of_tier(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(tier): Path<String>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<BackupRules>,
) -> Result<Response, ApiError> {
    let version = if_match(&headers)?;
    let wish = wish(body);
    Ok(tagged(&state.control().set_tier_backup_policy(&op, &tier, &wish, version).await?))
}
