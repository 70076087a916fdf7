//! `POST /api/super/users/{id}/wake`

use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use smartbox_api::{SeedBoxQuery, SeedWoken};
use smartbox_core::{Permission, Phase};
use tokio::time::Instant;

use super::target::Target;
use super::words::state_word;
use crate::HttpState;
use crate::body::json;
use crate::problem::ApiError;

/// How long it is waited for.
const WAIT: Duration = Duration::from_mins(1);

/// Wake a box and wait for it, in the older shape
///
/// For at most 60 seconds. One that runs is left alone.
#[utoipa::path(
    post,
    path = "/api/super/users/{id}/wake",
    tag = "seeds",
    operation_id = "seedWake",
    params(("id" = String, Path, description = "A person's id: their default box; or a box's id or name."), SeedBoxQuery),
    responses(
        (status = OK, description = "It runs.", body = SeedWoken),
        (status = GATEWAY_TIMEOUT, description = "It does not run yet.", body = SeedWoken),
    ),
)]
pub(crate) async fn wake(State(state): State<HttpState>, target: Target) -> Result<Response, ApiError> {
    let (control, reference, begun) = (state.control(), target.reference(), Instant::now());
    let before = target.smartbox.phase();
    let mut after = before;
    if before != Phase::Running {
        let woken = control.wake_box_now(&target.op, &reference, None).await?;
        control.wait_for_operation(&target.op, woken.operation.id, WAIT).await?;
        after = control.resolve(&target.op, Permission::BoxesRead, &reference).await?.phase();
    }
    let view = SeedWoken {
        user_id: target.user,
        previous_state: state_word(before).to_owned(),
        current_state: state_word(after).to_owned(),
        action: if before == Phase::Running { "none" } else { "woken" }.to_owned(),
        waited_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
    };
    let status = if after == Phase::Running { StatusCode::OK } else { StatusCode::GATEWAY_TIMEOUT };
    Ok(json(status, &view))
}
