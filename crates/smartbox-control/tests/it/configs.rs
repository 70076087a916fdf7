//! What owners add to the configuration of their boxes: given, proven, taken back.

use jiff::SignedDuration;
use serde_json::{Value, json};
use smartbox_control::{Applies, ConfigChanged, ConfigWish, Error};
use smartbox_core::{BoxId, DeathReason, OperationId};
use smartbox_openclaw::CONFIG_PATH;
use smartbox_provider::LogSource;
use smartbox_store::Outcome;
use smartbox_testkit::{TestApp, id_of};

use crate::upgrades::outcome;

/// Long enough for a gateway to have proven itself.
const STEADY: SignedDuration = SignedDuration::from_secs(11);

async fn running(app: &TestApp) -> BoxId {
    id_of(&app.running_box(&app.admin(), "home").await)
}

async fn change(app: &TestApp, id: BoxId, wish: ConfigWish) -> Result<ConfigChanged, Error> {
    app.control.change_config(&app.admin_op(), &id.to_string(), &wish, None).await
}

async fn set(app: &TestApp, id: BoxId, part: Value) -> ConfigChanged {
    change(app, id, ConfigWish::Set(part)).await.unwrap()
}

fn operation(changed: &ConfigChanged) -> OperationId {
    changed.operation.as_ref().unwrap().id
}

/// What the gateway was started with last.
fn given(app: &TestApp, id: BoxId) -> Value {
    let spec = app.provider.spec(id).unwrap();
    let file = spec.files.iter().find(|file| file.path == CONFIG_PATH).unwrap();
    serde_json::from_slice(&file.content).unwrap()
}

async fn standings(app: &TestApp, id: BoxId) -> Vec<(i64, &'static str, String)> {
    let kept = app.control.config_history(&app.admin_op(), &id.to_string()).await.unwrap();
    kept.into_iter().map(|one| (one.version, one.standing.as_str(), one.origin)).collect()
}

async fn actions(app: &TestApp, id: BoxId) -> Vec<String> {
    let told = app.store.org(app.first_org().await).timeline(id, None, 100).await.unwrap();
    told.items.into_iter().map(|event| event.action).collect()
}

fn why(outcome: Option<Outcome>) -> String {
    match outcome {
        Some(Outcome::Failed(error)) => format!("{}: {}", error.code, error.what),
        other => panic!("{other:?}"),
    }
}

/// Looks until the gateway has it, and lets the time of proof pass.
async fn prove(app: &TestApp) {
    app.settle().await;
    app.clock.advance(STEADY);
    app.settle().await;
}

#[tokio::test]
async fn a_change_is_given_to_the_gateway_and_counts_when_it_was_well_for_a_while() {
    let app = TestApp::start().await;
    let id = running(&app).await;
    let changed = set(&app, id, json!({ "messages": { "ackReaction": "eyes" } })).await;
    assert_eq!((changed.applies, changed.config.version), (Applies::Now, 1));
    app.settle().await;
    assert_eq!(given(&app, id)["messages"]["ackReaction"], "eyes");
    assert_eq!(outcome(&app, operation(&changed)).await, None, "that it answers is not enough");
    app.clock.advance(STEADY);
    app.settle().await;
    assert_eq!(outcome(&app, operation(&changed)).await, Some(Outcome::Succeeded));
    assert_eq!(standings(&app, id).await, [(1, "good", "set".to_owned())]);
    assert!(actions(&app, id).await.contains(&"box.config-applied".to_owned()));

    let patched =
        change(&app, id, ConfigWish::Patch(json!({ "messages": { "queue": ["a"] } }))).await.unwrap();
    assert_eq!(patched.config.owner, json!({ "messages": { "ackReaction": "eyes", "queue": ["a"] } }));
    let same = change(&app, id, ConfigWish::Patch(json!({ "messages": { "queue": ["a"] } }))).await.unwrap();
    assert_eq!((same.applies, same.config.version), (Applies::Unchanged, 2));
}

