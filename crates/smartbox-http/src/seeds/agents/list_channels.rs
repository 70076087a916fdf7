//! `GET /agents/{agent}/channels`

use axum::Json;
use axum::extract::{Path, State};
use smartbox_api::SeedChannel;
use smartbox_control::{AgentChannel, Smartbox};

use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// List the channels of an agent
///
/// Without their credentials.
#[utoipa::path(
    get,
    path = "/agents/{agent}/channels",
    tag = "seeds",
    operation_id = "seedListChannels",
    params(("agent" = String, Path, description = "Id or name of the box.")),
    responses((status = OK, description = "The channels, by kind.", body = Vec<SeedChannel>)),
)]
pub(crate) async fn list_channels(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(agent): Path<String>,
) -> Result<Json<Vec<SeedChannel>>, ApiError> {
    let (row, channels) = state.control().agent_channels(&op, &agent).await?;
    Ok(Json(channels.iter().map(|channel| channel_view(&row, channel)).collect()))
}

pub(super) fn channel_view(row: &Smartbox, channel: &AgentChannel) -> SeedChannel {
    SeedChannel {
        id: channel.kind.clone(),
        agent_id: row.id.to_string(),
        channel_kind: channel.kind.clone(),
        enabled: channel.is_enabled && !row.is_quiet,
    }
}
