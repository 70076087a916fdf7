//! `/ai/…` through the edge's own listener, with the ledger behind it and a scripted vendor.

use std::net::SocketAddr;
use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};
use smartbox_api::CreatedToken;
use smartbox_control::Clock;
use smartbox_core::ledger::{Budget, Caps};
use smartbox_edge::{EdgeConfig, EdgeListener};
use smartbox_egress::{ModelSettings, UpstreamSettings, model_plan};
use smartbox_provider::Link;
use smartbox_testkit::scripted_model::{Ending, Gate, ModelScript, ScriptedModel, Step};
use smartbox_testkit::{ADMIN_SECRET, Client, TestApp};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::adapters::models::{Models, routes};
use crate::daemon::parts::Watched;
use crate::testing::serve_edge_with;

const REAL_KEY: &str = "sk-real-0123456789abcdef";
const PATH: &str = "/ai/v1/messages";

/// The platform at a port.
struct Platform {
    app: TestApp,
    client: Client,
    model: ScriptedModel,
    address: SocketAddr,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Platform {
    /// A platform with the box `home`.
    async fn start() -> Self {
        let app = TestApp::start().await;
        let client = app.first_tenant().await.client;
        app.running_box(&client, "home").await;
        let model = ScriptedModel::start(REAL_KEY).await.unwrap();
        let upstream = |base_url: String| UpstreamSettings {
            api_key: Some(REAL_KEY.into()),
            base_url: Some(base_url),
            models: vec!["scripted-1".to_owned()],
        };
        let plan = model_plan(&ModelSettings {
            anthropic: upstream(model.anthropic_base_url()),
            openai: upstream(model.openai_base_url()),
            primary: None,
        });
        let plan = plan.unwrap();
        let clock: Arc<dyn Clock> = Arc::clone(&app.clock) as _;
        let Models { gateway, routes: published, control: late } = Models::new(&plan, &clock, None).unwrap();
        let _first = late.set(app.control.clone());
        let (fleet, pictures) = (app.control.fleet(), app.control.model_picture());
        app.control.publish_allowances().await.unwrap();
        let (stop, mut tasks) = (CancellationToken::new(), JoinSet::new());
        let upstreams = plan.upstreams().to_vec();
        tasks.spawn(routes::follow(fleet, pictures, published, upstreams, stop.clone()));
        let (calls, ended) = (gateway.clone(), stop.clone());
        tasks.spawn(async move { calls.run(ended).await });
        let listener = EdgeListener::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.local_addr();
        let (control, link, ended) =
            (app.control.clone(), Arc::clone(&app.provider) as Arc<dyn Link>, stop.clone());
        tasks.spawn(async move {
            let config = (EdgeConfig::default(), Watched::default());
            serve_edge_with(config, (&control, &gateway), link, listener, &ended).await.unwrap();
        });
        Self { app, client, model, address, stop, tasks }
    }

    /// A key for a box of an org.
    async fn key(client: &Client, name: &str) -> CreatedToken {
        let body = json!({ "name": format!("key of {name}"), "scopes": ["models:use"], "box": name });
        client.post_json("/v1/tokens", &body).await.json(StatusCode::CREATED)
    }

    /// Sends a turn and does not read the answer.
    async fn ask(&self, key: &str, stream: bool) -> TcpStream {
        let message = json!([{ "role": "user", "content": "hello" }]);
        let body = json!({ "model": "scripted-1", "max_tokens": 100, "messages": message, "stream": stream });
        let body = body.to_string();
        let mut socket = TcpStream::connect(self.address).await.unwrap();
        let head = format!(
            "POST {PATH} HTTP/1.1\r\nhost: {}\r\nx-api-key: {key}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        socket
    }

    /// Status and document of an answer.
    async fn answer(&self, key: &str) -> (u16, Value) {
        let mut socket = self.ask(key, false).await;
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        let document = &body[body.find('{').unwrap_or(0)..=body.rfind('}').unwrap_or(0)];
        (status, serde_json::from_str(document).unwrap_or_default())
    }

    async fn limit(&self, tokens: u64) {
        let day = Caps { tokens: Some(tokens), ..Caps::default() };
        let budget = Budget { day, month: Caps::default() };
        self.app.control.set_box_budget(&self.app.admin_op(), "home", budget, None).await.unwrap();
    }

    /// Calls that are billed to a box, once there are so many.
    async fn billed(&self, smartbox: &str, calls: u64) -> u64 {
        loop {
            let usage = self.app.control.box_usage(&self.app.admin_op(), smartbox, None).await.unwrap().usage;
            if usage.calls >= calls {
                return usage.tokens();
            }
            tokio::task::yield_now().await;
        }
    }

    async fn end(mut self) {
        self.stop.cancel();
        while let Some(ended) = self.tasks.join_next().await {
            ended.unwrap();
        }
    }
}

fn turn(stream: bool) -> String {
    let message = json!([{ "role": "user", "content": "hello" }]);
    json!({ "model": "scripted-1", "max_tokens": 100, "messages": message, "stream": stream }).to_string()
}

/// Reads until this was read.
async fn until(socket: &mut TcpStream, text: &str) -> String {
    let (mut seen, mut piece) = (Vec::new(), [0; 1024]);
    loop {
        let read = socket.read(&mut piece).await.unwrap();
        assert!(read > 0, "it ended: {}", String::from_utf8_lossy(&seen));
        seen.extend_from_slice(&piece[..read]);
        let so_far = String::from_utf8_lossy(&seen).into_owned();
        if so_far.contains(text) {
            return so_far;
        }
    }
}

#[tokio::test]
async fn a_key_of_a_box_is_answered_by_the_vendor_and_billed_to_that_box_which_stays_asleep() {
    let platform = Platform::start().await;
    let (app, client) = (&platform.app, &platform.client);
    client.post("/v1/boxes/home/sleep").await;
    app.settle().await;
    assert_eq!(app.show(client, "home").await.phase, "sleeping");
    let key = Platform::key(client, "home").await.secret;
    let (status, answer) = platform.answer(&key).await;
    assert_eq!(
        (status, &answer["content"][0]["text"]),
        (200, &json!("scripted reply to: hello")),
        "{answer}"
    );
    assert_eq!(platform.billed("home", 1).await, 15);
    let request = platform.model.requests().pop().unwrap();
    let sent = format!("{:?}", request.headers);
    assert!(sent.contains(REAL_KEY) && !sent.contains(&key), "{sent}");
    app.settle().await;
    assert_eq!(app.show(client, "home").await.phase, "sleeping", "models are not in the box");
    platform.end().await;
}

#[tokio::test]
async fn what_is_no_key_of_a_box_lets_nobody_in_and_another_orgs_key_spends_for_its_own_box_alone() {
    let platform = Platform::start().await;
    let other = platform.app.tenant("other").await.client;
    platform.app.created_box(&other, "theirs").await;
    for wrong in ["sbx_unknown", REAL_KEY, ADMIN_SECRET, ""] {
        let (status, answer) = platform.answer(wrong).await;
        assert_eq!((status, &answer["error"]["type"]), (401, &json!("authentication_error")), "{answer}");
    }
    assert!(platform.model.requests().is_empty(), "nobody was asked");
    // It may be used here as anywhere; that it says nothing of `home` is all that keeps it from it.
    platform.limit(0).await;
    let theirs = Platform::key(&other, "theirs").await;
    assert_eq!(platform.answer(&theirs.secret).await.0, 200);
    let id = theirs.token.only.clone().unwrap();
    assert_eq!(platform.billed(&id, 1).await, 15);
    assert_eq!(platform.billed("home", 0).await, 0);
    platform.end().await;
}

#[tokio::test]
async fn a_call_that_does_not_fit_into_the_budget_is_a_402_and_says_until_when() {
    let platform = Platform::start().await;
    let key = Platform::key(&platform.client, "home").await.secret;
    platform.limit(10).await;
    let (status, answer) = platform.answer(&key).await;
    let message = answer["error"]["message"].as_str().unwrap_or_default();
    assert_eq!(status, 402, "{answer}");
    assert!(
        message.contains("the box's daily budget for tokens") && message.contains("anew at"),
        "{message}"
    );
    assert!(platform.model.requests().is_empty());
    platform.limit(100_000).await;
    assert_eq!(platform.answer(&key).await.0, 200);
    platform.end().await;
}

#[tokio::test]
async fn a_stream_ends_when_its_key_is_revoked_and_what_came_of_it_is_billed() {
    let platform = Platform::start().await;
    let made = Platform::key(&platform.client, "home").await;
    let other = Platform::key(&platform.client, "home").await;
    let mut open = Vec::new();
    for key in [&made, &other] {
        let gate = Gate::closed();
        let steps =
            vec![Step::Say("half".to_owned()), Step::Wait(gate.clone()), Step::Say("whole".to_owned())];
        platform.model.script(ModelScript::Answer(steps));
        let mut socket = platform.ask(&key.secret, true).await;
        until(&mut socket, "half").await;
        open.push((socket, gate));
    }
    let path = format!("/v1/tokens/{}", made.token.id);
    assert_eq!(platform.client.delete(&path).await.status, StatusCode::NO_CONTENT);
    let (mut goes_on, gate) = open.pop().unwrap();
    let (mut revoked, _never) = open.pop().unwrap();
    let mut rest = Vec::new();
    // How a chunked body breaks off: the connection ends without its last chunk.
    let _broken = revoked.read_to_end(&mut rest).await;
    let rest = String::from_utf8_lossy(&rest);
    assert!(
        !rest.ends_with("0\r\n\r\n") && !rest.contains("whole") && !rest.contains("message_stop"),
        "{rest}"
    );
    platform.model.wait_for(|requests| requests[0].ending == Ending::Abandoned).await.unwrap();
    assert!(platform.billed("home", 1).await > 0);
    gate.open();
    until(&mut goes_on, "message_stop").await;
    platform.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_streams_at_once_get_what_a_budget_for_ten_allows() {
    let platform = Platform::start().await;
    let key = Platform::key(&platform.client, "home").await.secret;
    // As the gateway asks: two bytes a token, and the most that may be answered.
    let one = (turn(true).len() as u64).div_ceil(2) + 100;
    platform.limit(10 * one + one / 2).await;
    let gate = Gate::closed();
    for _ in 0..200 {
        let steps =
            vec![Step::Say("half".to_owned()), Step::Wait(gate.clone()), Step::Say("whole".to_owned())];
        platform.model.script(ModelScript::Answer(steps));
    }
    let mut first = JoinSet::new();
    for _ in 0..200 {
        let mut socket = platform.ask(&key, true).await;
        first.spawn(async move {
            let begun = until(&mut socket, "\r\n\r\n").await;
            (begun.split(' ').nth(1).unwrap().to_owned(), socket)
        });
    }
    let (streams, refused): (Vec<_>, Vec<_>) =
        first.join_all().await.into_iter().partition(|(status, _)| status == "200");
    assert_eq!(streams.len(), 10, "none has ended, so nothing was given back");
    assert!(refused.iter().all(|(status, _)| status == "402"));
    (0..10).for_each(|_| gate.open());
    for (_, mut socket) in streams {
        let mut rest = String::new();
        socket.read_to_string(&mut rest).await.unwrap();
        assert!(rest.contains("message_stop"), "{rest}");
    }
    assert_eq!(platform.billed("home", 10).await, 10 * 15);
    platform.end().await;
}
