//! `GET /api/v1/settings`

use axum::Json;
use axum::extract::State;
use smartbox_api::SeedSettings;
use smartbox_control::{ApiKey, ModelScopeWish, Op, Whose};

use super::{ANTHROPIC, BRAVE, OPENAI, sizes};
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// The tier of a box about which nothing is said.
const DEFAULT_TIER: &str = "standard-1";

/// Show the settings that instances share
///
/// Keys of the caller's org, masked.
#[utoipa::path(
    get,
    path = "/api/v1/settings",
    tag = "seeds",
    operation_id = "seedSettings",
    responses((status = OK, description = "The settings.", body = SeedSettings)),
)]
pub(crate) async fn show_settings(
    State(state): State<HttpState>,
    Caller(op): Caller,
) -> Result<Json<SeedSettings>, ApiError> {
    Ok(Json(settings(&state, &op, &own_org(&state, &op).await?).await?))
}

/// The caller's org; the platform's first for its admin.
pub(super) async fn own_org(state: &HttpState, op: &Op) -> Result<String, ApiError> {
    Ok(state.control().plan_state(op, None).await?.org.to_string())
}

pub(super) async fn settings(state: &HttpState, op: &Op, org: &str) -> Result<SeedSettings, ApiError> {
    let control = state.control();
    let keys = control.api_keys(op, Whose::Org(org)).await?;
    let masked = |name: &str| keys.iter().find(|key| key.name == name).map(mask).unwrap_or_default();
    let scope = ModelScopeWish { org: Some(org.to_owned()), ..ModelScopeWish::default() };
    let providers = control.model_providers(op, &scope).await?;
    let found = providers.found.iter().map(|row| &row.provider).chain(&providers.of_settings);
    let mut models: Vec<String> =
        found.flat_map(|provider| provider.models.iter().map(|model| model.id.clone())).collect();
    models.sort();
    models.dedup();
    let tiers = control.list_tiers().await?;
    let (cpu, _memory, memory_max) = sizes(tiers.iter().find(|tier| tier.name == DEFAULT_TIER));
    Ok(SeedSettings {
        anthropic_api_key: masked(ANTHROPIC),
        openai_api_key: masked(OPENAI),
        brave_api_key: masked(BRAVE),
        api_keys: keys.iter().map(|key| (key.name.clone(), mask(key))).collect(),
        default_cpu_limit: cpu,
        default_memory_limit: memory_max,
        default_models: models,
    })
}

/// `****` and what a key ends in. Of a short one nothing is shown.
fn mask(key: &ApiKey) -> String {
    format!("****{}", key.last_four.as_deref().unwrap_or_default())
}
