use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use smartbox_testkit::scripted_model::{ModelScript, ScriptedModel};

use crate::platform::Platform;

const KEY: &str = "sk-test-of-a-configuration-0123456789";
/// A text that OpenClaw's schema takes and OpenClaw does not.
const REFUSED: &str = "no-time-at-all";

/// A real gateway: a change is live while it runs; one that needs another start of it comes through; a bad one is taken back with the
/// gateway's words, also when it is only met at the next start; what belongs to the platform is refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_is_live_a_bad_one_is_taken_back_and_the_platforms_part_is_refused() {
    let model = ScriptedModel::start(KEY).await.unwrap();
    let base_url = model.anthropic_base_url();
    let platform = Platform::start(&[("ANTHROPIC_API_KEY", KEY), ("ANTHROPIC_BASE_URL", &base_url)]).await;
    platform.wait_for_phase("home", "running").await;
    assert!(tools_of_a_turn(&platform, &model).contains(&"exec".to_owned()));

    // Live when the command has ended, in the same process.
    platform.cli_ok(&[
        "box",
        "config",
        "set",
        "home",
        "--file",
        &file(&platform, &json!({ "tools": { "deny": ["exec"] } })),
    ]);
    assert!(!tools_of_a_turn(&platform, &model).contains(&"exec".to_owned()));

    // What belongs to the platform, and what OpenClaw does not know.
    for (part, told) in [
        (json!({ "gateway": { "bind": "lan" } }), "belongs to the platform"),
        (json!({ "tools": { "denny": [] } }), "is not a key that it knows"),
    ] {
        let refused = platform.cli(&["box", "config", "patch", "home", "--file", &file(&platform, &part)]);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && said.contains(told), "{said}");
    }

    // A bad one, met by a gateway that runs.
    let bad = file(&platform, &json!({ "cron": { "sessionRetention": REFUSED } }));
    let refused = platform.cli(&["box", "config", "patch", "home", "--file", &bad]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("cron.sessionRetention"), "{said}");
    let view = platform.json("/v1/boxes/home/config").await;
    assert_eq!((&view["version"], &view["config"]), (&json!(3), &json!({ "tools": { "deny": ["exec"] } })));
    let told = platform.actions("home").await;
    assert!(told.contains(&"box.config-rolled-back".to_owned()), "{told:?}");

    // One that needs another start of the gateway.
    let vars = file(&platform, &json!({ "env": { "vars": { "CITY": "Oslo" } } }));
    platform.cli_ok(&["box", "config", "patch", "home", "--file", &vars]);
    platform.wait_for_phase("home", "running").await;

    let told = platform.actions("home").await;
    assert!(!told.contains(&"box.config-restarts".to_owned()), "no new incarnation so far: {told:?}");

    // A bad one, met at the next start.
    platform.cli_ok(&["box", "stop", "home"]);
    let kept = platform.cli_ok(&["box", "config", "patch", "home", "--file", &bad, "--json"]);
    let kept: Value = serde_json::from_str(&kept).unwrap();
    assert_eq!(kept["applies"], "at-next-start");
    platform.cli_ok(&["box", "start", "home", "--no-wait"]);
    let is_back = |view: &Value| view["phase"] == "running";
    platform.wait_for("home", "running with what it had", is_back).await;
    let history = platform.json("/v1/boxes/home/config/history").await;
    let (newest, failed) = (&history["items"][0], &history["items"][1]);
    assert_eq!((&newest["origin"], &failed["standing"]), (&json!("way-back"), &json!("bad")), "{history:#}");
    assert!(failed["why"].as_str().unwrap().contains("78"), "{failed:#}");
    let shown = platform.json("/v1/boxes/home/config").await;
    assert_eq!(shown["config"]["env"]["vars"]["CITY"], "__SMARTBOX_REDACTED__");
    assert_eq!(shown["config"]["tools"], json!({ "deny": ["exec"] }));
}

fn file(platform: &Platform, document: &Value) -> String {
    let name = format!("part-{}.json", document.to_string().len());
    let path: PathBuf = platform.data().join(name);
    fs::write(&path, document.to_string()).unwrap();
    path.to_str().unwrap().to_owned()
}

/// The tools that the model is offered with the next message.
fn tools_of_a_turn(platform: &Platform, model: &ScriptedModel) -> Vec<String> {
    let seen = model.requests().len();
    model.script(ModelScript::say(["yes"]));
    platform.cli_ok(&["chat", "--box", "home", "are you there?"]);
    let asked = model.requests();
    let tools = asked[seen..].iter().filter_map(|request| request.body["tools"].as_array()).flatten();
    tools.filter_map(|tool| tool["name"].as_str().map(str::to_owned)).collect()
}
