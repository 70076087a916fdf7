//! `POST /api/admin/gateway/restart`

use axum::Json;
use axum::extract::State;
use smartbox_api::SeedGatewayRestarted;

use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Start the gateway of the default box again
///
/// With all of the box. Only `POST` does it: a page that is looked at changes nothing.
#[utoipa::path(
    post,
    path = "/api/admin/gateway/restart",
    tag = "seeds",
    operation_id = "seedRestartGateway",
    responses((status = OK, description = "It is under way.", body = SeedGatewayRestarted)),
)]
pub(crate) async fn restart_gateway(
    State(state): State<HttpState>,
    Caller(op): Caller,
) -> Result<Json<SeedGatewayRestarted>, ApiError> {
    state.control().restart_box(&op, "default", None).await?;
    let message = "The gateway ends what it does and starts again".to_owned();
    Ok(Json(SeedGatewayRestarted { success: true, message }))
}
