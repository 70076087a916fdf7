//! `POST /api/super/users/{id}/emergency-reset`

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use smartbox_api::{SeedBoxQuery, SeedReset};

use super::target::Target;
use crate::HttpState;
use crate::body::json;
use crate::problem::ApiError;

/// As many commands of a box as are kept.
const COMMANDS_MAX: u32 = 100;

/// Kill what runs in a box and restart it, in the older shape
///
/// Commands that run by themselves are killed, then the box gets a new incarnation.
#[utoipa::path(
    post,
    path = "/api/super/users/{id}/emergency-reset",
    tag = "seeds",
    operation_id = "seedEmergencyReset",
    params(("id" = String, Path, description = "A person's id: their default box; or a box's id or name."), SeedBoxQuery),
    responses((status = ACCEPTED, description = "It is under way.", body = SeedReset)),
)]
pub(crate) async fn emergency_reset(
    State(state): State<HttpState>,
    target: Target,
) -> Result<Response, ApiError> {
    let (control, reference) = (state.control(), target.reference());
    let commands = control.list_execs(&target.op, &reference, None, COMMANDS_MAX).await?.items;
    let mut killed = 0;
    for command in commands.iter().filter(|command| command.ended.is_none()) {
        control.kill_exec(&target.op, &reference, command.id).await?;
        killed += 1;
    }
    let intended = control.restart_box(&target.op, &reference, None).await?;
    let operation_id = intended.operation.id.to_string();
    let view = SeedReset { user_id: target.user, killed, restarted: true, operation_id };
    Ok(json(StatusCode::ACCEPTED, &view))
}
