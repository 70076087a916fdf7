//! Instances of an older API, and the settings that they share: views, and one file per route. An instance is a box.

mod create;
mod delete;
mod list;
mod logs;
mod quantity;
mod restart;
mod set_config;
mod set_settings;
mod show;
mod show_config;
mod show_settings;
mod start;
mod stop;
mod update;

use std::collections::BTreeMap;

use smartbox_api::SeedInstance;
use smartbox_control::{ApiKey, ApiKeyChange, Op, Smartbox, Whose, phase_of};
use smartbox_core::tier::MIB;
use smartbox_core::{Phase, Tier};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::agents::seen_at;
use crate::HttpState;
use crate::problem::ApiError;

/// Variables of the keys that have fields of their own.
const ANTHROPIC: &str = "ANTHROPIC_API_KEY";
const OPENAI: &str = "OPENAI_API_KEY";
const BRAVE: &str = "BRAVE_API_KEY";

pub(super) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(show::show, update::update, delete::delete))
        .routes(routes!(start::start))
        .routes(routes!(stop::stop))
        .routes(routes!(restart::restart))
        .routes(routes!(show_config::show_config, set_config::set_config))
        .routes(routes!(logs::logs))
        .routes(routes!(show_settings::show_settings, set_settings::set_settings))
}

/// An instance with the names of its own keys.
async fn instance(state: &HttpState, op: &Op, row: &Smartbox) -> Result<SeedInstance, ApiError> {
    let id = row.id.to_string();
    let tiers = state.control().list_tiers().await?;
    let keys = state.control().api_keys(op, Whose::Box(&id)).await?;
    Ok(instance_view(row, &tiers, &keys))
}

fn instance_view(row: &Smartbox, tiers: &[Tier], keys: &[ApiKey]) -> SeedInstance {
    let (cpu, memory, memory_max) = sizes(tiers.iter().find(|tier| tier.name == row.tier));
    let own: Vec<String> = keys.iter().filter(|key| key.is_of_box).map(|key| key.name.clone()).collect();
    let has = |name: &str| own.iter().any(|own| own == name);
    SeedInstance {
        id: row.id.to_string(),
        name: row.name.to_string(),
        display_name: row.name.to_string(),
        status: status(phase_of(row)).to_owned(),
        cpu_request: cpu.clone(),
        cpu_limit: cpu,
        memory_request: memory,
        memory_limit: memory_max,
        has_anthropic_override: has(ANTHROPIC),
        has_openai_override: has(OPENAI),
        has_brave_override: has(BRAVE),
        api_key_overrides: own,
        container_image: None,
        has_image_override: false,
        control_url: format!("/b/{}/", row.id),
        vnc_chrome_url: String::new(),
        gateway_token: String::new(),
        created_at: row.created_at.to_string(),
        updated_at: seen_at(row),
    }
}

/// CPU, guaranteed memory and hard limit of a tier, as Kubernetes writes them.
fn sizes(tier: Option<&Tier>) -> (String, String, String) {
    let mib = |bytes: u64| format!("{}Mi", bytes / MIB);
    tier.map_or_else(Default::default, |tier| {
        (format!("{}m", tier.cpu_millis), mib(tier.memory_bytes), mib(tier.memory_max_bytes))
    })
}

const fn status(phase: Phase) -> &'static str {
    match phase {
        Phase::Requested | Phase::Provisioning | Phase::Starting => "creating",
        Phase::Running | Phase::Degraded | Phase::FallingAsleep | Phase::Sleeping | Phase::Waking => {
            "running"
        }
        Phase::Stopping | Phase::Deleting => "stopping",
        Phase::Stopped | Phase::Archived => "stopped",
        Phase::Failed => "error",
    }
}

/// What a key with a field of its own becomes: nothing given stays, an empty one is taken away.
fn change(name: &str, value: Option<String>) -> Option<ApiKeyChange> {
    value
        .map(|value| ApiKeyChange { name: name.to_owned(), value: (!value.is_empty()).then(|| value.into()) })
}

/// Changes of keys with a field of their own, and of those in a list, which come later and count.
fn changes(
    fields: [(&str, Option<String>); 3],
    named: BTreeMap<String, Option<String>>,
) -> Vec<ApiKeyChange> {
    let named = named.into_iter().filter_map(|(name, value)| change(&name, Some(value.unwrap_or_default())));
    fields.into_iter().filter_map(|(name, value)| change(name, value)).chain(named).collect()
}