#[tokio::test]
async fn a_configuration_that_the_gateway_refuses_is_taken_back_and_announced() {
    let app = TestApp::start().await;
    app.expect_log("WARN");
    let id = running(&app).await;
    set(&app, id, json!({ "messages": { "ackReaction": "eyes" } })).await;
    prove(&app).await;
    let bad = set(&app, id, json!({ "channels": { "x": { "botToken": "123:abcdef" } } })).await;
    app.pass().await;
    app.provider.set_ready_after(None);
    for _ in 0..4 {
        app.pass().await;
    }
    assert_eq!(given(&app, id)["channels"]["x"]["botToken"], "123:abcdef");
    app.provider.write_log(id, LogSource::Gateway, "Invalid config: channels.x: 123:abcdef is no token\n");
    app.provider.die(id, DeathReason::Config);
    app.pass().await;
    app.provider.set_ready_after(Some(std::time::Duration::ZERO));
    prove(&app).await;
    let told = why(outcome(&app, operation(&bad)).await);
    assert!(told.starts_with("config-rolled-back: ") && told.contains("exit code 78"), "{told}");
    assert!(told.contains("Invalid config: channels.x") && !told.contains("123:abcdef"), "{told}");
    assert_eq!(given(&app, id)["messages"]["ackReaction"], "eyes");
    assert_eq!(given(&app, id).get("channels"), None);
    let kept = standings(&app, id).await;
    assert_eq!(
        kept,
        [(3, "good", "way-back".to_owned()), (2, "bad", "set".to_owned()), (1, "good", "set".to_owned())]
    );
    let told = actions(&app, id).await;
    for action in ["box.config-rolls-back", "box.config-rolled-back"] {
        assert!(told.contains(&action.to_owned()), "{action}: {told:?}");
    }
    assert_eq!(app.show(&app.admin(), &id.to_string()).await.phase, "running");
}

#[tokio::test]
async fn a_gateway_that_never_becomes_ready_goes_back_to_what_the_platform_says_alone() {
    let app = TestApp::start().await;
    app.expect_log("WARN");
    let id = running(&app).await;
    let bad = set(&app, id, json!({ "messages": { "ackReaction": "eyes" } })).await;
    app.pass().await;
    app.provider.set_ready_after(None);
    app.settle().await;
    app.clock.advance(SignedDuration::from_secs(301));
    app.pass().await;
    app.provider.set_ready_after(Some(std::time::Duration::ZERO));
    prove(&app).await;
    assert!(why(outcome(&app, operation(&bad)).await).contains("did not become ready in time"));
    assert_eq!(given(&app, id).get("messages"), None);
}

#[tokio::test]
async fn what_belongs_to_the_platform_is_refused_with_its_reason_and_asserted_at_every_start() {
    let app = TestApp::start().await;
    let id = running(&app).await;
    for (part, path) in [
        (json!({ "gateway": { "bind": "lan" } }), "gateway.bind"),
        (json!({ "gateway": { "terminal": { "enabled": true } } }), "gateway.terminal"),
        (json!({ "models": { "mode": "merge" } }), "models"),
        (
            json!({ "agents": { "defaults": { "heartbeat": { "every": "1m" } } } }),
            "agents.defaults.heartbeat",
        ),
    ] {
        let refused = change(&app, id, ConfigWish::Set(part)).await.unwrap_err();
        let Error::Invalid(issues) = refused else { panic!("{refused:?}") };
        assert!(issues[0].message.starts_with(&format!("`{path}` belongs to the platform: ")), "{issues:?}");
    }
    for (part, told) in [
        (json!({ "nosuch": 1 }), "`nosuch` is not a key that it knows"),
        (json!({ "messages": { "ackReaction": 7 } }), "`messages.ackReaction` must be of the type string"),
    ] {
        let refused = change(&app, id, ConfigWish::Patch(part)).await.unwrap_err();
        let Error::Invalid(issues) = refused else { panic!("{refused:?}") };
        assert!(issues[0].message.starts_with(told), "{issues:?}");
    }
    assert_eq!(standings(&app, id).await, [], "nothing was kept");
    assert_eq!(given(&app, id)["gateway"]["bind"], "loopback");
}

