//! `POST /v1/boxes/{box}/messages`

use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use futures_util::stream;
use http::{HeaderMap, StatusCode};
use smartbox_api::{MessageEvent, MessageView, SendMessage};
use smartbox_control::{ChatEvent, Message, MessageEnd, Op};
use tokio::time::timeout;

use super::BoxReference;
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Listener;
use crate::idempotency::{Answer, once};
use crate::problem::ApiError;
use crate::request::Instance;
use crate::stream::{StreamEvent, events};

/// How long an answer that is not streamed is waited for before it says where it can be read later.
const ANSWER_WAIT: Duration = Duration::from_secs(25);

/// Say something to the agent
///
/// Starts the box if need be. The answer is streamed: each event's name is the `type` of its data. The agent
/// finishes its turn even when the client leaves. With `stream: false` the answer is one document: 200 when the agent ends within 25
/// seconds, else 202 with the path at which the answer can be read later; `Idempotency-Key` then makes the request repeatable.
#[utoipa::path(
    post,
    path = "/v1/boxes/{box}/messages",
    tag = "boxes",
    operation_id = "sendMessage",
    params(
        ("box" = String, Path, description = "Id, name or `default`."),
        ("Idempotency-Key" = Option<String>, Header, description = "Without a stream: makes the request repeatable for 24 hours."),
    ),
    request_body = SendMessage,
    responses(
        (status = OK, description = "The answer, as server-sent events or as one document.", content(
            (MessageEvent = "text/event-stream"),
            (MessageView = "application/json"),
        )),
        (status = ACCEPTED, description = "The agent works; the answer can be read later.", body = MessageView),
    ),
)]
pub(crate) async fn send_message(
    State(state): State<HttpState>,
    Listener(op, right): Listener,
    BoxReference(reference): BoxReference,
    Instance(instance): Instance,
    headers: HeaderMap,
    JsonBody(message): JsonBody<SendMessage>,
) -> Result<Response, ApiError> {
    if message.stream == Some(false) {
        let (text, session) = (message.text.clone(), message.session.clone());
        let work = ask(state.clone(), op.clone(), reference.clone(), (text, session));
        let route = "POST /v1/boxes/{box}/messages";
        return once(&state, &op, &headers, route, None, &(reference, message), work).await;
    }
    let SendMessage { text, session, .. } = message;
    let permit = state.stream_permit()?;
    let answer = state.control().send_message(&op, &reference, text, session).await?;
    let told = stream::unfold((answer, instance), |(mut answer, instance)| async move {
        let event = answer.next().await?;
        Some((told(event, &instance), (answer, instance)))
    });
    Ok(events(&state, right, permit, told))
}

/// Says something and waits a little for the answer. The agent's turn goes on, and so does the wait for its end, when this is dropped.
pub(crate) async fn ask(
    state: HttpState,
    op: Op,
    reference: String,
    (text, session): (String, Option<String>),
) -> Answer<MessageView> {
    let control = state.control().clone();
    let asked = control.ask(&op, &reference, text, session).await?;
    let (id, smartbox) = (asked.message.id, asked.message.box_id.to_string());
    let stop = state.stop();
    let answered = state.work().spawn(async move {
        tokio::select! {
            () = asked.carry_out() => {}
            // The agent goes on; its session has the answer.
            () = stop.cancelled() => asked.lose().await,
        }
    });
    let _late = timeout(ANSWER_WAIT, answered).await;
    let message = control.find_message(&op, &smartbox, id).await?;
    let status = if message.ended.is_some() { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok((status, message_view(&message)))
}

pub(crate) fn message_view(message: &Message) -> MessageView {
    let (answer, truncated, why) = match message.ended.as_ref().map(|(_at, end)| end) {
        Some(MessageEnd::Answered { text, is_truncated }) => (Some(text.clone()), *is_truncated, None),
        Some(MessageEnd::Failed(why)) => (None, false, Some(why.clone())),
        Some(MessageEnd::Lost) | None => (None, false, None),
    };
    MessageView {
        id: message.id.to_string(),
        box_id: message.box_id.to_string(),
        session: message.session.clone(),
        state: message.ended.as_ref().map_or("running", |(_at, end)| end.as_str()).to_owned(),
        answer,
        truncated,
        why,
        asked_by: message.asked_by.clone(),
        created_at: message.created_at.to_string(),
        finished_at: message.ended.as_ref().map(|(at, _end)| at.to_string()),
        path: format!("/v1/boxes/{}/messages/{}", message.box_id, message.id),
    }
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
