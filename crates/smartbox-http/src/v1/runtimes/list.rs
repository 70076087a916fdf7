//! `GET /v1/runtimes`

use axum::Json;
use axum::extract::State;
use smartbox_api::RuntimeList;

use super::runtime_view;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// List versions of the agent runtime
///
/// Those that are installed, that can be installed, and that boxes are pinned to.
#[utoipa::path(
    get,
    path = "/v1/runtimes",
    tag = "runtimes",
    operation_id = "listRuntimes",
    responses((status = OK, description = "Every version, the newest first.", body = RuntimeList)),
)]
pub(crate) async fn list(
    State(state): State<HttpState>,
    Caller(op): Caller,
) -> Result<Json<RuntimeList>, ApiError> {
    let items = state.control().list_runtimes(&op).await?;
    Ok(Json(RuntimeList { items: items.into_iter().map(runtime_view).collect() }))
}
