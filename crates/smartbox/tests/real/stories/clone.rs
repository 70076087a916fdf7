use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use smartbox_testkit::scripted_model::{ModelScript, ScriptedModel};

use crate::platform::Platform;

const KEY: &str = "sk-test-of-a-copy-0123456789abcdef";
const SAID: &str = "the ladder is behind the green shed";
/// A sealed box is looked for once a minute, and boots as slowly as any other.
const DRILL_PATIENCE: Duration = Duration::from_mins(6);

/// A box that has been talked to is copied, taken along as an archive and brought back: each copy remembers, and is nobody's double. Then its
/// backup is booted in a sealed box.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn copies_of_a_real_box_remember_and_are_others() {
    let model = ScriptedModel::start(KEY).await.unwrap();
    let base_url = model.anthropic_base_url();
    let environment = [("ANTHROPIC_API_KEY", KEY), ("ANTHROPIC_BASE_URL", &*base_url)];
    let mut platform = Platform::start(&environment).await;
    platform.wait_for_phase("home", "running").await;
    model.script(ModelScript::say(["I will remember it"]));
    platform.cli_ok(&["chat", SAID]);
    let original = identity(&platform, "home");
    assert!(original.device.is_some(), "a gateway has an identity: {original:?}");

    platform.cli_ok(&["box", "clone", "home", "copy"]);
    let view = platform.wait_for_phase("copy", "running").await;
    assert_eq!(view["channels"], "off", "{view:#}");
    the_agent_remembers(&platform, &model, "copy");
    let copy = identity(&platform, "copy");
    is_another(&original, &copy);
    assert!(is_quiet(&platform, "copy") && !is_quiet(&platform, "home"));
    platform.cli_ok(&["box", "channels", "on", "copy"]);
    assert!(!is_quiet(&platform, "copy"));
    assert_eq!(identity(&platform, "copy").device, copy.device, "it stays who it is");
    assert!(platform.actions("home").await.contains(&"box.cloned".to_owned()));
    platform.cli_ok(&["box", "delete", "copy", "--yes"]);

    let backup = platform.cli_ok(&["backup", "create", "--box", "home"]).trim().to_owned();
    let listed: Value =
        serde_json::from_str(&platform.cli_ok(&["backup", "list", "--box", "home", "--json"])).unwrap();
    let made = listed["items"].as_array().unwrap().iter().find(|item| item["id"] == *backup).unwrap();
    assert!(made["sessions"].as_u64().unwrap() >= 1, "{made}");
    let archive = platform.data().join("home.tar.zst").display().to_string();
    platform.cli_ok(&["backup", "download", &backup, "--box", "home", "-o", &archive]);
    platform.cli_ok(&["box", "import", &archive, "taken"]);
    the_agent_remembers(&platform, &model, "taken");
    let taken = identity(&platform, "taken");
    is_another(&original, &taken);
    is_another(&copy, &taken);
    assert!(is_quiet(&platform, "taken"));
    platform.cli_ok(&["box", "delete", "taken", "--yes"]);
    assert_eq!(identity(&platform, "home").device, original.device);

    a_drill_passes(&mut platform).await;
}

/// By what a gateway is known.
#[derive(Debug)]
struct Identity {
    device: Option<String>,
    paired: Vec<String>,
    /// Its configuration, in which its credential is.
    configuration: String,
    host_key: String,
}

fn identity(platform: &Platform, name: &str) -> Identity {
    let program = "const { DatabaseSync } = require('node:sqlite'); \
        const db = new DatabaseSync('/home/agent/state/state/openclaw.sqlite', { readOnly: true }); \
        const all = (query) => db.prepare(query).all().map((row) => row.device_id); \
        console.log(JSON.stringify([all('select device_id from device_identities'), all('select device_id from device_pairing_paired')]))";
    let (code, out, err) = platform.exec(name, &["node", "-e", program]);
    assert_eq!(code, Some(0), "{out}{err}");
    let [devices, paired]: [Vec<String>; 2] = serde_json::from_str(out.trim()).unwrap();
    let (_, configuration, _) = platform.exec(name, &["cat", "/run/smartbox/openclaw.json"]);
    let database = platform.data().join("smartbox.db").display().to_string();
    let host_key = sqlite(&database, &format!("select host_key_public from boxes where name = '{name}'"));
    Identity { device: devices.into_iter().next(), paired, configuration, host_key }
}

fn is_another(one: &Identity, other: &Identity) {
    assert_ne!(one.device, other.device);
    assert!(other.device.is_some(), "the gateway made one: {other:?}");
    assert!(!other.paired.iter().any(|device| one.paired.contains(device)), "{one:?} {other:?}");
    assert_ne!(one.configuration, other.configuration, "the gateway's credential is another");
    assert_ne!(one.host_key, other.host_key);
}

/// Whether the gateway was started without channels and jobs.
fn is_quiet(platform: &Platform, name: &str) -> bool {
    let look = "cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -c '^OPENCLAW_SKIP_CHANNELS=1$'";
    let (_, count, _) = platform.exec(name, &["sh", "-c", look]);
    let is_so = count.trim() != "0";
    let said = "skipping channel start";
    let (_, log, _) = platform.exec(name, &["sh", "-c", "tail -c 60000 /home/agent/state/logs/openclaw.log"]);
    assert!(!is_so || log.contains(said), "{log}");
    is_so
}

/// The history of the session goes to the model with the next message.
fn the_agent_remembers(platform: &Platform, model: &ScriptedModel, name: &str) {
    let seen = model.requests().len();
    model.script(ModelScript::say(["behind the green shed"]));
    platform.cli_ok(&["chat", "--box", name, "where is the ladder?"]);
    let asked = model.requests();
    let with_history = asked[seen..].iter().any(|request| request.body.to_string().contains(SAID));
    assert!(with_history, "what was said before is part of what the model is asked");
}

/// A day later.
async fn a_drill_passes(platform: &mut Platform) {
    platform.kill();
    let database = platform.data().join("smartbox.db").display().to_string();
    sqlite(&database, "update boxes set created_at_ms = created_at_ms - 90000000");
    platform.start_again().await;
    let deadline = tokio::time::Instant::now() + DRILL_PATIENCE;
    let drilled = loop {
        let list = platform.json("/v1/boxes/home/backups").await;
        let items = list["items"].as_array().unwrap().clone();
        if let Some(drilled) = items.into_iter().find(|item| item["drilled_at"].is_string()) {
            break drilled;
        }
        assert!(tokio::time::Instant::now() < deadline, "no drill: {list:#}\n{}", platform.log());
        tokio::time::sleep(Duration::from_secs(1)).await;
    };
    assert_eq!(drilled["drill_failure"], Value::Null, "{drilled:#}");
    assert!(platform.actions("home").await.contains(&"backup.drilled".to_owned()));
}

/// Asks, or changes, the platform's database beside it.
fn sqlite(database: &str, statement: &str) -> String {
    let program = "import sqlite3, sys\n\
        db = sqlite3.connect(sys.argv[1], timeout=10)\n\
        rows = db.execute(sys.argv[2]).fetchall()\n\
        db.commit()\n\
        print(rows)";
    let output = Command::new("python3").args(["-c", program, database, statement]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
