//! `GET /admin/vps-configs`

use axum::Json;
use axum::extract::State;
use smartbox_api::SeedVpsConfig;

use super::config_view;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;
use crate::seeds::admin_only;

/// List sizes
///
/// Tiers, in the older shape. For the platform's admin; everybody else has `GET /v1/tiers`.
#[utoipa::path(
    get,
    path = "/admin/vps-configs",
    tag = "seeds",
    operation_id = "seedVpsConfigs",
    responses((status = OK, description = "Every size.", body = Vec<SeedVpsConfig>)),
)]
pub(crate) async fn list_vps_configs(
    State(state): State<HttpState>,
    Caller(op): Caller,
) -> Result<Json<Vec<SeedVpsConfig>>, ApiError> {
    admin_only(&op)?;
    Ok(Json(state.control().list_tiers().await?.iter().map(config_view).collect()))
}
