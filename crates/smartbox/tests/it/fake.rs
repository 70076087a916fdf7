//! A platform that says what a test tells it to.

use axum::extract::WebSocketUpgrade;
use axum::extract::ws::{Message, WebSocket};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// A running platform; ends with the test.
pub(crate) struct Fake {
    pub(crate) url: String,
    _server: JoinSet<()>,
}

impl Fake {
    /// Serves these routes on a port of its own.
    pub(crate) async fn start(routes: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { url, _server: server }
    }
}

/// A box.
pub(crate) fn smartbox() -> Value {
    json!({
        "id": "box_0190f5fe7c007a3e8a2f0123456789ab", "org": "org_1", "name": "home", "kind": "pa",
        "tier": "standard-1", "is_default": true, "phase": "running", "desired": "running", "version": 1,
        "runtime_version": "2026.9.6", "path": "/b/home/", "created_at": "2026-11-21T07:51:02Z",
        "restarts": 0, "oom_kills": 0,
    })
}

fn launched(kind: &str) -> Value {
    let operation = json!({"id": "op_1", "box_id": "box_1", "kind": kind, "state": "running",
        "created_at": "2026-11-21T07:51:02Z"});
    json!({ "box": smartbox(), "operation": operation })
}

/// A platform with one box whose changes take this long: until `release` says how they ended.
pub(crate) fn one_box(asked: mpsc::Sender<String>, operation: axum::routing::MethodRouter) -> Router {
    let tell = move |what: &'static str| {
        let asked = asked.clone();
        move || async move {
            asked.send(what.to_owned()).await.unwrap();
            Json(launched(what))
        }
    };
    Router::new()
        .route("/v1/boxes/home/start", post(tell("start")))
        .route("/v1/boxes/home", get(|| async { Json(smartbox()) }).delete(tell("delete")))
        .route("/v1/boxes/{id}", get(|| async { Json(smartbox()) }))
        .route("/v1/operations/{id}", operation)
}

/// An operation that has succeeded.
pub(crate) fn succeeded() -> axum::routing::MethodRouter {
    let mut operation = launched("start")["operation"].clone();
    operation["state"] = "succeeded".into();
    get(move || async move { Json(operation) })
}

/// An event stream of this text that stays open behind it.
pub(crate) fn open_stream(text: String) -> Response {
    use futures_util::StreamExt as _;
    let stream =
        futures_util::stream::iter([Ok::<_, std::io::Error>(text)]).chain(futures_util::stream::pending());
    let body = axum::body::Body::from_stream(stream);
    ([("content-type", "text/event-stream")], body).into_response()
}

/// What a client of the exec stream sent: a channel (`t` for text) and its payload.
pub(crate) type Frame = (u8, Vec<u8>);

/// A platform whose exec stream hands on every frame it gets, and sends every frame it is given.
pub(crate) fn exec() -> (Router, mpsc::Receiver<Frame>, mpsc::Sender<Frame>) {
    let (told, hears) = mpsc::channel(64);
    let (says, said) = mpsc::channel::<Frame>(64);
    let said = std::sync::Arc::new(tokio::sync::Mutex::new(said));
    let session = async move |mut socket: WebSocket| {
        let mut said = said.lock().await;
        loop {
            tokio::select! {
                message = socket.recv() => match message {
                    Some(Ok(Message::Binary(frame))) => told.send((frame[0], frame[1..].to_vec())).await.unwrap(),
                    Some(Ok(Message::Text(text))) => told.send((b't', text.as_bytes().to_vec())).await.unwrap(),
                    Some(Ok(_)) => {}
                    _ => return,
                },
                frame = said.recv() => match frame {
                    Some((channel, payload)) => {
                        let frame = [&[channel], payload.as_slice()].concat();
                        socket.send(Message::Binary(frame.into())).await.unwrap();
                    }
                    None => return,
                },
            }
        }
    };
    let upgrade = any(move |upgrade: WebSocketUpgrade| async move { upgrade.on_upgrade(session) });
    (Router::new().route("/v1/boxes/{id}/exec:stream", upgrade), hears, says)
}

/// The frame that ends a command.
pub(crate) fn ended(code: i32) -> Frame {
    (3, json!({"type": "ended", "outcome": "exited", "code": code}).to_string().into_bytes())
}
