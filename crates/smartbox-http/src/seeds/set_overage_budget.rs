//! `PUT /users/me/overage-budget`

use axum::Json;
use axum::extract::State;
use smartbox_api::{OverageBudget, SetOverageBudget};
use smartbox_control::OrgPlanWish;

use super::{CENT_NANOS, overage_budget};
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Set what your org pays for overage, in the older shape
///
/// Only its owners may.
#[utoipa::path(
    put,
    path = "/users/me/overage-budget",
    tag = "seeds",
    operation_id = "seedSetOverageBudget",
    request_body = SetOverageBudget,
    responses((status = OK, description = "The budget as it is now.", body = OverageBudget)),
)]
pub(crate) async fn set_overage_budget(
    State(state): State<HttpState>,
    Caller(op): Caller,
    JsonBody(body): JsonBody<SetOverageBudget>,
) -> Result<Json<OverageBudget>, ApiError> {
    let control = state.control();
    let nanos = body.budget_cents.checked_mul(CENT_NANOS);
    let nanos = nanos.ok_or_else(|| ApiError::field("budget_cents", "is more than can be counted"))?;
    let wish = OrgPlanWish { overage_nanos: Some(nanos), ..OrgPlanWish::default() };
    let org = control.plan_state(&op, None).await?.org.to_string();
    control.change_org_plan(&op, &org, wish).await?;
    Ok(Json(overage_budget(&control.plan_state(&op, None).await?)))
}
