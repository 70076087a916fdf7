//! `GET /v1/tiers/{tier}/backup-policy`

use axum::extract::{Path, State};
use axum::response::Response;
use smartbox_api::BackupPolicyView;

use super::tagged;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Look at what is decided about backups of the boxes of a tier
///
/// By the tier alone, and what holds with it for a box about which nothing else is decided. Only the platform's admin may.
#[utoipa::path(
    get,
    path = "/v1/tiers/{tier}/backup-policy",
    tag = "backups",
    operation_id = "showTierBackupPolicy",
    params(("tier" = String, Path, description = "Its name.")),
    responses((
        status = OK,
        description = "What is decided.",
        body = BackupPolicyView,
        headers(("ETag" = String, description = "Its version, for If-Match."))
    )),
)]
pub(crate) async fn show_of_tier(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(tier): Path<String>,
) -> Result<Response, ApiError> {
    Ok(tagged(&state.control().tier_backup_policy(&op, &tier).await?))
}
