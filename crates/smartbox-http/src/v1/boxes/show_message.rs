//! `GET /v1/boxes/{box}/messages/{message}`

use axum::Json;
use axum::extract::{Path, State};
use smartbox_api::MessageView;
use smartbox_control::Error;
use smartbox_core::Permission;

use super::send_message::message_view;
use crate::HttpState;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Look at a message, and its answer
///
/// Of one that was sent without a stream. Kept for 24 hours after its end, of the last 100 messages of a box.
#[utoipa::path(
    get,
    path = "/v1/boxes/{box}/messages/{message}",
    tag = "boxes",
    operation_id = "showMessage",
    params(
        ("box" = String, Path, description = "Id, name or `default`."),
        ("message" = String, Path, description = "`msg_…`"),
    ),
    responses((status = OK, description = "The message as it is now.", body = MessageView)),
)]
pub(crate) async fn show_message(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path((reference, id)): Path<(String, String)>,
) -> Result<Json<MessageView>, ApiError> {
    // Who may not see the box is told that, whatever the id looks like.
    let smartbox = state.control().resolve(&op, Permission::BoxesTalk, &reference).await?;
    let id = id.parse().map_err(|_error| Error::NotFound("message"))?;
    let message = state.control().find_message(&op, &smartbox.id.to_string(), id).await?;
    Ok(Json(message_view(&message)))
}
