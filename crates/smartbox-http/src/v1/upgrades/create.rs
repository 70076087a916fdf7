//! `POST /v1/upgrades`

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use smartbox_api::{CreateRollout, RolloutView};
use smartbox_control::NewRollout;

use super::state_view;
use crate::HttpState;
use crate::body::{JsonBody, json};
use crate::caller::Caller;
use crate::problem::ApiError;

/// Upgrade many boxes
///
/// In waves: each box as `POST /v1/boxes/{box}/upgrade` does it, so many at the same time, the next ones when all of the wave are well
/// or back. When so many have failed, no further wave begins. Boxes that have the version already are left out.
#[utoipa::path(
    post,
    path = "/v1/upgrades",
    tag = "boxes",
    operation_id = "createRollout",
    request_body = CreateRollout,
    responses((status = ACCEPTED, description = "It is under way.", body = RolloutView)),
)]
pub(crate) async fn create(
    State(state): State<HttpState>,
    Caller(op): Caller,
    JsonBody(body): JsonBody<CreateRollout>,
) -> Result<Response, ApiError> {
    let new = NewRollout {
        org: body.org,
        boxes: body.boxes,
        from: body.from,
        to: body.to,
        wave: body.wave,
        stop_after: body.stop_after,
    };
    let made = state.control().create_rollout(&op, &new).await?;
    Ok(json(StatusCode::ACCEPTED, &state_view(&made)))
}
