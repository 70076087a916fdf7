//! `DELETE /v1/orgs/{org}/holds/{kind}`

use axum::extract::{Path, State};
use http::StatusCode;

use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Let an org's boxes wake again
///
/// As far as this hold is concerned; there may be others. Only the platform's admin may.
#[utoipa::path(
    delete,
    path = "/v1/orgs/{org}/holds/{kind}",
    tag = "orgs",
    operation_id = "releaseOrg",
    params(
        ("org" = String, Path, description = "Id or name."),
        ("kind" = String, Path, description = "`account`, `abuse`, `plan` or `budget`."),
    ),
    responses((status = NO_CONTENT, description = "There is no such hold (any more).")),
)]
pub(crate) async fn release(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path((org, kind)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    state.control().release_org(&op, &org, &kind).await?;
    Ok(StatusCode::NO_CONTENT)
}
