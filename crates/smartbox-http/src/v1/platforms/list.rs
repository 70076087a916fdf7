//! `GET /v1/platforms`

use axum::Json;
use axum::extract::State;
use smartbox_api::{PlatformList, PlatformView};
use smartbox_control::SeenPlatform;

use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// List platforms that share the database
///
/// As the one that answers saw them a moment ago. Only the platform's admin may look.
#[utoipa::path(
    get,
    path = "/v1/platforms",
    tag = "platforms",
    operation_id = "listPlatforms",
    responses((status = OK, description = "Every platform that lives.", body = PlatformList)),
)]
pub(crate) async fn list(
    State(state): State<HttpState>,
    Caller(op): Caller,
) -> Result<Json<PlatformList>, ApiError> {
    let seen = state.control().list_platforms(&op)?;
    Ok(Json(PlatformList { items: seen.into_iter().map(platform_view).collect() }))
}

fn platform_view(seen: SeenPlatform) -> PlatformView {
    let SeenPlatform { row, boxes, is_own, leads } = seen;
    PlatformView {
        id: row.id,
        address: row.address,
        version: row.version,
        place: row.place,
        joined_at: row.joined_at.to_string(),
        beat_at: row.beat_at.to_string(),
        boxes: u64::try_from(boxes).unwrap_or(u64::MAX),
        leads,
        is_own,
    }
}
