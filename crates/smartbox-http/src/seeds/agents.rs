//! Agents of an older API: views, and one file per route. An agent is a box, and its machine is the box's place (0031).

mod add_channel;
mod create;
mod delete;
mod displace;
mod health;
mod list;
mod list_channels;
mod me;
mod place;
mod remove_channel;
mod restart;
mod set_config;
mod set_workspace;
mod show;
mod start;
mod stop;

use http::{HeaderMap, HeaderName, HeaderValue};
use smartbox_api::{SeedAgent, SeedVps};
use smartbox_control::{Cursor, Smartbox, phase_of};
use smartbox_core::{Phase, has_place};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::HttpState;
use crate::page;
use crate::problem::ApiError;

/// Where a list goes on: the older API has whole lists, and clients that know nothing of pages get the first.
const NEXT_CURSOR: HeaderName = HeaderName::from_static("x-next-cursor");
/// Items of a list about whose length nothing is said, and at most.
const ITEMS_MAX: u32 = 200;
/// Where boxes run.
pub(super) const PROVIDER: &str = "local";

pub(super) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(create::create, list::list))
        .routes(routes!(show::show, delete::delete))
        .routes(routes!(place::place, displace::displace))
        .routes(routes!(start::start))
        .routes(routes!(stop::stop))
        .routes(routes!(add_channel::add_channel, list_channels::list_channels))
        .routes(routes!(remove_channel::remove_channel))
        .routes(routes!(set_config::set_config))
        .routes(routes!(set_workspace::set_workspace))
        .routes(routes!(restart::restart))
        .routes(routes!(health::health))
        .routes(routes!(me::me))
}

pub(super) fn agent_view(state: &HttpState, row: &Smartbox) -> SeedAgent {
    let is_placed = has_place(row.desired, &row.observed, row.archive);
    SeedAgent {
        id: row.id.to_string(),
        user_id: row.org.to_string(),
        name: row.name.to_string(),
        vps: is_placed.then(|| vps_view(state, row)),
        created_at: row.created_at.to_string(),
        updated_at: seen_at(row),
    }
}

pub(super) fn vps_view(state: &HttpState, row: &Smartbox) -> SeedVps {
    SeedVps {
        id: row.id.to_string(),
        user_id: row.org.to_string(),
        vps_config_id: row.tier.clone(),
        name: row.name.to_string(),
        provider: PROVIDER.to_owned(),
        state: vps_state(phase_of(row)).to_owned(),
        address: Some(state.public_url().absolute(&format!("/b/{}/", row.id))),
        created_at: row.created_at.to_string(),
        updated_at: seen_at(row),
    }
}

/// When it was last seen to change.
pub(super) fn seen_at(row: &Smartbox) -> String {
    row.observed_at.unwrap_or(row.created_at).to_string()
}

const fn vps_state(phase: Phase) -> &'static str {
    match phase {
        Phase::Requested | Phase::Provisioning | Phase::Starting => "provisioning",
        Phase::Running | Phase::Degraded | Phase::FallingAsleep | Phase::Sleeping | Phase::Waking => {
            "running"
        }
        Phase::Stopping | Phase::Stopped | Phase::Archived => "stopped",
        Phase::Failed => "failed",
        Phase::Deleting => "destroyed",
    }
}

/// The part of a list that is asked for.
pub(super) fn part(query: &smartbox_api::SeedPageQuery) -> Result<(u32, Option<Cursor>), ApiError> {
    let limit = page::limit(Some(query.limit.unwrap_or(ITEMS_MAX)))?;
    Ok((limit, page::cursor(query.cursor.as_deref())?))
}

/// The header that says where the list goes on.
pub(super) fn next_header(next: Option<&Cursor>) -> HeaderMap {
    let value = next.and_then(|cursor| HeaderValue::from_str(&cursor.to_string()).ok());
    value.into_iter().map(|value| (NEXT_CURSOR, value)).collect()
}
