//! `GET /users/me`

use axum::Json;
use axum::extract::State;
use smartbox_api::SeedMe;

use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;
use crate::seeds::plans;

/// Who am I, in the older shape
///
/// For people. A program with a token or the admin secret is nobody here.
#[utoipa::path(
    get,
    path = "/users/me",
    tag = "seeds",
    operation_id = "seedMe",
    responses((status = OK, description = "The caller.", body = SeedMe)),
)]
pub(crate) async fn me(State(state): State<HttpState>, Caller(op): Caller) -> Result<Json<SeedMe>, ApiError> {
    let control = state.control();
    let user = control.find_user(&op, "me").await?;
    let named = control.org_plan(user.org).await?.plan;
    let rows = control.list_plans().await?;
    let plan = rows.iter().find(|row| named.as_ref().map_or(row.is_default, |name| *name == row.name));
    Ok(Json(SeedMe {
        id: user.id.to_string(),
        email: user.email,
        name: user.name,
        role: user.role.to_string(),
        status: user.status.to_string(),
        plan: plan.map(plans::view),
        created_at: user.created_at.to_string(),
        updated_at: user.created_at.to_string(),
    }))
}
