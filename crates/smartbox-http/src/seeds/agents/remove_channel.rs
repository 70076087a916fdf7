//! `DELETE /agents/{agent}/channels/{channel}`

use axum::extract::{Path, State};
use http::StatusCode;

use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Take a channel from an agent
///
/// With its credentials. Earlier versions of the configuration have them, sealed, until they are forgotten.
#[utoipa::path(
    delete,
    path = "/agents/{agent}/channels/{channel}",
    tag = "seeds",
    operation_id = "seedRemoveChannel",
    params(
        ("agent" = String, Path, description = "Id or name of the box."),
        ("channel" = String, Path, description = "Its kind."),
    ),
    responses((status = NO_CONTENT, description = "It is gone.")),
)]
pub(crate) async fn remove_channel(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path((agent, channel)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    state.control().remove_channel(&op, &agent, &channel).await?;
    Ok(StatusCode::NO_CONTENT)
}
