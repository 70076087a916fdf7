//! Routes of an older API that programs still speak. They show what `/v1` has, in the shapes those programs know.

mod admin;
mod agents;
mod devices;
mod dialect;
mod instances;
mod plans;
mod set_overage_budget;
mod show_overage_budget;
mod show_storage;
mod super_admin;
mod sync_storage;
mod usage;

pub(crate) use dialect::Dialect;

use axum::middleware::from_fn;
use jiff::Timestamp;
use smartbox_api::OverageBudget;
use smartbox_control::{BoxBackups, Error, Op, PlanState};
use smartbox_core::Principal;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::HttpState;
use crate::problem::ApiError;

/// Nano-dollars of a cent.
const CENT_NANOS: u64 = 10_000_000;

pub(crate) fn routes() -> OpenApiRouter<HttpState> {
    let agents = OpenApiRouter::new()
        .merge(agents::routes())
        .merge(admin::routes())
        .routes(routes!(plans::plans))
        .routes(routes!(show_overage_budget::show_overage_budget, set_overage_budget::set_overage_budget))
        .routes(routes!(usage::usage))
        .layer(from_fn(dialect::agents));
    OpenApiRouter::new()
        .merge(agents)
        .merge(instances::routes().layer(from_fn(dialect::instances)))
        .merge(devices::routes())
        .routes(routes!(show_storage::show_storage))
        .routes(routes!(sync_storage::sync_storage))
        .merge(super_admin::routes().layer(from_fn(dialect::super_admin)))
}

/// The budget is rounded down: it never says more than may be spent.
fn overage_budget(state: &PlanState) -> OverageBudget {
    OverageBudget { budget_cents: state.overage_nanos / CENT_NANOS, period_start: state.month.0.to_string() }
}

/// The older API of the platform's admin knows nobody else.
fn admin_only(op: &Op) -> Result<(), ApiError> {
    if op.principal == Principal::Admin { Ok(()) } else { Err(Error::Forbidden.into()) }
}

/// When everything that a box holds was last known to be saved: at the last look if nothing had changed by then, else with the
/// newest good backup.
fn last_sync(backups: &BoxBackups) -> Option<Timestamp> {
    let newest = backups.backups.iter().find(|backup| backup.is_good())?.made_at;
    let looked_at = backups.state.looked_at.filter(|_| backups.state.changed_since.is_none());
    Some(looked_at.map_or(newest, |looked_at| looked_at.max(newest)))
}
