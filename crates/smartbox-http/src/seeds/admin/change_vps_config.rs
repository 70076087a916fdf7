//! `PUT /admin/vps-configs/{tier}`

use axum::Json;
use axum::extract::{Path, State};
use smartbox_api::{SeedChangeVpsConfig, SeedVpsConfig};
use smartbox_control::TierWish;

use super::{check_config, config_view};
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::problem::ApiError;
use crate::seeds::admin_only;

/// Change a size
///
/// Its machines have it from their next start on. For the platform's admin.
#[utoipa::path(
    put,
    path = "/admin/vps-configs/{tier}",
    tag = "seeds",
    operation_id = "seedChangeVpsConfig",
    params(("tier" = String, Path, description = "Its name.")),
    request_body = SeedChangeVpsConfig,
    responses((status = OK, description = "The size as it is now.", body = SeedVpsConfig)),
)]
pub(crate) async fn change_vps_config(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(tier): Path<String>,
    JsonBody(body): JsonBody<SeedChangeVpsConfig>,
) -> Result<Json<SeedVpsConfig>, ApiError> {
    admin_only(&op)?;
    check_config(body.provider.as_deref(), body.image.as_deref(), body.location.as_deref())?;
    if body.name.as_ref().is_some_and(|name| *name != tier) {
        return Err(ApiError::field("name", "stays: boxes and rules name a size by it"));
    }
    let wish = TierWish {
        cpu_millis: body.cpu_millicores,
        memory_mib: body.memory_mb,
        memory_max_mib: body.memory_max_mb,
        pids_max: body.pids_max,
        boxes_max: body.boxes_max,
    };
    Ok(Json(config_view(&state.control().change_tier(&op, &tier, &wish).await?)))
}
