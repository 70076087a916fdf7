use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::Value;
use tokio::task::JoinSet;

use crate::platform::Platform;

/// A server of an older deployment. Ends with the test.
struct Old {
    url: String,
    /// Paths and headers, in the order in which requests came.
    seen: Arc<Mutex<Vec<(String, HeaderMap)>>>,
    _server: JoinSet<()>,
}

#[derive(Clone)]
struct Answers {
    status: StatusCode,
    seen: Arc<Mutex<Vec<(String, HeaderMap)>>>,
}

impl Old {
    async fn start(status: StatusCode) -> Self {
        let seen = Arc::<Mutex<Vec<_>>>::default();
        let answers = Answers { status, seen: Arc::clone(&seen) };
        let answer = |State(answers): State<Answers>, request: Request| async move {
            let asked = (request.uri().to_string(), request.headers().clone());
            answers.seen.lock().unwrap().push(asked);
            (answers.status, "the old one")
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut server = JoinSet::new();
        let router = Router::new().fallback(answer).with_state(answers);
        server.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, seen, _server: server }
    }

    fn last(&self) -> (String, HeaderMap) {
        self.seen.lock().unwrap().last().cloned().expect("it was asked")
    }
}

async fn ask(platform: &Platform, path: &str) -> (u16, String) {
    let request = platform.http().get(platform.url(path)).header("x-admin-secret", platform.admin_secret());
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// From an older deployment to this platform and back: by switch, by hand, after a crash, and by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_moves_here_from_an_older_deployment_and_back() {
    let old = Old::start(StatusCode::OK).await;
    let mut platform = Platform::start(&[
        ("USE_NEW_CONTAINER_GATEWAY", "1"),
        ("SMARTBOX__ROUTING__CONTAINER_GATEWAY_PRIMARY", &old.url),
    ])
    .await;
    platform.wait_for_phase("home", "running").await;
    assert_eq!(platform.json("/health").await["flags"]["container-gateway"], 100);
    let (status, models) = ask(&platform, "/b/home/v1/models").await;
    assert!(status == 200 && serde_json::from_str::<Value>(&models).is_ok(), "the real gateway: {models}");
    assert!(old.seen.lock().unwrap().is_empty());

    platform.cli_ok(&["route", "rollback", "container-gateway"]);
    assert_eq!(ask(&platform, "/b/home/v1/models").await, (200, "the old one".to_owned()));
    let (path, headers) = old.last();
    assert_eq!(
        (path.as_str(), headers["x-smartbox-caller"].to_str().unwrap()),
        ("/b/home/v1/models", "admin")
    );
    assert!(!headers.contains_key("x-admin-secret"), "a box's server does not get the secret");
    platform.kill();
    platform.start_again().await;
    assert_eq!(ask(&platform, "/b/home/").await.1, "the old one", "the switch does not undo it at a start");

    platform.cli_ok(&["route", "set", "admin-api", "--primary", &old.url]);
    assert_eq!(ask(&platform, "/api/super/users?x=1").await.1, "the old one");
    let (path, headers) = old.last();
    assert_eq!(
        (path.as_str(), headers["x-admin-secret"].to_str().unwrap()),
        ("/api/super/users?x=1", &*platform.admin_secret())
    );
    let stranger = platform.http().get(platform.url("/api/super/users")).send().await.unwrap();
    assert_eq!(stranger.status(), reqwest::StatusCode::UNAUTHORIZED);

    let broken = Old::start(StatusCode::INTERNAL_SERVER_ERROR).await;
    let set = ["route", "set", "container-gateway", "--candidate", &broken.url, "--percentage", "100"];
    platform.cli_ok(&set);
    let mut asked = 0;
    while ask(&platform, "/b/home/").await.0 == 500 {
        asked += 1;
        assert!(asked < 200, "it is not given up");
    }
    assert!(asked >= 20, "not before there are enough: {asked}");
    let shown = platform.cli_ok(&["route", "show", "container-gateway"]);
    assert!(shown.contains("Rolled back:") && shown.contains("by platform"), "{shown}");
    platform.cli_ok(&["audit", "verify"]);
}
