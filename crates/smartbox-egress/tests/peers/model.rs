//! The small model as a child process.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

const SERVER: &str = include_str!("small_model.py");
/// Longest time to load the model on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A served model. Dropping it ends it.
pub(crate) struct SmallModel {
    _child: Child,
    _rest: JoinSet<()>,
    port: u16,
}

impl SmallModel {
    /// Loads the model and waits until it answers.
    pub(crate) async fn start() -> Self {
        let mut child = Command::new(installed("python/bin/python"))
            .args(["-c", SERVER])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = loop {
            let line = tokio::time::timeout(PATIENCE, lines.next_line()).await.expect("the model starts");
            let line = line.unwrap().expect("the model says its port");
            if let Some(port) = line.strip_prefix("port ") {
                break port.parse().unwrap();
            }
        };
        // Whatever it says later goes nowhere, and blocks nothing.
        let mut rest = JoinSet::new();
        rest.spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { _child: child, _rest: rest, port }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

/// A path in the tests' cache.
fn installed(name: &str) -> PathBuf {
    let path = cache().join(name);
    assert!(path.exists(), "{} is missing; run scripts/test-python.sh", path.display());
    path
}

#[expect(
    clippy::disallowed_methods,
    reason = "the tests' cache is named by the environment, as scripts/test.sh does"
)]
fn cache() -> PathBuf {
    let named = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty()).map(PathBuf::from);
    named("SMARTBOX_TEST_CACHE").unwrap_or_else(|| {
        let caches =
            named("XDG_CACHE_HOME").unwrap_or_else(|| named("HOME").expect("HOME is set").join(".cache"));
        caches.join("smartbox-test")
    })
}
