//! `GET /v1/boxes/{box}/schedules`

use axum::Json;
use axum::extract::State;
use smartbox_api::ScheduleList;

use super::schedule_view;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;
use crate::v1::boxes::BoxReference;

/// List the schedules of a box
///
/// Those of the platform. The jobs that its agent has made for itself are the gateway's.
#[utoipa::path(
    get,
    path = "/v1/boxes/{box}/schedules",
    tag = "schedules",
    operation_id = "listSchedules",
    params(("box" = String, Path, description = "Id, name or `default`.")),
    responses((status = OK, description = "Every schedule, oldest first.", body = ScheduleList)),
)]
pub(crate) async fn list(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
) -> Result<Json<ScheduleList>, ApiError> {
    let schedules = state.control().list_schedules(&op, &reference).await?;
    Ok(Json(ScheduleList { items: schedules.iter().map(|schedule| schedule_view(&op, schedule)).collect() }))
}
