//! `PUT /admin/plans/{plan}`

use axum::Json;
use axum::extract::{Path, State};
use smartbox_api::{SeedPlan, SeedSetPlan};

use super::plan as changed;
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::problem::ApiError;
use crate::seeds::{admin_only, plans};

/// Change a plan, in the older shape
///
/// What is left out stays, and so does what the older shape does not know. Counts at once. For the platform's admin.
#[utoipa::path(
    put,
    path = "/admin/plans/{plan}",
    tag = "seeds",
    operation_id = "seedChangePlan",
    params(("plan" = String, Path, description = "Its name.")),
    request_body = SeedSetPlan,
    responses((status = OK, description = "The plan as it is now.", body = SeedPlan)),
)]
pub(crate) async fn change_plan(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(plan): Path<String>,
    JsonBody(body): JsonBody<SeedSetPlan>,
) -> Result<Json<SeedPlan>, ApiError> {
    admin_only(&op)?;
    if body.name.as_ref().is_some_and(|name| *name != plan) {
        return Err(ApiError::field("name", "stays: orgs name their plan by it"));
    }
    let control = state.control();
    let before = control.find_plan(&plan).await?;
    let new = changed(plan, Some(&before), &body)?;
    Ok(Json(plans::view(&control.change_plan(&op, &new, Some(before.version)).await?)))
}
