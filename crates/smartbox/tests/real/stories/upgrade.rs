use serde_json::Value;
use smartbox_testkit::scripted_model::{ModelScript, ScriptedModel};

use crate::platform::Platform;

const KEY: &str = "sk-test-of-an-upgrade-0123456789";
const SAID: &str = "the spare key is under the third stone";
/// Two published versions of OpenClaw.
const OLD: &str = "2026.9.5";
const NEW: &str = "2026.9.6";

/// A real box on an older published version: an upgrade that crashes in its first minute goes back with its state; the next one is
/// well, and the agent remembers on both sides. An older version is refused afterwards, and a restore brings it back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upgrade_that_crashes_comes_back_with_its_state_and_the_next_one_stays() {
    let model = ScriptedModel::start(KEY).await.unwrap();
    let base_url = model.anthropic_base_url();
    let mut environment = vec![("ANTHROPIC_API_KEY", KEY), ("ANTHROPIC_BASE_URL", &*base_url)];
    // What npm needs of the caller's to reach its registry.
    let for_npm = ["NODE_EXTRA_CA_CERTS", "npm_config_registry"];
    let for_npm: Vec<_> = for_npm
        .into_iter()
        .filter_map(|name| Some((name, std::env::var_os(name)?.into_string().ok()?)))
        .collect();
    environment.extend(for_npm.iter().map(|(name, value)| (*name, value.as_str())));
    let platform = Platform::start(&environment).await;
    platform.wait_for_phase("home", "running").await;
    platform.cli_ok(&["box", "delete", "home", "--yes"]);
    platform.cli_ok(&["runtime", "install", OLD]);
    platform.cli_ok(&["box", "create", "lab", "--runtime", OLD]);
    let view = platform.wait_for_phase("lab", "running").await;
    assert_eq!(view["runtime_version"], OLD);
    model.script(ModelScript::say(["I will remember it"]));
    platform.cli_ok(&["chat", "--box", "lab", SAID]);

    platform.cli_ok(&["backup", "create", "--box", "lab"]);
    platform.cli_ok(&["box", "upgrade", "lab", "--to", NEW, "--no-wait"]);
    let is_proving = |view: &Value| view["upgrade"] == "proving" && view["phase"] == "running";
    let view = platform.wait_for("lab", "on the new version", is_proving).await;
    assert_eq!(view["runtime_version"], NEW);
    assert_eq!(platform.exec("lab", &["sh", "-c", "echo new > workspace/note"]).0, Some(0));
    let kill = "kill -9 $(for d in /proc/[0-9]*; do grep -qs [o]penclaw-gateway $d/comm $d/cmdline && basename $d; done)";
    let _ends_with_it = platform.exec("lab", &["sh", "-c", kill]);
    let view = platform.wait_for("lab", "back", |view| view["upgrade"] == Value::Null).await;
    assert_eq!(view["runtime_version"], OLD, "{view:#}");
    platform.wait_for_phase("lab", "running").await;
    assert_ne!(platform.exec("lab", &["cat", "workspace/note"]).0, Some(0), "the state is that from before");
    let actions = platform.actions("lab").await;
    for action in ["box.upgrade-tried", "box.upgrade-rolled-back"] {
        assert!(actions.contains(&action.to_owned()), "{action}: {actions:?}");
    }
    let why = platform.json("/v1/boxes/lab/why").await.to_string();
    assert!(why.contains("upgrade-failed") && why.contains("started again"), "{why}");
    the_agent_remembers(&platform, &model);

    platform.cli_ok(&["box", "upgrade", "lab", "--to", NEW]);
    let view = platform.json("/v1/boxes/lab").await;
    assert_eq!((&view["runtime_version"], &view["upgrade"]), (&Value::from(NEW), &Value::Null));
    the_agent_remembers(&platform, &model);

    let refused = platform.cli(&["box", "upgrade", "lab", "--to", OLD]);
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("smartbox backup restore"));
    let listed: Value =
        serde_json::from_str(&platform.cli_ok(&["backup", "list", "--box", "lab", "--json"])).unwrap();
    let items = listed["items"].as_array().unwrap();
    let saved = items.iter().find(|item| item["is_pinned"] == true && item["runtime_version"] == OLD);
    let saved = saved.expect("the way back is kept")["id"].as_str().unwrap();
    platform.cli_ok(&["backup", "restore", saved, "--box", "lab"]);
    assert_eq!(platform.json("/v1/boxes/lab").await["runtime_version"], OLD);
    the_agent_remembers(&platform, &model);
}

/// The history of the session goes to the model with the next message.
fn the_agent_remembers(platform: &Platform, model: &ScriptedModel) {
    let seen = model.requests().len();
    model.script(ModelScript::say(["under the third stone"]));
    platform.cli_ok(&["chat", "--box", "lab", "where is the key?"]);
    let asked = model.requests();
    let with_history = asked[seen..].iter().any(|request| request.body.to_string().contains(SAID));
    assert!(with_history, "what was said before is part of what the model is asked");
}
