//! `GET /api/super/users/{id}/config`

use axum::Json;
use axum::extract::State;
use smartbox_api::{SeedBoxQuery, SeedConfig};

use super::config::object;
use super::target::Target;
use crate::HttpState;
use crate::problem::ApiError;

/// Show a configuration, in the older shape
///
/// No secret is shown; what stands in its place keeps it when it is put back.
#[utoipa::path(
    get,
    path = "/api/super/users/{id}/config",
    tag = "seeds",
    operation_id = "seedConfig",
    params(("id" = String, Path, description = "A person's id: their default box; or a box's id or name."), SeedBoxQuery),
    responses((status = OK, description = "The configuration.", body = SeedConfig)),
)]
pub(crate) async fn config_show(
    State(state): State<HttpState>,
    target: Target,
) -> Result<Json<SeedConfig>, ApiError> {
    let config = state.control().box_config(&target.op, &target.reference()).await?;
    Ok(Json(SeedConfig {
        user_id: target.user.clone(),
        version: config.version,
        config: object(&config.owner),
        effective: object(&config.effective),
    }))
}
