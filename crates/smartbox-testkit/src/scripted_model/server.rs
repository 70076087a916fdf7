//! The vendor's HTTP side.

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{OriginalUri, State as Shared};
use axum::response::Response;
use axum::routing::{get, post};
use futures_util::{StreamExt as _, stream};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use super::convention::by_convention;
use super::script::{ModelScript, Step};
use super::wire::{Wire, Writer};
use super::{Ending, ModelRequest, State};

/// Larger than what a gateway lets through.
const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;

pub(super) fn router(state: Arc<State>) -> Router {
    Router::new()
        .route("/v1/messages", post(messages))
        .route("/v1/messages/count_tokens", post(count_tokens))
        .route("/v1/chat/completions", post(chat))
        .route("/v1/responses", post(responses))
        .route("/v1/embeddings", post(embeddings))
        .route("/v1/models", get(models))
        .layer(axum::extract::DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(state)
}

type Call = (Shared<Arc<State>>, OriginalUri, HeaderMap, Bytes);

async fn messages(shared: Shared<Arc<State>>, uri: OriginalUri, headers: HeaderMap, body: Bytes) -> Response {
    turn(Wire::Messages, (shared, uri, headers, body)).await
}

async fn chat(shared: Shared<Arc<State>>, uri: OriginalUri, headers: HeaderMap, body: Bytes) -> Response {
    turn(Wire::Chat, (shared, uri, headers, body)).await
}

async fn responses(
    shared: Shared<Arc<State>>,
    uri: OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    turn(Wire::Responses, (shared, uri, headers, body)).await
}

async fn count_tokens(
    shared: Shared<Arc<State>>,
    uri: OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    fact(Wire::Messages, (shared, uri, headers, body), json!({ "input_tokens": 10 }))
}

async fn embeddings(
    shared: Shared<Arc<State>>,
    uri: OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let data = json!([{ "object": "embedding", "index": 0, "embedding": [0.25, -0.5] }]);
    fact(Wire::Chat, (shared, uri, headers, body), json!({ "object": "list", "data": data }))
}

async fn models(shared: Shared<Arc<State>>, uri: OriginalUri, headers: HeaderMap) -> Response {
    let data =
        json!([{ "id": "scripted-1", "object": "model", "type": "model", "display_name": "Scripted 1" }]);
    fact(Wire::Chat, (shared, uri, headers, Bytes::new()), json!({ "object": "list", "data": data }))
}

/// A request that is answered with a fixed document.
fn fact(wire: Wire, call: Call, document: Value) -> Response {
    match arrive(wire, call) {
        Ok(arrived) => {
            arrived.state.end(arrived.place, Ending::Complete);
            vendor_response(StatusCode::OK, "application/json", Body::from(document.to_string()))
        }
        Err(refusal) => *refusal,
    }
}

/// A request that is answered by script.
async fn turn(wire: Wire, call: Call) -> Response {
    let arrived = match arrive(wire, call) {
        Ok(arrived) => arrived,
        Err(refusal) => return *refusal,
    };
    let script = arrived.state.scripts().pop_front().unwrap_or_else(|| by_convention(&arrived.body));
    let answer = Answer { arrived, writer: None, steps: Vec::new().into_iter() };
    match script {
        ModelScript::Answer(steps) => answer.give(wire, steps).await,
        ModelScript::Error { status, message } => {
            answer.over();
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            error(wire, status, &message)
        }
        ModelScript::Redirect(place) => {
            answer.over();
            let mut response = vendor_response(StatusCode::TEMPORARY_REDIRECT, "text/plain", Body::empty());
            if let Ok(place) = place.parse() {
                response.headers_mut().insert(header::LOCATION, place);
            }
            response
        }
        ModelScript::Silence => {
            // Ends when the caller leaves, which drops `answer` too.
            std::future::pending::<()>().await;
            drop(answer);
            error(wire, StatusCode::INTERNAL_SERVER_ERROR, "never")
        }
    }
}

/// A request that was let in.
struct Arrived {
    state: Arc<State>,
    place: usize,
    body: Value,
}

/// Keeps a request and checks its key.
fn arrive(
    wire: Wire,
    (Shared(state), OriginalUri(uri), headers, body): Call,
) -> Result<Arrived, Box<Response>> {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let given = match wire {
        Wire::Messages => headers.get("x-api-key").map(|value| value.as_bytes().to_vec()),
        Wire::Chat | Wire::Responses => headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.as_bytes().strip_prefix(b"Bearer ").map(<[u8]>::to_vec)),
    };
    let known = given.as_deref() == Some(state.key.as_bytes());
    let target = uri.to_string();
    let place = state.record(ModelRequest { target, headers, body: body.clone(), ending: Ending::UnderWay });
    if known {
        return Ok(Arrived { state, place, body });
    }
    state.end(place, Ending::Complete);
    let given = String::from_utf8_lossy(&given.unwrap_or_default()).into_owned();
    // Vendors quote the key they were given; so does this one.
    Err(Box::new(error(wire, StatusCode::UNAUTHORIZED, &format!("Incorrect API key provided: {given}"))))
}

