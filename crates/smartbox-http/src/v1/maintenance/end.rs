//! `DELETE /v1/maintenance`

use axum::Json;
use axum::extract::State;
use smartbox_api::MaintenanceView;

use super::view;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// End maintenance of the platform
///
/// Boxes that were put to rest wake when they are needed. Only an admin may.
#[utoipa::path(
    delete,
    path = "/v1/maintenance",
    tag = "fleet",
    operation_id = "endMaintenance",
    responses((status = OK, description = "Boxes may start again.", body = MaintenanceView)),
)]
pub(crate) async fn end(
    State(state): State<HttpState>,
    Caller(op): Caller,
) -> Result<Json<MaintenanceView>, ApiError> {
    state.control().end_maintenance(&op).await?;
    Ok(Json(view(state.control(), &op, None)?))
}
