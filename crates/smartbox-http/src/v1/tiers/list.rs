//! `GET /v1/tiers`

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use smartbox_api::{TierList, TierView};
use smartbox_core::{SleepPolicy, Tier};

use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;
use crate::v1::sleep::policy_view;

/// List tiers
#[utoipa::path(
    get,
    path = "/v1/tiers",
    tag = "tiers",
    operation_id = "listTiers",
    responses((status = OK, description = "Every tier.", body = TierList)),
)]
pub(crate) async fn list(
    State(state): State<HttpState>,
    Caller(_op): Caller,
) -> Result<Json<TierList>, ApiError> {
    let tiers = state.control().list_tiers().await?;
    let sleep: HashMap<String, SleepPolicy> = state.control().tier_sleep().await?.into_iter().collect();
    let view = |tier: &Tier| tier_view(tier, sleep.get(&tier.name));
    Ok(Json(TierList { items: tiers.iter().map(view).collect() }))
}

fn tier_view(tier: &Tier, sleep: Option<&SleepPolicy>) -> TierView {
    TierView {
        name: tier.name.clone(),
        cpu_millis: tier.cpu_millis,
        memory_bytes: tier.memory_bytes,
        memory_max_bytes: tier.memory_max_bytes,
        pids_max: tier.pids_max,
        boxes_max: tier.boxes_max,
        sleep_policy: sleep.map(policy_view),
    }
}
