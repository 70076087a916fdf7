//! Requests through the edge's own listener, with a real collector of spans behind the platform.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use http::StatusCode;
use secrecy::SecretString;
use serde_json::json;
use smartbox_api::CreatedToken;
use smartbox_edge::{EdgeConfig, EdgeListener};
use smartbox_egress::{AiGateway, Limits, ModelPlan};
use smartbox_provider::Link;
use smartbox_testkit::{ADMIN_SECRET, Client, SeenSpan, SpanCollector, Takes, TestApp};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::SubscriberExt as _;

use super::*;
use crate::daemon::parts::Watched;
use crate::testing::serve_edge_with;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CLIENT_SPAN: &str = "00f067aa0ba902b7";
/// What a request to a box is called.
const TO_BOX: &str = "GET /b/{box}/{path}";

/// A platform at a port, whose requests are traced.
struct World {
    _subscriber: DefaultGuard,
    /// Holds the queue where nobody takes spans out of it.
    _idle: Option<Shipper>,
    app: TestApp,
    client: Client,
    collector: SpanCollector,
    dropped: Arc<Dropped>,
    address: SocketAddr,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl World {
    /// With room for so many spans, which are sent away if `is_shipped`.
    async fn start(queue_max: usize, is_shipped: bool) -> Self {
        let app = TestApp::start().await;
        app.run_commands();
        let client = app.first_tenant().await.client;
        app.running_box(&client, "home").await;
        let (collector, dropped) = (SpanCollector::start().await, Arc::<Dropped>::default());
        let settings = TracingSettings {
            collector: collector.url.parse().unwrap(),
            path: "/v1/traces".to_owned(),
            authorization: Some(SecretString::from("Bearer of-the-collector")),
            sample: 1.0,
        };
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let pipeline = Pipeline::with_queue(&settings, &dropped, queue_max).unwrap();
        // On top of the test's own, which asks for warnings.
        let subscriber = tracing_subscriber::registry().with(pipeline.layer());
        let _subscriber = tracing::subscriber::set_default(subscriber);
        let (stop, mut tasks) = (CancellationToken::new(), JoinSet::new());
        let _idle = if is_shipped {
            tasks.spawn(pipeline.shipper.run(stop.clone()));
            None
        } else {
            Some(pipeline.shipper)
        };
        let listener = EdgeListener::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.local_addr();
        let (control, link) = (app.control.clone(), Arc::clone(&app.provider) as Arc<dyn Link>);
        let gateway = AiGateway::new(ModelPlan::demo(), Limits::default()).unwrap();
        let ended = stop.clone();
        tasks.spawn(async move {
            let watched = Watched { traces: Some(Arc::new(OtelTraces)), ..Watched::default() };
            let config = (EdgeConfig::default(), watched);
            serve_edge_with(config, (&control, &gateway), link, listener, &ended).await.unwrap();
        });
        Self { _subscriber, _idle, app, client, collector, dropped, address, stop, tasks }
    }

    /// Asks, and gives the status of the answer.
    async fn ask(&self, request: &str, headers: &str, body: &str) -> u16 {
        let mut socket = TcpStream::connect(self.address).await.unwrap();
        let whole = format!(
            "{request} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}",
            self.address,
            body.len()
        );
        socket.write_all(whole.as_bytes()).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        answer.split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// The same as the platform's admin.
    async fn ask_as_admin(&self, request: &str, headers: &str, body: &str) -> u16 {
        self.ask(request, &format!("x-admin-secret: {ADMIN_SECRET}\r\n{headers}"), body).await
    }

    /// What the collector has, once there is a span of each of these names.
    async fn spans(&self, names: &[&str]) -> Vec<SeenSpan> {
        let has = |spans: &Vec<SeenSpan>, name: &str| spans.iter().any(|span| span.name == name);
        self.collector.wait_for("the spans", |spans| names.iter().all(|name| has(spans, name))).await
    }

    async fn end(mut self) {
        self.stop.cancel();
        while let Some(ended) = self.tasks.join_next().await {
            ended.unwrap();
        }
    }
}

fn one<'s>(spans: &'s [SeenSpan], name: &str, kind: &str) -> &'s SeenSpan {
    let mut found = spans.iter().filter(|span| span.name == name && span.kind == kind);
    let (Some(span), None) = (found.next(), found.next()) else { panic!("{name} {kind}: {spans:#?}") };
    span
}

