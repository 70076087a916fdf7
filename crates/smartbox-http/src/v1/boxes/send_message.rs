//! `POST /v1/boxes/{box}/messages`

use axum::extract::State;
use axum::response::Response;
use futures_util::stream;
use smartbox_api::{MessageEvent, SendMessage};
use smartbox_control::ChatEvent;

use super::BoxReference;
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Listener;
use crate::problem::ApiError;
use crate::request::Instance;
use crate::stream::{StreamEvent, events};

/// Say something to the agent
///
/// Starts the box if need be. The answer is streamed: each event's name is the `type` of its data. The agent
/// finishes its turn even when the client leaves.
#[utoipa::path(
    post,
    path = "/v1/boxes/{box}/messages",
    tag = "boxes",
    operation_id = "sendMessage",
    params(("box" = String, Path, description = "Id, name or `default`.")),
    request_body = SendMessage,
    responses((
        status = OK,
        description = "The answer, as server-sent events.",
        body = MessageEvent,
        content_type = "text/event-stream"
    )),
)]
pub(crate) async fn send_message(
    State(state): State<HttpState>,
    Listener(op, right): Listener,
    BoxReference(reference): BoxReference,
    Instance(instance): Instance,
    JsonBody(message): JsonBody<SendMessage>,
) -> Result<Response, ApiError> {
    let SendMessage { text, session } = message;
    let permit = state.stream_permit()?;
    let answer = state.control().send_message(&op, &reference, text, session).await?;
    let told = stream::unfold((answer, instance), |(mut answer, instance)| async move {
        let event = answer.next().await?;
        Some((told(event, &instance), (answer, instance)))
    });
    Ok(events(&state, right, permit, told))
}

fn told(event: ChatEvent, instance: &str) -> StreamEvent {
    let (name, event) = match event {
        ChatEvent::Waiting { phase, stage } => {
            let stage = stage.map(|stage| stage.as_str().to_owned());
            ("waiting", MessageEvent::Waiting { phase: phase.as_str().to_owned(), stage })
        }
        ChatEvent::Started => ("started", MessageEvent::Started),
        ChatEvent::Delta(text) => ("delta", MessageEvent::Delta { text }),
        ChatEvent::Final(text) => ("final", MessageEvent::Final { text }),
        ChatEvent::Failed(error) => {
            ("failed", MessageEvent::Failed { problem: Box::new(ApiError::from(error).report(instance)) })
        }
    };
    StreamEvent::named(name, &event)
}
