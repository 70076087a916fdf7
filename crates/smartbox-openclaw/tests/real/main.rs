//! The pinned OpenClaw, installed and booted on this machine as a plain child process.
//!
//! The installation is kept between runs in `SMARTBOX_TEST_CACHE` (default `~/.cache/smartbox-test`).

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod ask;
mod gateway;
mod model;

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use serde_json::json;
use smartbox_core::progress::Silent;
use smartbox_openclaw::access::ALLOWED_ORIGIN;
use smartbox_openclaw::client::{ChatEvent, SuspendState};
use smartbox_openclaw::probe::Probe;
use smartbox_openclaw::{
    ClientError, GatewayClient, GatewayCredential, GatewayRole, InstalledRuntime, RuntimeStore,
    admin_headers, control_ui, versions,
};
use tokio::time::timeout;

use ask::Ask;
use gateway::Gateway;
use model::ScriptedModel;

const SESSION: &str = "agent:main:main";
/// OpenClaw's exit code for a configuration it refuses (`EX_CONFIG`).
const EXIT_CONFIG: i32 = 78;
/// Longest turn: the first one loads half of the program, on a machine that does other things, too.
const TURN_TIME_MAX: Duration = Duration::from_secs(180);

async fn runtime() -> InstalledRuntime {
    let cache = std::env::var_os("SMARTBOX_TEST_CACHE").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache/smartbox-test"),
        PathBuf::from,
    );
    let store = RuntimeStore::new(cache.join("runtimes"));
    store.ensure_installed(&versions::pinned().openclaw, &Silent).await.unwrap()
}

fn token() -> SecretString {
    SecretString::from("a-token-of-this-test")
}

/// One boot, because it takes ten seconds: what the platform relies on, in the order of a box's life.
#[tokio::test]
async fn a_real_gateway_obeys_the_platform() {
    let model = ScriptedModel::start().await;
    let mut gateway = Gateway::start(&runtime().await, &model.url(), &token());
    gateway.wait_until_ready().await;
    let ask = Ask::new(gateway.port());

    strangers_are_refused(&gateway, &ask).await;
    the_platform_and_people_get_in(&ask).await;
    the_web_page_can_be_mounted(&ask).await;
    the_agent_answers(&gateway).await;
    the_gateway_comes_to_rest_and_goes_on(&gateway).await;

    gateway.config_is_untouched();
    assert_eq!(gateway.terminate().await, Some(0));
}

async fn strangers_are_refused(gateway: &Gateway, ask: &Ask) {
    assert_eq!(ask.get("/v1/models", &[]).await.0, 401);
    let stranger = admin_headers(&SecretString::from("another token"));
    assert_eq!(ask.get("/v1/models", &stranger).await.0, 401);
    let mut foreign = admin_headers(&token());
    foreign.push(("origin".to_owned(), "http://evil.example".to_owned()));
    assert_eq!(ask.get("/v1/models", &foreign).await.0, 401);
    let mut loopback = admin_headers(&token());
    loopback.retain(|(name, _)| !name.starts_with("x-forwarded"));
    assert_eq!(ask.get("/v1/models", &loopback).await.0, 403);

    for headers in [stranger, Vec::new()] {
        let refused = GatewayClient::connect_with(gateway.dial().await, &headers, Default::default()).await;
        let error = refused.err().unwrap();
        assert!(matches!(error, ClientError::Refused { .. }), "{error}");
        assert!(
            !format!("{error:?}").contains("x-smartbox-user-"),
            "the refusal tells the secret: {error:?}"
        );
    }
}

async fn the_platform_and_people_get_in(ask: &Ask) {
    let mut admin = admin_headers(&token());
    let (status, answer) = ask.rpc("health", &admin).await;
    assert_eq!((status, &answer["ok"]), (200, &json!(true)));
    admin.push(("origin".to_owned(), ALLOWED_ORIGIN.to_owned()));
    assert_eq!(ask.get("/v1/models", &admin).await.0, 200);

    let member = GatewayCredential::new(&token()).headers("usr_1", GatewayRole::Member);
    assert_eq!(ask.get("/v1/models", &member).await.0, 200);
    let (_status, answer) = ask.rpc("gateway.restart.request", &member).await;
    assert_eq!(answer["ok"], false, "a member administers: {answer}");
}

async fn the_web_page_can_be_mounted(ask: &Ask) {
    let mut headers = admin_headers(&token());
    headers.push(("accept".to_owned(), "text/html".to_owned()));
    let (status, page) = ask.get("/", &headers).await;
    assert_eq!(status, 200);
    let mounted = control_ui::mount(&page, "/b/home").unwrap();
    assert!(mounted.contains(r#"src="/b/home/assets/"#));
    assert!(!mounted.contains(r#"="/assets/"#) && !mounted.contains(r#"href="/manifest"#));
}

async fn the_agent_answers(gateway: &Gateway) {
    let client = GatewayClient::connect(gateway.dial().await, &token()).await.unwrap();
    assert_eq!(client.hello().version, versions::pinned().openclaw);
    assert!(client.hello().scopes.iter().any(|scope| scope == "operator.admin"));
    assert!(client.health().await.unwrap());

    let mut turn = client.chat_send(SESSION, "What is the word?", [1; 16]).await.unwrap();
    let mut told = String::new();
    let whole = loop {
        match timeout(TURN_TIME_MAX, turn.next()).await.unwrap().unwrap() {
            ChatEvent::Delta(piece) => told.push_str(&piece),
            ChatEvent::Final { text } => break text,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(whole, model::ANSWER);
    assert_eq!(told, model::ANSWER);

    let history = client.chat_history(SESSION, 20).await.unwrap();
    assert!(history.iter().any(|entry| entry.role == "user" && entry.text.contains("What is the word?")));
    assert!(history.iter().any(|entry| entry.role == "assistant" && entry.text == model::ANSWER));
    let sessions = client.sessions_list(10).await.unwrap();
    assert!(sessions.iter().any(|session| session.key == SESSION));
}

async fn the_gateway_comes_to_rest_and_goes_on(gateway: &Gateway) {
    let client = GatewayClient::connect(gateway.dial().await, &token()).await.unwrap();
    // Work that follows a turn may still run.
    let at_rest = gateway
        .poll("at rest", async || {
            let suspension = client.suspend_prepare("test", true).await.unwrap();
            (suspension.state == SuspendState::Ready).then_some(suspension)
        })
        .await;
    let finding = gateway.probe(Probe::Ready).await.unwrap();
    assert!(!finding.ok);
    assert_eq!(finding.failing, ["gateway-draining"]);
    assert!(gateway.probe(Probe::Health).await.unwrap().ok);
    assert!(client.suspend_resume(&at_rest.suspension_id.unwrap()).await.unwrap());
    assert!(gateway.probe(Probe::Ready).await.unwrap().ok);
}

#[tokio::test]
async fn a_configuration_that_the_gateway_refuses_ends_it_with_78() {
    let config = json!({ "gateway": { "mode": "local", "noSuchKey": true } });
    let mut gateway = Gateway::start_with(&runtime().await, config.to_string().as_bytes(), 1);
    assert_eq!(gateway.wait_for_end().await, Some(EXIT_CONFIG));
}
