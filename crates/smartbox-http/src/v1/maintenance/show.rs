//! `GET /v1/maintenance`

use axum::Json;
use axum::extract::State;
use smartbox_api::MaintenanceView;

use super::view;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Look at whether the platform is being maintained
#[utoipa::path(
    get,
    path = "/v1/maintenance",
    tag = "fleet",
    operation_id = "showMaintenance",
    responses((status = OK, description = "Whether it is, and why.", body = MaintenanceView)),
)]
pub(crate) async fn show(
    State(state): State<HttpState>,
    Caller(op): Caller,
) -> Result<Json<MaintenanceView>, ApiError> {
    let maintenance = state.control().maintenance().await?;
    Ok(Json(view(state.control(), &op, maintenance)?))
}