/// An answer under way; dropped before its end, the caller has left.
struct Answer {
    arrived: Arrived,
    writer: Option<Writer>,
    steps: std::vec::IntoIter<Step>,
}

impl Answer {
    fn over(&self) {
        self.arrived.state.end(self.arrived.place, Ending::Complete);
    }

    async fn give(mut self, wire: Wire, steps: Vec<Step>) -> Response {
        let mut writer = Writer::new(wire, &self.arrived.body);
        if self.arrived.body["stream"] == true {
            let begin = writer.begin();
            self.writer = Some(writer);
            self.steps = steps.into_iter();
            let first = stream::iter([Ok(Bytes::from(begin))]);
            let rest = stream::unfold(self, |mut answer| async move {
                let piece = answer.next().await?;
                Some((piece, answer))
            });
            let body = Body::from_stream(first.chain(rest));
            return vendor_response(StatusCode::OK, "text/event-stream; charset=utf-8", body);
        }
        for step in &steps {
            match step {
                Step::Wait(gate) => gate.pass().await,
                Step::Cut => {
                    self.over();
                    return vendor_response(StatusCode::OK, "application/json", half_a_document());
                }
                other => {
                    writer.write(other);
                }
            }
        }
        self.over();
        vendor_response(StatusCode::OK, "application/json", Body::from(writer.whole().to_string()))
    }

    /// The next piece of a streamed answer.
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        loop {
            let writer = self.writer.as_mut()?;
            match self.steps.next() {
                Some(Step::Wait(gate)) => gate.pass().await,
                Some(Step::Cut) => {
                    // What was said before must be on the wire: a server that is idle for a moment sends it.
                    tokio::task::yield_now().await;
                    self.writer = None;
                    self.over();
                    return Some(Err(cut()));
                }
                Some(step) => return Some(Ok(Bytes::from(writer.write(&step)))),
                None => {
                    let end = writer.end();
                    self.writer = None;
                    self.over();
                    return Some(Ok(Bytes::from(end)));
                }
            }
        }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        let (state, place) = (&self.arrived.state, self.arrived.place);
        let under_way =
            state.requests.borrow().get(place).is_some_and(|request| request.ending == Ending::UnderWay);
        if under_way {
            state.end(place, Ending::Abandoned);
        }
    }
}

fn half_a_document() -> Body {
    let half = stream::iter([Ok(Bytes::from_static(b"{\"half\":"))]);
    let end = stream::once(async {
        tokio::task::yield_now().await;
        Err(cut())
    });
    Body::from_stream(half.chain(end))
}

fn cut() -> io::Error {
    io::Error::other("cut by the script")
}

fn error(wire: Wire, status: StatusCode, message: &str) -> Response {
    let document = wire.error(status.as_u16(), message);
    let mut response = vendor_response(status, "application/json", Body::from(document.to_string()));
    if matches!(status.as_u16(), 429 | 529) {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("7"));
    }
    response
}

/// An answer with the headers that vendors add, for those in between to keep or to drop.
fn vendor_response(status: StatusCode, content_type: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    for (name, value) in [
        ("content-type", content_type),
        ("request-id", "req_scripted"),
        ("x-request-id", "req_scripted"),
        ("anthropic-ratelimit-requests-remaining", "99"),
        ("anthropic-organization-id", "org-of-the-platform"),
        ("openai-organization", "org-of-the-platform"),
        ("set-cookie", "tracking=1"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
