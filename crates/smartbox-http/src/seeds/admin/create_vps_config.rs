//! `POST /admin/vps-configs`

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use smartbox_api::{SeedCreateVpsConfig, SeedVpsConfig};
use smartbox_control::TierWish;

use super::{check_config, config_view};
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::idempotency::once;
use crate::problem::ApiError;
use crate::seeds::admin_only;

/// Make a size
///
/// A tier. Every plan has every size. For the platform's admin.
#[utoipa::path(
    post,
    path = "/admin/vps-configs",
    tag = "seeds",
    operation_id = "seedCreateVpsConfig",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes the request repeatable for 24 hours.")),
    request_body = SeedCreateVpsConfig,
    responses((status = CREATED, description = "The size.", body = SeedVpsConfig)),
)]
pub(crate) async fn create_vps_config(
    State(state): State<HttpState>,
    Caller(op): Caller,
    headers: HeaderMap,
    JsonBody(body): JsonBody<SeedCreateVpsConfig>,
) -> Result<Response, ApiError> {
    admin_only(&op)?;
    check_config(body.provider.as_deref(), body.image.as_deref(), body.location.as_deref())?;
    let wish = TierWish {
        cpu_millis: Some(body.cpu_millicores),
        memory_mib: Some(body.memory_mb),
        memory_max_mib: body.memory_max_mb,
        pids_max: body.pids_max,
        boxes_max: body.boxes_max,
    };
    let (control, caller, name) = (state.control().clone(), op.clone(), body.name.clone());
    let work = async move {
        let tier = control.create_tier(&caller, &name, &wish).await?;
        Ok((StatusCode::CREATED, config_view(&tier)))
    };
    once(&state, &op, &headers, "POST /admin/vps-configs", None, &body, work).await
}
