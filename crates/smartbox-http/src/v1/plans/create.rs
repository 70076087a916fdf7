//! `POST /v1/plans`

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use smartbox_api::{CreatePlan, PlanView, SetPlan};

use super::{new_plan, plan_view};
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::idempotency::once;
use crate::problem::ApiError;

/// Create a plan
///
/// What an org may use in a calendar month, and what more costs. Only the platform's admin may.
#[utoipa::path(
    post,
    path = "/v1/plans",
    tag = "plans",
    operation_id = "createPlan",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes the request repeatable for 24 hours.")),
    request_body = CreatePlan,
    responses((status = CREATED, description = "The plan.", body = PlanView)),
)]
pub(crate) async fn create(
    State(state): State<HttpState>,
    Caller(op): Caller,
    headers: HeaderMap,
    JsonBody(body): JsonBody<CreatePlan>,
) -> Result<Response, ApiError> {
    let asked = body.clone();
    let CreatePlan { name, is_default, boxes_max, limits, rates, overage_is_free } = body;
    let plan = new_plan(name, &SetPlan { is_default, boxes_max, limits, rates, overage_is_free });
    let (control, caller) = (state.control().clone(), op.clone());
    let work = async move {
        let made = control.create_plan(&caller, &plan).await?;
        Ok((StatusCode::CREATED, plan_view(&made)))
    };
    once(&state, &op, &headers, "POST /v1/plans", None, &asked, work).await
}
