use std::time::Duration;

use serde_json::Value;
use smartbox_testkit::scripted_model::{ModelScript, ScriptedModel};

use crate::platform::{PATIENCE, Platform};

const KEY: &str = "sk-test-of-an-archived-box-0123456789";
const SAID: &str = "the spare key is under the third stone";

/// A real box gives its disk back, a request brings it back with what was said, and its owner takes everything along. Then it is
/// removed, and nothing of it is left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_box_that_was_archived_remembers_and_one_that_was_erased_is_gone() {
    let model = ScriptedModel::start(KEY).await.unwrap();
    let base_url = model.anthropic_base_url();
    let environment = [
        ("ANTHROPIC_API_KEY", KEY),
        ("ANTHROPIC_BASE_URL", &*base_url),
        ("SMARTBOX__BOXES__DELETE_GRACE", "5s"),
    ];
    let platform = Platform::start(&environment).await;
    let view = platform.wait_for_phase("home", "running").await;
    let id = view["id"].as_str().unwrap().to_owned();
    model.script(ModelScript::say(["I will remember it"]));
    platform.cli_ok(&["chat", SAID]);
    assert_eq!(platform.exec("home", &["sh", "-c", "echo by hand > workspace/note"]).0, Some(0));

    let disk = platform.data().join("boxes").join(&id);
    platform.cli_ok(&["box", "stop", "home"]);
    platform.cli_ok(&["box", "archive", "home"]);
    assert!(!disk.exists(), "its disk is freed");
    let view = platform.wait_for_phase("home", "archived").await;
    assert_eq!(view["archive"], "freed", "{view:#}");
    let why = platform.cli_ok(&["why", "home"]);
    assert!(why.contains("archived"), "{why}");
    let log = platform.cli_ok(&["box", "timeline", "home"]);
    assert!(log.contains("box.archived"), "{log}");

    platform.cli_ok(&["box", "start", "home"]);
    platform.wait_for_phase("home", "running").await;
    assert_eq!(platform.exec("home", &["cat", "workspace/note"]).1, "by hand\n");
    let seen = model.requests().len();
    model.script(ModelScript::say(["under the third stone"]));
    platform.cli_ok(&["chat", "where is the spare key?"]);
    let with_history = model.requests()[seen..].iter().any(|request| request.body.to_string().contains(SAID));
    assert!(with_history, "what was said before is part of what the model is asked");

    nothing_is_left(&platform, &id).await;
}

async fn nothing_is_left(platform: &Platform, id: &str) {
    let org = platform.cli_ok(&["org", "list", "--json"]);
    let org: Value = serde_json::from_str(&org).unwrap();
    let org = org["items"][0]["id"].as_str().unwrap().to_owned();
    let repository = platform.data().join("backups/users").join(org).join(id);
    assert!(repository.join("config").exists());
    platform.cli_ok(&["box", "delete", "home", "--yes"]);
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while repository.exists() {
        assert!(tokio::time::Instant::now() < deadline, "its backups are there: {}", platform.log());
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    assert!(!platform.data().join("boxes").join(id).exists());
    let audit = platform.cli_ok(&["audit", "export"]);
    assert!(audit.contains("box.forgotten") && audit.contains("backup_objects"), "{audit}");
}
