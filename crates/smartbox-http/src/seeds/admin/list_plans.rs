//! `GET /admin/plans`

use axum::Json;
use axum::extract::State;
use smartbox_api::SeedPlan;

use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;
use crate::seeds::{admin_only, plans};

/// List plans for the platform's admin, in the older shape
#[utoipa::path(
    get,
    path = "/admin/plans",
    tag = "seeds",
    operation_id = "seedAdminPlans",
    responses((status = OK, description = "Every plan.", body = Vec<SeedPlan>)),
)]
pub(crate) async fn list_plans(
    State(state): State<HttpState>,
    Caller(op): Caller,
) -> Result<Json<Vec<SeedPlan>>, ApiError> {
    admin_only(&op)?;
    Ok(Json(state.control().list_plans().await?.iter().map(plans::view).collect()))
}
