//! `POST /api/super/users/{id}/config/reload`

use axum::Json;
use axum::extract::State;
use smartbox_api::{SeedBoxQuery, SeedConfigSaved};
use smartbox_control::ConfigWish;

use super::config::change;
use super::target::Target;
use crate::HttpState;
use crate::problem::ApiError;

/// Give a gateway its configuration again, in the older shape
#[utoipa::path(
    post,
    path = "/api/super/users/{id}/config/reload",
    tag = "seeds",
    operation_id = "seedReloadConfig",
    params(("id" = String, Path, description = "A person's id: their default box; or a box's id or name."), SeedBoxQuery),
    responses((status = OK, description = "The gateway gets it.", body = SeedConfigSaved)),
)]
pub(crate) async fn config_reload(
    State(state): State<HttpState>,
    target: Target,
) -> Result<Json<SeedConfigSaved>, ApiError> {
    change(&state, &target, &ConfigWish::Reload).await
}
