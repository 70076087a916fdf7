//! `/_smartbox/debug/…` through the edge's own listener.

use std::net::SocketAddr;
use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};
use smartbox_api::AuditList;
use smartbox_edge::{EdgeConfig, EdgeListener};
use smartbox_egress::{AiGateway, Limits, ModelPlan};
use smartbox_provider::Link;
use smartbox_testkit::{ADMIN_SECRET, TestApp};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::{EnvFilter, reload};

use super::ThisProcess;
use crate::daemon::parts::Watched;
use crate::lifecycle::Lifecycle;
use crate::telemetry::LogControl;
use crate::testing::serve_edge_with;

const ROUTES: [&str; 4] = ["process", "tasks", "edge", "log"];

struct World {
    app: TestApp,
    address: SocketAddr,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl World {
    async fn start(is_on: bool) -> Self {
        let app = TestApp::start().await;
        app.running_box(&app.admin(), "home").await;
        let (filter, handle) = reload::Layer::new(EnvFilter::new("info"));
        drop(filter);
        let life = Lifecycle::default();
        life.spawn("a loop", std::future::pending());
        let process = ThisProcess::new(life, LogControl::new("info".to_owned(), handle));
        let watched = Watched { insight: is_on.then(|| Arc::new(process)), ..Watched::default() };
        let listener = EdgeListener::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.local_addr();
        let (control, link) = (app.control.clone(), Arc::clone(&app.provider) as Arc<dyn Link>);
        let gateway = AiGateway::new(ModelPlan::demo(), Limits::default()).unwrap();
        let (stop, mut tasks) = (CancellationToken::new(), JoinSet::new());
        let ended = stop.clone();
        tasks.spawn(async move {
            let config = (EdgeConfig::default(), watched);
            serve_edge_with(config, (&control, &gateway), link, listener, &ended).await.unwrap();
        });
        Self { app, address, stop, tasks }
    }

    /// Status and document of an answer.
    async fn ask(&self, request: &str, headers: &str, body: &str) -> (u16, Value) {
        let mut socket = TcpStream::connect(self.address).await.unwrap();
        let whole = format!(
            "{request} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n{headers}\r\n{body}",
            self.address,
            body.len()
        );
        socket.write_all(whole.as_bytes()).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        let document = &body[body.find('{').unwrap_or(0)..=body.rfind('}').unwrap_or(0)];
        (status, serde_json::from_str(document).unwrap_or_default())
    }

    /// What is said of a path below the platform's own that nobody serves.
    async fn nothing(&self) -> Value {
        let (status, mut problem) = self.ask("GET /_smartbox/nothing", &secret(), "").await;
        assert_eq!(status, 404);
        problem["instance"] = Value::Null;
        problem
    }

    async fn end(mut self) {
        self.stop.cancel();
        while let Some(ended) = self.tasks.join_next().await {
            ended.unwrap();
        }
    }
}

fn secret() -> String {
    format!("x-admin-secret: {ADMIN_SECRET}\r\n")
}

#[tokio::test]
async fn the_admin_on_this_machine_sees_what_the_platform_has_in_its_hands() {
    let world = World::start(true).await;
    let (status, process) = world.ask("GET /_smartbox/debug/process", &secret(), "").await;
    assert_eq!((status, &process["pid"]), (200, &json!(std::process::id())), "{process}");
    assert!(process["resident_bytes"].as_u64() > Some(1_000_000), "{process}");
    let (_, tasks) = world.ask("GET /_smartbox/debug/tasks", &secret(), "").await;
    assert_eq!(tasks["items"][0]["name"], "a loop", "{tasks}");
    let (_, edge) = world.ask("GET /_smartbox/debug/edge", &secret(), "").await;
    let id = world.app.show(&world.app.admin(), "home").await.id;
    assert_eq!(edge["routes"][0]["box"], id, "{edge}");
    assert_eq!((&edge["routes"][0]["state"], &edge["connections"]), (&json!("ready"), &json!(1)));
    let all = format!("{process}{tasks}{edge}");
    assert!(!all.contains(ADMIN_SECRET) && !all.contains("home"), "{all}");
    world.end().await;
}

#[tokio::test]
async fn more_is_logged_for_as_long_as_was_asked() {
    let world = World::start(true).await;
    let wish = json!({ "level": "debug", "for": "10m" }).to_string();
    let (status, log) = world.ask("PUT /_smartbox/debug/log", &secret(), &wish).await;
    assert_eq!((status, &log["level"], &log["filter"]), (200, &json!("debug"), &json!("info")), "{log}");
    for wrong in [json!({ "level": "off", "for": "10m" }), json!({ "level": "debug", "for": "2000m" })] {
        assert_eq!(world.ask("PUT /_smartbox/debug/log", &secret(), &wrong.to_string()).await.0, 422);
    }
    let audit: AuditList = world.app.admin().get("/v1/audit?limit=200").await.json(StatusCode::OK);
    let raised: Vec<_> = audit.items.iter().filter(|line| line.action == "platform.log-raised").collect();
    let [raised] = raised[..] else { panic!("what was refused raised nothing: {audit:?}") };
    let detail: Value = serde_json::from_str(&raised.detail).unwrap();
    assert_eq!(
        (raised.actor.as_str(), raised.org.as_ref(), detail),
        ("admin", None, json!({ "level": "debug", "seconds": 600 }))
    );
    assert!(raised.address.is_some(), "from where: {raised:?}");
    assert!(!format!("{audit:?}").contains(ADMIN_SECRET));
    world.end().await;
}

#[tokio::test]
async fn for_everybody_else_nothing_is_there() {
    let world = World::start(true).await;
    let nothing = world.nothing().await;
    let strangers = [
        String::new(),
        "x-admin-secret: something-else-entirely\r\n".to_owned(),
        format!("authorization: Bearer {ADMIN_SECRET}\r\n"),
        format!("{0}{0}", secret()),
        format!("{}x-forwarded-for: 203.0.113.9\r\n", secret()),
        format!("{}forwarded: for=203.0.113.9\r\n", secret()),
        format!("{}via: 1.1 proxy\r\n", secret()),
        format!("{}x-real-ip: 127.0.0.1\r\n", secret()),
    ];
    for headers in strangers {
        for (method, route) in
            ROUTES.into_iter().map(|route| ("GET", route)).chain([("PUT", "log"), ("DELETE", "log")])
        {
            let (status, mut problem) =
                world.ask(&format!("{method} /_smartbox/debug/{route}"), &headers, "{}").await;
            problem["instance"] = Value::Null;
            assert_eq!((status, &problem), (404, &nothing), "{method} {route} {headers}");
        }
    }
    world.end().await;
}

#[tokio::test]
async fn without_the_setting_nothing_is_there_for_anybody() {
    let world = World::start(false).await;
    let nothing = world.nothing().await;
    for route in ROUTES {
        let (status, mut problem) = world.ask(&format!("GET /_smartbox/debug/{route}"), &secret(), "").await;
        problem["instance"] = Value::Null;
        assert_eq!((status, &problem), (404, &nothing), "{route}");
    }
    world.end().await;
}
