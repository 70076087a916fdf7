//! `DELETE /v1/tokens/{token}`

use axum::extract::{Path, State};
use http::StatusCode;
use smartbox_api::OrgQuery;

use crate::HttpState;
use crate::body::QueryOf;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Revoke a service token
///
/// Connections that were opened with it end at once.
#[utoipa::path(
    delete,
    path = "/v1/tokens/{token}",
    tag = "people",
    operation_id = "revokeToken",
    params(("token" = String, Path, description = "`tok_…`"), OrgQuery),
    responses((status = NO_CONTENT, description = "The token has ended.")),
)]
pub(crate) async fn revoke(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(token): Path<String>,
    QueryOf(query): QueryOf<OrgQuery>,
) -> Result<StatusCode, ApiError> {
    state.control().revoke_token(&op, query.org.as_deref(), &token).await?;
    Ok(StatusCode::NO_CONTENT)
}
