//! `GET /api/super/users/{id}/config/history`

use axum::Json;
use axum::extract::State;
use smartbox_api::{SeedBoxQuery, SeedConfigHistory, SeedConfigVersion};
use smartbox_control::ConfigVersion;

use super::target::Target;
use crate::HttpState;
use crate::problem::ApiError;

/// The numbers of the versions before the present one, the newest first; 0 is the empty one before the first.
pub(super) fn earlier(kept: &[ConfigVersion]) -> Vec<i64> {
    let first = kept.last().filter(|oldest| oldest.version == 1).map(|_oldest| 0);
    kept.iter().skip(1).map(|known| known.version).chain(first).collect()
}

/// List earlier configurations, in the older shape
#[utoipa::path(
    get,
    path = "/api/super/users/{id}/config/history",
    tag = "seeds",
    operation_id = "seedConfigHistory",
    params(("id" = String, Path, description = "A person's id: their default box; or a box's id or name."), SeedBoxQuery),
    responses((status = OK, description = "The newest first, the present one left out.", body = SeedConfigHistory)),
)]
pub(crate) async fn config_history(
    State(state): State<HttpState>,
    target: Target,
) -> Result<Json<SeedConfigHistory>, ApiError> {
    let kept = state.control().config_history(&target.op, &target.reference()).await?;
    let versions = earlier(&kept).into_iter().zip(1..).map(|(number, version)| {
        let known = kept.iter().find(|known| known.version == number);
        SeedConfigVersion {
            version,
            config_version: number,
            timestamp: known.map(|known| known.created_at.to_string()),
            origin: known.map(|known| known.origin.clone()),
            standing: known.map(|known| known.standing.as_str().to_owned()),
        }
    });
    Ok(Json(SeedConfigHistory { user_id: target.user.clone(), versions: versions.collect() }))
}
