//! `PATCH /v1/orgs/{org}`

use axum::Json;
use axum::extract::{Path, State};
use smartbox_api::{OrgView, UpdateOrg};
use smartbox_control::OrgPlanWish;

use super::whole_view;
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::problem::ApiError;
use crate::v1::sleep::wish;

/// Change an org
///
/// How devices are paired, which only its owners and the platform's admin may change: live connections of the org end, so that
/// the new rule holds for all. When its boxes sleep, which its admins may change, too. Its calendar and what it pays for overage, which
/// its owners may change, and its plan, which the platform's admin alone may.
#[utoipa::path(
    patch,
    path = "/v1/orgs/{org}",
    tag = "orgs",
    operation_id = "updateOrg",
    params(("org" = String, Path, description = "Id or name; `me` is your own.")),
    request_body = UpdateOrg,
    responses((status = OK, description = "The org.", body = OrgView)),
)]
pub(crate) async fn update(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(org): Path<String>,
    JsonBody(body): JsonBody<UpdateOrg>,
) -> Result<Json<OrgView>, ApiError> {
    let control = state.control();
    let (pairing, sleep) = (body.pairing.as_deref(), body.sleep.map(wish));
    let plan = OrgPlanWish {
        plan: body.plan.map(|name| (!name.is_empty()).then_some(name)),
        time_zone: body.time_zone,
        overage_nanos: body.overage_budget_nanos,
    };
    if pairing.is_none() && sleep.is_none() && plan.is_empty() {
        return Err(ApiError::field("body", "names nothing to change"));
    }
    // The one that can be wrong in more ways goes first, so that a wrong request changes nothing.
    if !plan.is_empty() {
        control.check_org_plan(&op, &plan)?;
    }
    if let Some(pairing) = pairing {
        control.check_pairing(&op, pairing)?;
    }
    if let Some(wish) = &sleep {
        control.change_org_sleep(&op, &org, wish).await?;
    }
    if !plan.is_empty() {
        control.change_org_plan(&op, &org, plan).await?;
    }
    let changed = match pairing {
        Some(pairing) => control.set_pairing(&op, &org, pairing).await?,
        None => control.find_org(&op, &org).await?,
    };
    Ok(Json(whole_view(&state, &changed).await?))
}
