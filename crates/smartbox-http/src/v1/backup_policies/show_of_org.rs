//! `GET /v1/orgs/{org}/backup-policy`

use axum::extract::{Path, State};
use axum::response::Response;
use smartbox_api::BackupPolicyView;

use super::tagged;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Look at what is decided about backups of the boxes of an org
///
/// By the org alone, and what holds with it for a box about which nothing else is decided.
#[utoipa::path(
    get,
    path = "/v1/orgs/{org}/backup-policy",
    tag = "backups",
    operation_id = "showOrgBackupPolicy",
    params(("org" = String, Path, description = "Id or name; `me` is your own.")),
    responses((
        status = OK,
        description = "What is decided.",
        body = BackupPolicyView,
        headers(("ETag" = String, description = "Its version, for If-Match."))
    )),
)]
pub(crate) async fn show_of_org(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(org): Path<String>,
) -> Result<Response, ApiError> {
    Ok(tagged(&state.control().org_backup_policy(&op, &org).await?))
}
