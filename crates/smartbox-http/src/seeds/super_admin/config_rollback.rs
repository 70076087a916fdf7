//! `POST /api/super/users/{id}/config/rollback`

use axum::Json;
use axum::extract::State;
use smartbox_api::{SeedBoxQuery, SeedConfigSaved, SeedRollback};
use smartbox_control::ConfigWish;

use super::config::change;
use super::config_history::earlier;
use super::target::Target;
use crate::HttpState;
use crate::body::OptionalJsonBody;
use crate::problem::ApiError;

/// Go back to an earlier configuration, in the older shape
#[utoipa::path(
    post,
    path = "/api/super/users/{id}/config/rollback",
    tag = "seeds",
    operation_id = "seedRollBackConfig",
    params(("id" = String, Path, description = "A person's id: their default box; or a box's id or name."), SeedBoxQuery),
    request_body = Option<SeedRollback>,
    responses((status = OK, description = "What it said is kept anew, and the gateway gets it.", body = SeedConfigSaved)),
)]
pub(crate) async fn config_rollback(
    State(state): State<HttpState>,
    target: Target,
    OptionalJsonBody(body): OptionalJsonBody<SeedRollback>,
) -> Result<Json<SeedConfigSaved>, ApiError> {
    let kept = state.control().config_history(&target.op, &target.reference()).await?;
    let earlier = earlier(&kept);
    let asked = body.version.unwrap_or(1) as usize;
    let number = asked.checked_sub(1).and_then(|index| earlier.get(index));
    let number = number.ok_or_else(|| {
        ApiError::field("version", format!("is 1 to {}: so many earlier ones are kept", earlier.len()))
    })?;
    change(&state, &target, &ConfigWish::RollBack(*number)).await
}
