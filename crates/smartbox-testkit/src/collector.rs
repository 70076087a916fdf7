//! A collector of spans: a real server on a loopback port that speaks OTLP over HTTP, in protobuf, and keeps what it was sent.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::wait_for;

/// The longest wait for spans.
const LIMIT: Duration = Duration::from_secs(20);

/// What a collector does with spans.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Takes {
    /// It keeps them.
    #[default]
    All,
    /// It says that it cannot now.
    None,
    /// It never answers.
    Silent,
}

/// A span as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenSpan {
    /// Its name.
    pub name: String,
    /// The trace, in hexadecimal digits.
    pub trace: String,
    /// Its own id.
    pub id: String,
    /// That of the span it is within; empty for the first of a trace.
    pub parent: String,
    /// `internal`, `server` or `client`.
    pub kind: &'static str,
    /// Whether it is an error.
    pub is_error: bool,
    /// Its attributes, as text.
    pub attributes: BTreeMap<String, String>,
}

/// A collector. Dropping it closes its port.
pub struct SpanCollector {
    /// Where it listens, such as `http://127.0.0.1:4318`.
    pub url: String,
    kept: Arc<Kept>,
    _server: JoinSet<()>,
}

#[derive(Default)]
struct Kept {
    takes: Mutex<Takes>,
    spans: Mutex<Vec<SeenSpan>>,
    /// The `Authorization` of the last request.
    authorization: Mutex<String>,
}

impl SpanCollector {
    /// Listens on a free loopback port and takes everything.
    ///
    /// # Panics
    /// When there is none.
    #[expect(clippy::expect_used, reason = "that is how a test fails")]
    pub async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("the port has a number");
        let kept = Arc::<Kept>::default();
        let router = Router::new().route("/v1/traces", post(take)).with_state(Arc::clone(&kept));
        let mut server = JoinSet::new();
        server.spawn(async move {
            // It ends with its set; an error would show itself in the test.
            let _ = axum::serve(listener, router).await;
        });
        Self { url: format!("http://{address}"), kept, _server: server }
    }

    /// Does this with spans from now on.
    pub fn takes(&self, takes: Takes) {
        *lock(&self.kept.takes) = takes;
    }

    /// The spans so far.
    pub fn spans(&self) -> Vec<SeenSpan> {
        lock(&self.kept.spans).clone()
    }

    /// The spans, once they are as they are waited for.
    pub async fn wait_for(&self, what: &str, is_met: impl Fn(&Vec<SeenSpan>) -> bool) -> Vec<SeenSpan> {
        wait_for(what, LIMIT, || async { self.spans() }, is_met).await
    }

    /// What the last request showed to be let in.
    pub fn authorization(&self) -> String {
        lock(&self.kept.authorization).clone()
    }
}

async fn take(State(kept): State<Arc<Kept>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    *lock(&kept.authorization) = text("authorization").to_owned();
    let takes = *lock(&kept.takes);
    match takes {
        Takes::All => {}
        Takes::None => return StatusCode::SERVICE_UNAVAILABLE,
        Takes::Silent => std::future::pending().await,
    }
    let request = ExportTraceServiceRequest::decode(body);
    let (Ok(request), "application/x-protobuf") = (request, text(CONTENT_TYPE.as_str())) else {
        return StatusCode::BAD_REQUEST;
    };
    let scopes = request.resource_spans.into_iter().flat_map(|of_resource| of_resource.scope_spans);
    lock(&kept.spans).extend(scopes.flat_map(|of_scope| of_scope.spans).map(seen));
    StatusCode::OK
}

fn seen(span: Span) -> SeenSpan {
    let attributes = span.attributes.into_iter().map(|attribute| {
        let value = attribute.value.and_then(|value| value.value);
        let text = match value {
            Some(Value::StringValue(text)) => text,
            Some(Value::IntValue(number)) => number.to_string(),
            other => format!("{other:?}"),
        };
        (attribute.key, text)
    });
    SeenSpan {
        trace: hex(&span.trace_id),
        id: hex(&span.span_id),
        parent: hex(&span.parent_span_id),
        kind: match span.kind {
            2 => "server",
            3 => "client",
            _ => "internal",
        },
        is_error: span.status.is_some_and(|status| status.code == 2),
        attributes: attributes.collect(),
        name: span.name,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
