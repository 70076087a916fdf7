//! A platform that says what a test tells it to.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Time of everything that happens in these tests.
pub(crate) const AT: &str = "2026-11-21T07:51:02Z";
/// Id of the box of these tests.
pub(crate) const BOX_ID: &str = "box_0190f5fe7c007a3e8a2f0123456789ab";

/// A request that arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Clone, Default)]
struct Record(Arc<Mutex<Vec<Seen>>>);

/// A running platform; ends with the test.
pub(crate) struct Fake {
    pub(crate) url: String,
    record: Record,
    _server: JoinSet<()>,
}

impl Fake {
    /// Serves these routes on a port of its own.
    pub(crate) async fn start(routes: Router) -> Self {
        let record = Record::default();
        let app = routes.layer(from_fn_with_state(record.clone(), note));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, record, _server: server }
    }

    /// The requests so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.record.0.lock().unwrap().clone()
    }

    /// The request lines so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.line).collect()
    }
}

async fn note(State(record): State<Record>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, 4 * 1024 * 1024).await.unwrap();
    let text = |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = parts.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    let line = format!("{} {}", parts.method, parts.uri);
    let seen = Seen { line, headers, body: String::from_utf8_lossy(&bytes).into_owned() };
    record.0.lock().unwrap().push(seen);
    next.run(Request::from_parts(parts, Body::from(bytes))).await
}

/// A box in this phase.
pub(crate) fn smartbox(phase: &str, stage: Option<&str>) -> Value {
    let mut view = json!({
        "id": BOX_ID, "org": "org_0190f5fe7c007a3e8a2f0123456789ab", "name": "home", "kind": "pa",
        "tier": "standard-1", "is_default": false, "phase": phase, "desired": "running", "version": 1,
        "runtime_version": "2026.9.6", "path": "/b/home/", "created_at": AT, "restarts": 0, "oom_kills": 0,
    });
    if let Some(stage) = stage {
        view["stage"] = stage.into();
    }
    view
}

/// An operation on it.
pub(crate) fn operation(kind: &str, state: &str) -> Value {
    json!({ "id": "op_1", "box_id": BOX_ID, "kind": kind, "state": state, "created_at": AT })
}

/// Box and operation, as changes are answered.
pub(crate) fn launched(kind: &str, state: &str, phase: &str) -> Response {
    let body = json!({ "box": smartbox(phase, None), "operation": operation(kind, state) });
    (StatusCode::ACCEPTED, axum::Json(body)).into_response()
}

/// A problem document.
pub(crate) fn problem(body: Value) -> Response {
    let status = StatusCode::from_u16(u16::try_from(body["status"].as_u64().unwrap()).unwrap()).unwrap();
    (status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
}

/// An event stream with this text.
pub(crate) fn events(text: impl Into<String>) -> Response {
    ([(header::CONTENT_TYPE, "text/event-stream")], text.into()).into_response()
}
