//! What the platform's admin does in an older API with people, machines, sizes and plans.

mod change_plan;
mod change_vps_config;
mod clean_up;
mod create_plan;
mod create_vps_config;
mod delete_agent;
mod destroy_vps;
mod list_agents;
mod list_plans;
mod list_users;
mod list_vps_configs;
mod list_vpses;
mod remove_plan;
mod remove_vps_config;
mod set_user_role;
mod set_user_status;
mod stop_vps;

use smartbox_api::{SeedSetPlan, SeedVpsConfig};
use smartbox_control::{NewPlan, PlanRow};
use smartbox_core::Tier;
use smartbox_core::ledger::PlanTerms;
use smartbox_core::tier::MIB;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::CENT_NANOS;
use super::agents::PROVIDER;
use crate::HttpState;
use crate::problem::ApiError;

pub(super) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(list_users::list_users))
        .routes(routes!(set_user_status::set_user_status))
        .routes(routes!(set_user_role::set_user_role))
        .routes(routes!(list_vpses::list_vpses))
        .routes(routes!(stop_vps::stop_vps))
        .routes(routes!(destroy_vps::destroy_vps))
        .routes(routes!(list_agents::list_agents))
        .routes(routes!(delete_agent::delete_agent))
        .routes(routes!(list_vps_configs::list_vps_configs, create_vps_config::create_vps_config))
        .routes(routes!(change_vps_config::change_vps_config, remove_vps_config::remove_vps_config))
        .routes(routes!(list_plans::list_plans, create_plan::create_plan))
        .routes(routes!(change_plan::change_plan, remove_plan::remove_plan))
        .routes(routes!(clean_up::clean_up))
}

fn config_view(tier: &Tier) -> SeedVpsConfig {
    SeedVpsConfig {
        id: tier.name.clone(),
        name: tier.name.clone(),
        provider: PROVIDER.to_owned(),
        image: None,
        location: None,
        cpu_millicores: tier.cpu_millis,
        memory_mb: tier.memory_bytes / MIB,
        disk_gb: None,
        memory_max_mb: tier.memory_max_bytes / MIB,
        pids_max: tier.pids_max,
        boxes_max: tier.boxes_max,
    }
}

/// Refuses what of a size nobody chooses here.
fn check_config(provider: Option<&str>, image: Option<&str>, location: Option<&str>) -> Result<(), ApiError> {
    if provider.is_some_and(|provider| provider != PROVIDER) {
        return Err(ApiError::field("provider", format!("is `{PROVIDER}`: machines run on this host")));
    }
    if image.is_some() {
        return Err(ApiError::field("image", "is the platform's: leave it out"));
    }
    if location.is_some() {
        return Err(ApiError::field("location", "is this host: leave it out"));
    }
    Ok(())
}

/// A plan after a change; without one before, a new plan.
fn plan(name: String, before: Option<&PlanRow>, change: &SeedSetPlan) -> Result<NewPlan, ApiError> {
    let mut terms = before.map_or_else(PlanTerms::default, |before| before.terms);
    terms.boxes_max = match (change.max_agents, change.max_vpses) {
        (Some(agents), Some(vpses)) if agents != vpses => {
            return Err(ApiError::field("max_vpses", "is the same as `max_agents`: an agent is a box"));
        }
        (Some(max), _) | (None, Some(max)) => Some(max),
        (None, None) => terms.boxes_max,
    };
    let limits = &mut terms.limits;
    limits.bytes = change.max_bandwidth_bytes.or(limits.bytes);
    limits.storage_bytes = change.max_storage_bytes.or(limits.storage_bytes);
    limits.cpu_ms = change.max_cpu_ms.or(limits.cpu_ms);
    limits.memory_mib_s = change.max_memory_mb_seconds.or(limits.memory_mib_s);
    let rates = &mut terms.rates;
    let fields = [
        ("overage_bandwidth_cost_per_gb_cents", change.overage_bandwidth_cost_per_gb_cents, &mut rates.bytes),
        ("overage_cpu_cost_per_hour_cents", change.overage_cpu_cost_per_hour_cents, &mut rates.cpu_ms),
        (
            "overage_memory_cost_per_gb_hour_cents",
            change.overage_memory_cost_per_gb_hour_cents,
            &mut rates.memory_mib_s,
        ),
    ];
    for (field, cents, rate) in fields {
        if let Some(cents) = cents {
            let nanos = cents.checked_mul(CENT_NANOS);
            *rate = nanos.ok_or_else(|| ApiError::field(field, "is more than can be counted"))?;
        }
    }
    Ok(NewPlan { name, is_default: before.is_some_and(|before| before.is_default), terms })
}