#[tokio::test]
async fn a_request_to_a_box_goes_on_in_the_trace_of_its_client() {
    let world = World::start(64, true).await;
    let told = format!("traceparent: 00-{TRACE}-{CLIENT_SPAN}-01\r\ntracestate: vendor=1\r\n");
    assert_eq!(world.ask_as_admin("GET /b/home/chat/hush?word=hush", &told, "").await, 200);
    let spans = world.spans(&[TO_BOX, "GET"]).await;
    let (server, client) = (one(&spans, TO_BOX, "server"), one(&spans, "GET", "client"));
    assert_eq!((server.trace.as_str(), server.parent.as_str()), (TRACE, CLIENT_SPAN));
    assert_eq!((client.trace.as_str(), &client.parent), (TRACE, &server.id));
    let attribute = |name: &str| server.attributes[name].as_str();
    assert_eq!(attribute("http.request.method"), "GET");
    assert_eq!(attribute("http.response.status_code"), "200");
    assert_eq!(attribute("http.route"), "/b/{box}/{path}");
    assert_eq!(attribute("smartbox.box.id"), world.app.show(&world.client, "home").await.id);
    let head = world.app.gateway.heads().pop().unwrap();
    assert_eq!(head["traceparent"], format!("00-{TRACE}-{}-01", client.id));
    assert_eq!(head["tracestate"], "vendor=1");
    let told = format!("{spans:?}");
    assert!(!told.contains("hush") && !told.contains(ADMIN_SECRET), "{told}");
    assert_eq!(world.collector.authorization(), "Bearer of-the-collector");
    world.end().await;
}

#[tokio::test]
async fn what_names_no_trace_begins_one() {
    let world = World::start(64, true).await;
    let told = format!("traceparent: 00-{TRACE}-0000000000000000-01\r\ntracestate: vendor=1\r\n");
    assert_eq!(world.ask_as_admin("GET /b/home/chat", &told, "").await, 200);
    let spans = world.spans(&[TO_BOX, "GET"]).await;
    let server = one(&spans, TO_BOX, "server");
    assert_ne!(server.trace, TRACE);
    assert_eq!(server.parent, "");
    let head = world.app.gateway.heads().pop().unwrap();
    assert!(head["traceparent"].to_str().unwrap().starts_with(&format!("00-{}-", server.trace)), "{head:?}");
    assert!(!head.contains_key("tracestate"), "it is that of a trace that does not go on");
    world.end().await;
}

#[tokio::test]
async fn the_api_is_told_by_its_routes_and_what_takes_time_in_it() {
    let world = World::start(64, true).await;
    let json = "content-type: application/json\r\n";
    let argv = json!({ "argv": ["true"] }).to_string();
    assert_eq!(world.ask_as_admin("POST /v1/boxes/home/exec:sync", json, &argv).await, 200);
    assert_eq!(world.ask_as_admin("GET /v1/boxes/nothing", "", "").await, 404);
    let (exec, show) = ("POST /v1/boxes/{box}/exec:sync", "GET /v1/boxes/{box}");
    let spans = world.spans(&[exec, show, "exec"]).await;
    let (server, command) = (one(&spans, exec, "server"), one(&spans, "exec", "internal"));
    assert_eq!((&command.trace, &command.parent), (&server.trace, &server.id));
    assert_eq!(one(&spans, show, "server").attributes["http.response.status_code"], "404");
    assert!(spans.iter().all(|span| !span.is_error), "that is the client's business: {spans:#?}");
    world.end().await;
}

