use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use serde_json::json;

use crate::platform::{Platform, cache};

/// A gateway that refuses its configuration, one that eats all memory, and one that gets well again. The agent
/// runtime is replaced by a few lines, because only its behaviour at the end matters here.
#[tokio::test]
async fn a_broken_gateway_is_explained_and_a_repaired_one_runs_again() {
    let store = tempfile::Builder::new().prefix("smartbox-store-").tempdir().unwrap();
    fs::set_permissions(store.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let script = fake_runtime(store.path());
    fs::write(&script, "console.error('Unrecognized key: \"nonsense\"'); process.exit(78);").unwrap();
    let platform = Platform::start(&[("SMARTBOX_STORE_DIR", store.path().to_str().unwrap())]).await;

    let failed = platform.wait_for_phase("home", "failed").await;
    assert_eq!(failed["error"]["code"], "config", "{failed:#}");
    assert!(failed["error"]["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()));
    assert!(failed["error"]["log_tail"].to_string().contains("Unrecognized key"), "{failed:#}");
    let shown = platform.cli(&["chat", "hello"]);
    let said = String::from_utf8_lossy(&shown.stderr).into_owned();
    assert!(!shown.status.success() && said.contains("configuration"), "{said}");

    // Memory: more than the tier allows, once; after that it behaves.
    fs::write(&script, GREEDY_ONCE).unwrap();
    platform.cli_ok(&["box", "start", "home"]);
    let view = platform
        .wait_for("home", "restarted", |view| view["restarts"] != json!(0) && view["phase"] == "running");
    let view = view.await;
    assert_ne!(view["oom_kills"], json!(0), "{view:#}");
    let actions = platform.actions("home").await;
    for action in ["box.out-of-memory", "box.gateway-restarted"] {
        assert!(actions.iter().any(|seen| seen == action), "{action} in {actions:?}");
    }
}

/// Answers the probes; the first incarnation first fills its memory.
const GREEDY_ONCE: &str = r"
import fs from 'node:fs';
import http from 'node:http';
const mark = process.env.HOME + '/was-greedy';
if (!fs.existsSync(mark)) {
  fs.writeFileSync(mark, '');
  const kept = [];
  for (;;) kept.push(Buffer.alloc(64 * 1024 * 1024, 1));
}
http.createServer((request, answer) => answer.end('{}')).listen(18789, '127.0.0.1');
";

/// A runtime store with the real node and image, and a script in place of OpenClaw. Returns the script.
fn fake_runtime(store: &Path) -> std::path::PathBuf {
    let real = cache().join("store");
    symlink(real.join("images"), store.join("images")).unwrap();
    let name = fs::read_dir(real.join("runtimes"))
        .unwrap()
        .flatten()
        .map(|entry| entry.file_name().into_string().unwrap());
    let names: Vec<_> = name.filter(|name| name.starts_with("openclaw-")).collect();
    let version = names
        .iter()
        .find(|name| !name.ends_with(".cache") && !name.contains(".warm"))
        .expect("installed")
        .clone();
    let runtimes = store.join("runtimes");
    let package = runtimes.join(&version).join("node_modules/openclaw");
    fs::create_dir_all(&package).unwrap();
    fs::create_dir_all(runtimes.join(format!("{version}.cache"))).unwrap();
    let node = runtimes.join(&version).join("node_modules/node/bin");
    fs::create_dir_all(&node).unwrap();
    fs::copy(real.join("runtimes").join(&version).join("node_modules/node/bin/node"), node.join("node"))
        .unwrap();
    // Whatever else marks an installed and warm runtime stands beside it under the same name.
    for extra in names.iter().filter(|name| **name != version && !name.ends_with(".cache")) {
        fs::copy(real.join("runtimes").join(extra), runtimes.join(extra)).unwrap();
    }
    package.join("openclaw.mjs")
}
