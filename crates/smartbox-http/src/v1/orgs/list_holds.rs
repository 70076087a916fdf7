//! `GET /v1/orgs/{org}/holds`

use axum::Json;
use axum::extract::{Path, State};
use smartbox_api::HoldList;

use super::hold_view;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// What keeps an org's boxes from waking
#[utoipa::path(
    get,
    path = "/v1/orgs/{org}/holds",
    tag = "orgs",
    operation_id = "listHolds",
    params(("org" = String, Path, description = "Id or name; `me` is your own.")),
    responses((status = OK, description = "Every hold; none: its boxes may wake.", body = HoldList)),
)]
pub(crate) async fn list_holds(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(org): Path<String>,
) -> Result<Json<HoldList>, ApiError> {
    let holds = state.control().list_holds(&op, &org).await?;
    Ok(Json(HoldList { items: holds.iter().map(hold_view).collect() }))
}