#[tokio::test]
async fn a_model_call_is_within_its_request() {
    let world = World::start(64, true).await;
    let wish = json!({ "name": "key", "scopes": ["models:use"], "box": "home" });
    let made: CreatedToken = world.client.post_json("/v1/tokens", &wish).await.json(StatusCode::CREATED);
    let message = json!([{ "role": "user", "content": "a word in private" }]);
    let body = json!({ "model": "demo", "max_tokens": 100, "messages": message }).to_string();
    let headers = format!("x-api-key: {}\r\ncontent-type: application/json\r\n", made.secret);
    assert_eq!(world.ask("POST /ai/v1/messages", &headers, &body).await, 200);
    let spans = world.spans(&["POST /ai/{path}", "chat demo"]).await;
    let (server, call) = (one(&spans, "POST /ai/{path}", "server"), one(&spans, "chat demo", "client"));
    assert_eq!((&call.trace, &call.parent), (&server.trace, &server.id));
    assert_eq!(call.attributes["gen_ai.provider.name"], "demo");
    assert!(call.attributes["gen_ai.usage.output_tokens"].parse::<u64>().unwrap() > 0);
    let told = format!("{spans:?}");
    assert!(!told.contains("private") && !told.contains(&made.secret), "{told}");
    world.end().await;
}

#[tokio::test]
async fn a_transaction_is_within_its_request_and_tells_where_it_is_and_not_what_it_writes() {
    let world = World::start(256, true).await;
    let json = "content-type: application/json\r\n";
    let wish = json!({ "labels": { "word": "hush" } }).to_string();
    assert_eq!(world.ask_as_admin("PATCH /v1/boxes/home", json, &wish).await, 200);
    let is_write = |span: &SeenSpan| span.name.starts_with("transaction ");
    let route = "PATCH /v1/boxes/{box}";
    let is_there =
        |spans: &Vec<SeenSpan>| spans.iter().any(is_write) && spans.iter().any(|span| span.name == route);
    let spans = world.collector.wait_for("the transaction", is_there).await;
    let (server, write) = (one(&spans, route, "server"), spans.iter().find(|span| is_write(span)).unwrap());
    assert_eq!((&write.trace, &write.parent, write.kind), (&server.trace, &server.id, "internal"));
    let attribute = |name: &str| write.attributes.get(name).map(String::as_str);
    assert!(attribute("smartbox.committed").is_some_and(|committed| committed.contains("true")), "{write:?}");
    assert_eq!(attribute("code.file.path"), write.name.strip_prefix("transaction "));
    assert!(attribute("code.line.number").is_some_and(|line| line.parse::<u32>().is_ok()), "{write:?}");
    assert!(attribute("smartbox.waited_ms").is_some(), "{write:?}");
    assert!(!format!("{spans:?}").contains("hush"), "{spans:?}");
    world.app.settle().await;
    let own = |span: &SeenSpan| is_write(span) && span.parent.is_empty();
    assert!(!world.collector.spans().iter().any(own), "what a loop writes begins no trace");
    world.end().await;
}

#[tokio::test]
async fn nobody_waits_for_a_collector_that_takes_nothing() {
    let world = World::start(4, false).await;
    for _ in 0..20 {
        assert_eq!(world.ask_as_admin("GET /b/home/chat", "", "").await, 200);
    }
    assert_eq!(world.dropped.spans.load(Relaxed), 20 * 2 - 4, "what does not fit is counted");
    assert!(world.collector.spans().is_empty());
    world.end().await;
}

#[tokio::test]
async fn a_collector_that_comes_back_gets_what_comes_then() {
    let world = World::start(64, true).await;
    world.collector.takes(Takes::None);
    assert_eq!(world.ask_as_admin("GET /b/home/first", "", "").await, 200);
    let dropped = || async { world.dropped.spans.load(Relaxed) };
    smartbox_testkit::wait_for("the drop", std::time::Duration::from_secs(20), dropped, |spans| *spans == 2)
        .await;
    world.collector.takes(Takes::All);
    assert_eq!(world.ask_as_admin("GET /v1/boxes", "", "").await, 200);
    let spans = world.spans(&["GET /v1/boxes"]).await;
    assert_eq!(spans.len(), 1, "what was dropped is gone: {spans:#?}");
    world.end().await;
}
