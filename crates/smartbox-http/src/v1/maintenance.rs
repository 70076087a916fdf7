//! Maintenance of the platform.

mod begin;
mod end;
mod show;

use smartbox_api::MaintenanceView;
use smartbox_control::{Control, FleetQuery, Maintenance, Op};
use smartbox_core::Phase;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::HttpState;
use crate::problem::ApiError;

/// Phases of boxes that are at rest.
const AT_REST: [Phase; 7] = [
    Phase::Requested,
    Phase::Sleeping,
    Phase::Stopped,
    Phase::Archived,
    Phase::Failed,
    Phase::Deleting,
    Phase::Provisioning,
];

pub(super) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(show::show, begin::begin, end::end))
}

fn view(control: &Control, op: &Op, maintenance: Option<Maintenance>) -> Result<MaintenanceView, ApiError> {
    let fleet = control.fleet_summary(op, &FleetQuery::default())?;
    let at_rest: u64 = AT_REST.iter().filter_map(|phase| fleet.counts.get(phase.as_str())).sum();
    let boxes_left = fleet.total.saturating_sub(at_rest);
    Ok(match maintenance {
        None => MaintenanceView {
            active: false,
            reason: None,
            drain: None,
            since: None,
            until: None,
            by: None,
            boxes_left,
        },
        Some(maintenance) => MaintenanceView {
            active: true,
            reason: Some(maintenance.reason),
            drain: Some(maintenance.drain.as_str().to_owned()),
            since: Some(maintenance.since.to_string()),
            until: maintenance.until.map(|at| at.to_string()),
            by: Some(maintenance.by),
            boxes_left,
        },
    })
}
