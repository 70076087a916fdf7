//! `POST /agents/{agent}/channels`

use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use smartbox_api::{SeedAddChannel, SeedChannel};
use smartbox_control::NewChannel;

use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::idempotency::once;
use crate::problem::ApiError;

/// Give an agent a channel
///
/// Its credentials are sealed, shown to nobody again, and given to the gateway, which runs the channel from then on.
#[utoipa::path(
    post,
    path = "/agents/{agent}/channels",
    tag = "seeds",
    operation_id = "seedAddChannel",
    params(
        ("agent" = String, Path, description = "Id or name of the box."),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes the request repeatable for 24 hours."),
    ),
    request_body = SeedAddChannel,
    responses((status = CREATED, description = "The channel, without its credentials.", body = SeedChannel)),
)]
pub(crate) async fn add_channel(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(agent): Path<String>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<SeedAddChannel>,
) -> Result<Response, ApiError> {
    let asked = (agent.clone(), body.clone());
    let (control, caller) = (state.control().clone(), op.clone());
    let work = async move {
        let new = NewChannel { kind: body.channel_kind, credentials: body.credentials };
        let (row, channel) = control.add_channel(&caller, &agent, new).await?;
        Ok((StatusCode::CREATED, super::list_channels::channel_view(&row, &channel)))
    };
    once(&state, &op, &headers, "POST /agents/{agent}/channels", None, &asked, work).await
}
