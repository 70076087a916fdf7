//! `POST /admin/cleanup`

use axum::Json;
use axum::extract::State;
use smartbox_api::SeedCleanup;

use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;
use crate::seeds::admin_only;

/// Clean up what never came to be
///
/// Deletes boxes that failed before anything of them existed, and were asked for more than an hour ago: at most 100 at a time, with the
/// usual grace. What is being made is left alone. For the platform's admin.
#[utoipa::path(
    post,
    path = "/admin/cleanup",
    tag = "seeds",
    operation_id = "seedCleanUp",
    responses((status = OK, description = "How many.", body = SeedCleanup)),
)]
pub(crate) async fn clean_up(
    State(state): State<HttpState>,
    Caller(op): Caller,
) -> Result<Json<SeedCleanup>, ApiError> {
    admin_only(&op)?;
    Ok(Json(SeedCleanup { cleaned_up: state.control().clean_up(&op).await? }))
}
