//! `PATCH /v1/tiers/{tier}`

use axum::Json;
use axum::extract::{Path, State};
use smartbox_api::{SleepPolicyView, UpdateTier};

use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::problem::ApiError;
use crate::v1::sleep::{policy_view, wish};

/// Change a tier
///
/// When its boxes sleep about which neither they nor their org says anything. Only the platform's admin may.
#[utoipa::path(
    patch,
    path = "/v1/tiers/{tier}",
    tag = "tiers",
    operation_id = "updateTier",
    params(("tier" = String, Path, description = "Its name.")),
    request_body = UpdateTier,
    responses((status = OK, description = "Its sleep policy as it is now.", body = SleepPolicyView)),
)]
pub(crate) async fn update(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(tier): Path<String>,
    JsonBody(body): JsonBody<UpdateTier>,
) -> Result<Json<SleepPolicyView>, ApiError> {
    let policy = state.control().change_tier_sleep(&op, &tier, &wish(body.sleep)).await?;
    Ok(Json(policy_view(&policy)))
}
