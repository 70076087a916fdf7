use std::fs;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use smartbox_testkit::scripted_model::{Gate, ModelScript, ScriptedModel, Step};

use crate::platform::{PATIENCE, Platform};

const KEY: &str = "sk-test-of-what-was-said-0123456789";
const SAID: &str = "the cake is in the blue tin";

/// What was said to a real agent outlives the disk of its box, opens with the standard tool, and comes back by itself; then the
/// platform's own database is lost, and comes back, too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chat_outlives_the_disk_of_its_box() {
    let model = ScriptedModel::start(KEY).await.unwrap();
    let base_url = model.anthropic_base_url();
    let environment = [("ANTHROPIC_API_KEY", KEY), ("ANTHROPIC_BASE_URL", &*base_url)];
    let mut platform = Platform::start(&environment).await;
    let view = platform.wait_for_phase("home", "running").await;
    let id = view["id"].as_str().unwrap().to_owned();
    model.script(ModelScript::say(["I will remember it"]));
    platform.cli_ok(&["chat", SAID]);
    assert_eq!(platform.exec("home", &["sh", "-c", "echo by hand > workspace/note"]).0, Some(0));

    let backup = backup_in_the_middle_of_a_turn(&platform, &model).await;
    let listed: Value = serde_json::from_str(&platform.cli_ok(&["backup", "list", "--json"])).unwrap();
    let made = listed["items"].as_array().unwrap().iter().find(|item| item["id"] == *backup).unwrap();
    println!("a backup of a real box: {made}");
    assert_eq!(
        (&made["is_good"], &made["copied_while"]),
        (&Value::Bool(true), &Value::from("frozen")),
        "{made}"
    );
    assert!(made["databases"].as_u64().unwrap() >= 2, "{made}");
    platform.cli_ok(&["backup", "verify", &backup]);
    restic_reads_it(&platform, made["snapshot"].as_str().unwrap());

    platform.cli_ok(&["backup", "restore", &backup]);
    what_was_under_way_is_not_done_again(&platform, &model).await;

    // The disk is lost: everything of the box.
    platform.cli_ok(&["box", "stop", "home"]);
    fs::remove_dir_all(platform.data().join("boxes").join(&id)).unwrap();
    platform.cli_ok(&["box", "start", "home"]);
    platform.wait_for_phase("home", "running").await;
    assert!(platform.actions("home").await.contains(&"box.restored".to_owned()));
    assert_eq!(platform.exec("home", &["cat", "workspace/note"]).1, "by hand\n");
    the_agent_remembers(&platform, &model);

    the_platform_is_restored(&mut platform).await;
}

/// The turn ends after the backup is made, as it would have without one.
async fn backup_in_the_middle_of_a_turn(platform: &Platform, model: &ScriptedModel) -> String {
    let gate = Gate::closed();
    let slow =
        vec![Step::Say("half an ".to_owned()), Step::Wait(gate.clone()), Step::Say("answer".to_owned())];
    model.script(ModelScript::Answer(slow));
    let seen = model.requests().len();
    let request = platform.http().post(platform.url("/v1/boxes/home/messages"));
    let request = request.header("x-admin-secret", platform.admin_secret());
    let mut stream = request.json(&serde_json::json!({ "text": "take your time" })).send().await.unwrap();
    model.wait_for(|requests| requests.len() > seen).await.unwrap();
    let backup = platform.cli_ok(&["backup", "create"]).trim().to_owned();
    gate.open();
    while let Ok(Some(_)) = stream.chunk().await {}
    backup
}

/// In the backup the turn is still under way. A gateway that starts on such a state takes the turn up by itself (openclaw.md §7).
async fn what_was_under_way_is_not_done_again(platform: &Platform, model: &ScriptedModel) {
    let actions = platform.actions("home").await;
    assert!(actions.contains(&"box.restore-held-back".to_owned()), "{actions:?}");
    let seen = model.requests().len();
    model.script(ModelScript::say(["on the restored state"]));
    let answer = platform.cli_ok(&["chat", "where are we?"]);
    assert!(answer.contains("on the restored state"), "{answer}");
    let taken_up: Vec<_> = model.requests()[seen..]
        .iter()
        .map(|request| request.body.to_string())
        .filter(|body| body.contains("was interrupted"))
        .collect();
    assert_eq!(taken_up, Vec::<String>::new(), "the turn of the backup is not taken up again");
}

/// The history of the session goes to the model with the next message.
fn the_agent_remembers(platform: &Platform, model: &ScriptedModel) {
    let seen = model.requests().len();
    model.script(ModelScript::say(["in the blue tin"]));
    platform.cli_ok(&["chat", "where is the cake?"]);
    let asked = model.requests();
    let with_history = asked[seen..].iter().any(|request| request.body.to_string().contains(SAID));
    assert!(with_history, "what was said before is part of what the model is asked");
}

fn restic_reads_it(platform: &Platform, snapshot: &str) {
    let printed = platform.cli_ok(&["backup", "env"]);
    let value = |name: &str| {
        let line = printed.lines().find_map(|line| line.strip_prefix(&format!("export {name}="))).unwrap();
        line.trim_matches('\'').to_owned()
    };
    let restic = |arguments: &[&str]| {
        let mut command = Command::new("restic");
        command.env_clear().env("PATH", "/usr/bin:/bin").arg("--no-cache").args(arguments);
        command
            .env("RESTIC_REPOSITORY", value("RESTIC_REPOSITORY"))
            .env("RESTIC_PASSWORD", value("RESTIC_PASSWORD"));
        let output = command.output().expect("restic is installed: scripts/packages.sh test");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{arguments:?}: {text}{}", String::from_utf8_lossy(&output.stderr));
        text
    };
    assert!(restic(&["check", "--read-data"]).contains("no errors were found"));
    let into = tempfile::tempdir().unwrap();
    restic(&["restore", snapshot, "--target", into.path().to_str().unwrap()]);
    let agent = into.path().join("home/agent");
    assert_eq!(fs::read_to_string(agent.join("workspace/note")).unwrap(), "by hand\n");
    assert!(agent.join("state/state/openclaw.sqlite").exists() && !agent.join("state/cache").exists());
}

/// The database is lost; its keys are not. Boxes are found again.
async fn the_platform_is_restored(platform: &mut Platform) {
    let repository = platform.data().join("backups/users/platform/database/snapshots");
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while fs::read_dir(&repository).map_or(0, Iterator::count) == 0 {
        assert!(tokio::time::Instant::now() < deadline, "the database is not saved: {}", platform.log());
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    platform.kill();
    for suffix in ["", "-wal", "-shm"] {
        let _absent = fs::remove_file(platform.data().join(format!("smartbox.db{suffix}")));
    }
    platform.cli_ok(&["backup", "platform", "restore"]);
    platform.start_again().await;
    let view = platform.wait_for_phase("home", "running").await;
    assert_eq!(view["error"], Value::Null, "{view:#}");
    assert_eq!(platform.exec("home", &["cat", "workspace/note"]).1, "by hand\n");
}
