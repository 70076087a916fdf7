//! `POST /admin/plans`

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use smartbox_api::{SeedPlan, SeedSetPlan};

use super::plan;
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::idempotency::once;
use crate::problem::ApiError;
use crate::seeds::{admin_only, plans};

/// Make a plan, in the older shape
///
/// A rate of 0 allows nothing beyond the limit. For the platform's admin.
#[utoipa::path(
    post,
    path = "/admin/plans",
    tag = "seeds",
    operation_id = "seedCreatePlan",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes the request repeatable for 24 hours.")),
    request_body = SeedSetPlan,
    responses((status = CREATED, description = "The plan.", body = SeedPlan)),
)]
pub(crate) async fn create_plan(
    State(state): State<HttpState>,
    Caller(op): Caller,
    headers: HeaderMap,
    JsonBody(body): JsonBody<SeedSetPlan>,
) -> Result<Response, ApiError> {
    admin_only(&op)?;
    let name = body.name.clone().ok_or_else(|| ApiError::field("name", "is missing"))?;
    let new = plan(name, None, &body)?;
    let (control, caller) = (state.control().clone(), op.clone());
    let work = async move {
        let made = control.create_plan(&caller, &new).await?;
        Ok((StatusCode::CREATED, plans::view(&made)))
    };
    once(&state, &op, &headers, "POST /admin/plans", None, &body, work).await
}
