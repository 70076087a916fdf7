//! Orgs.

mod create;
mod hold;
mod list;
mod list_holds;
mod release;
mod show;
mod update;

use smartbox_api::{HoldView, OrgView};
use smartbox_control::{NewOrg, WakeHold};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::sleep::policy_view;
use crate::HttpState;
use crate::problem::ApiError;

pub(super) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(create::create, list::list))
        .routes(routes!(show::show, update::update))
        .routes(routes!(list_holds::list_holds))
        .routes(routes!(hold::hold, release::release))
}

fn org_view(new: &NewOrg) -> OrgView {
    OrgView {
        id: new.org.id.to_string(),
        name: new.org.name.clone(),
        pairing: new.org.pairing.to_string(),
        owner: new.owner.id.to_string(),
        created_at: new.org.created_at.to_string(),
        sleep_policy: None,
        plan: None,
        time_zone: None,
        overage_budget_nanos: None,
    }
}

/// An org with what is looked up for one alone.
pub(super) async fn whole_view(state: &HttpState, found: &NewOrg) -> Result<OrgView, ApiError> {
    let sleep = state.control().org_sleep(found.org.id).await?;
    let plan = state.control().org_plan(found.org.id).await?;
    Ok(OrgView {
        sleep_policy: Some(policy_view(&sleep)),
        plan: plan.plan,
        time_zone: Some(plan.time_zone),
        overage_budget_nanos: Some(plan.overage_nanos),
        ..org_view(found)
    })
}

fn hold_view(hold: &WakeHold) -> HoldView {
    HoldView { kind: hold.kind.to_string(), reason: hold.reason.clone(), since: hold.since.to_string() }
}