#[tokio::test]
async fn a_stopped_box_gets_it_at_its_next_start_and_is_judged_then() {
    let app = TestApp::start().await;
    let id = running(&app).await;
    app.control.stop_box(&app.admin_op(), &id.to_string(), None).await.unwrap();
    app.settle().await;
    let changed = set(&app, id, json!({ "messages": { "ackReaction": "eyes" } })).await;
    assert_eq!((changed.applies, changed.operation), (Applies::AtNextStart, None));
    prove(&app).await;
    assert_eq!(standings(&app, id).await[0].1, "new");
    app.control.start_box(&app.admin_op(), &id.to_string(), None).await.unwrap();
    prove(&app).await;
    assert_eq!(given(&app, id)["messages"]["ackReaction"], "eyes");
    assert_eq!(standings(&app, id).await[0].1, "good");
}

#[tokio::test]
async fn a_platform_that_dies_in_the_middle_goes_on_where_it_was() {
    let mut app = TestApp::start().await;
    let id = running(&app).await;
    let changed = set(&app, id, json!({ "messages": { "ackReaction": "eyes" } })).await;
    app.restart().await;
    app.pass().await;
    app.restart().await;
    prove(&app).await;
    assert_eq!(given(&app, id)["messages"]["ackReaction"], "eyes");
    assert_eq!(outcome(&app, operation(&changed)).await, Some(Outcome::Succeeded));
}

#[tokio::test]
async fn secrets_are_shown_to_nobody_and_stay_when_they_come_back() {
    let app = TestApp::start().await;
    let id = running(&app).await;
    set(&app, id, json!({ "channels": { "x": { "botToken": "123:abcdef", "enabled": true } } })).await;
    let shown = app.control.box_config(&app.admin_op(), &id.to_string()).await.unwrap();
    let all = format!("{} {}", shown.owner, shown.effective);
    assert!(!all.contains("123:abcdef") && all.contains("__SMARTBOX_REDACTED__"), "{all}");
    let mut edited = shown.owner;
    edited["channels"]["x"]["enabled"] = json!(false);
    set(&app, id, edited).await;
    prove(&app).await;
    assert_eq!(given(&app, id)["channels"]["x"], json!({ "botToken": "123:abcdef", "enabled": false }));
    let bad = json!({ "channels": { "y": { "botToken": "__SMARTBOX_REDACTED__" } } });
    let refused = change(&app, id, ConfigWish::Set(bad)).await.unwrap_err();
    assert!(matches!(refused, Error::Invalid(_)), "{refused:?}");
}

#[tokio::test]
async fn an_earlier_version_comes_back_as_a_new_one_and_a_later_change_takes_the_place_of_one_under_way() {
    let app = TestApp::start().await;
    let id = running(&app).await;
    let first = set(&app, id, json!({ "messages": { "ackReaction": "one" } })).await;
    let second = set(&app, id, json!({ "messages": { "ackReaction": "two" } })).await;
    assert_eq!(outcome(&app, operation(&first)).await, Some(Outcome::Superseded));
    prove(&app).await;
    assert_eq!(outcome(&app, operation(&second)).await, Some(Outcome::Succeeded));
    let back = change(&app, id, ConfigWish::RollBack(1)).await.unwrap();
    assert_eq!(
        (back.config.version, back.config.owner),
        (3, json!({ "messages": { "ackReaction": "one" } }))
    );
    prove(&app).await;
    assert_eq!(given(&app, id)["messages"]["ackReaction"], "one");
    let unknown = change(&app, id, ConfigWish::RollBack(99)).await.unwrap_err();
    assert!(matches!(unknown, Error::Invalid(_)), "{unknown:?}");
    let stale =
        app.control.change_config(&app.admin_op(), &id.to_string(), &ConfigWish::Reload, Some(1)).await;
    assert!(matches!(stale, Err(Error::VersionMismatch)), "{stale:?}");
    let again = change(&app, id, ConfigWish::Reload).await.unwrap();
    prove(&app).await;
    assert_eq!(outcome(&app, operation(&again)).await, Some(Outcome::Succeeded));
}
