//! `PUT /agents/{agent}/config`

use axum::extract::{Path, State};
use http::StatusCode;
use smartbox_api::SeedAgentConfig;
use smartbox_control::AgentConfigWish;

use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Most tools of a list.
const TOOLS_MAX: usize = 200;

/// Change model and tools of an agent
///
/// A change of the configuration like any other (`PATCH /v1/boxes/{box}/config`): checked, kept in versions, and taken back if the
/// gateway is not well with it. What the platform asserts cannot be taken away. An agent that does not run has it when it starts.
#[utoipa::path(
    put,
    path = "/agents/{agent}/config",
    tag = "seeds",
    operation_id = "seedSetAgentConfig",
    params(("agent" = String, Path, description = "Id or name of the box.")),
    request_body = SeedAgentConfig,
    responses((status = NO_CONTENT, description = "It is kept.")),
)]
pub(crate) async fn set_config(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(agent): Path<String>,
    JsonBody(body): JsonBody<SeedAgentConfig>,
) -> Result<StatusCode, ApiError> {
    if body.tools_deny.as_ref().is_some_and(|tools| tools.len() > TOOLS_MAX) {
        return Err(ApiError::field("tools_deny", format!("has at most {TOOLS_MAX} tools")));
    }
    let wish = AgentConfigWish { model: body.model, tools_deny: body.tools_deny };
    state.control().change_agent_config(&op, &agent, &wish).await?;
    Ok(StatusCode::NO_CONTENT)
}
