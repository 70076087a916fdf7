use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::platform::{Platform, cache};

/// A gateway that refuses its configuration, one that eats all memory, and one that gets well again. The agent
/// runtime is replaced by a few lines, because only its behaviour at the end matters here.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
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
const GREEDY_ONCE: &str = r#"
import fs from 'node:fs';
import http from 'node:http';
const mark = process.env.HOME + '/was-greedy';
if (!fs.existsSync(mark)) {
  fs.writeFileSync(mark, '');
  const kept = [];
  for (;;) kept.push(Buffer.alloc(64 * 1024 * 1024, 1));
}
http.createServer((request, answer) => answer.end('{"ready":true}')).listen(18789, '127.0.0.1');
"#;

/// A runtime store with the real node and image, and a script in place of OpenClaw. Returns the script.
fn fake_runtime(store: &Path) -> PathBuf {
    let real = cache().join("store");
    symlink(real.join("images"), store.join("images")).unwrap();
    let names = fs::read_dir(real.join("runtimes")).unwrap().flatten().map(|entry| entry.file_name());
    let names = names.map(|name| name.into_string().unwrap());
    let version =
        names.into_iter().find(|name| name.starts_with("openclaw-") && !name.ends_with(".cache")).unwrap();
    let runtime = store.join("runtimes").join(&version);
    let package = runtime.join("node_modules/openclaw");
    fs::create_dir_all(&package).unwrap();
    fs::create_dir_all(runtime.join("bin")).unwrap();
    fs::copy(real.join("runtimes").join(&version).join("bin/node"), runtime.join("bin/node")).unwrap();
    // A cache that is not empty counts as warm.
    let cache = store.join("runtimes").join(format!("{version}.cache"));
    fs::create_dir_all(&cache).unwrap();
    fs::write(cache.join("nothing"), "").unwrap();
    package.join("openclaw.mjs")
}
