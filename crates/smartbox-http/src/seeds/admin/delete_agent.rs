//! `DELETE /admin/agents/{agent}`

use axum::extract::{Path, State};
use http::StatusCode;

use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;
use crate::seeds::admin_only;

/// Delete an agent of any org
///
/// For the platform's admin.
#[utoipa::path(
    delete,
    path = "/admin/agents/{agent}",
    tag = "seeds",
    operation_id = "seedAdminDeleteAgent",
    params(("agent" = String, Path, description = "Id or name of the box.")),
    responses((status = NO_CONTENT, description = "It is under way.")),
)]
pub(crate) async fn delete_agent(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(agent): Path<String>,
) -> Result<StatusCode, ApiError> {
    admin_only(&op)?;
    let row = state.control().find_agent(&op, smartbox_core::Permission::BoxesManage, &agent).await?;
    state.control().delete_box(&op, &row.id.to_string(), None).await?;
    Ok(StatusCode::NO_CONTENT)
}
