//! A store of agent runtimes in memory.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::json;
use smartbox_control::Runtimes;
use smartbox_openclaw::config::ConfigSchema;

/// The version that new boxes get in tests.
pub const RUNTIME: &str = "2026.9.6";
/// An older one that is installed in tests.
pub const OLDER_RUNTIME: &str = "2026.9.5";
/// A newer one that is installed in tests.
pub const NEWER_RUNTIME: &str = "2026.9.7";
/// One that can be installed in tests and is not.
pub const AVAILABLE_RUNTIME: &str = "2026.9.8";
/// One that is installed in tests, and too old to run.
pub const TOO_OLD_RUNTIME: &str = "2026.5.1";

struct State {
    installed: BTreeSet<String>,
    failure: Option<String>,
}

/// Versions that a test says are there.
pub struct FakeRuntimes(Mutex<State>);

impl Default for FakeRuntimes {
    fn default() -> Self {
        let installed = [RUNTIME, OLDER_RUNTIME, NEWER_RUNTIME, TOO_OLD_RUNTIME];
        Self(Mutex::new(State { installed: installed.map(str::to_owned).into(), failure: None }))
    }
}

impl FakeRuntimes {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets every installation from now on fail, with these words.
    pub fn fail(&self, why: &str) {
        self.state().failure = Some(why.to_owned());
    }

    /// Takes a version away, as somebody who deletes its directory.
    pub fn lose(&self, version: &str) {
        self.state().installed.remove(version);
    }
}

#[async_trait::async_trait]
impl Runtimes for FakeRuntimes {
    fn installable(&self) -> Vec<String> {
        [OLDER_RUNTIME, RUNTIME, NEWER_RUNTIME, AVAILABLE_RUNTIME].map(str::to_owned).to_vec()
    }

    async fn installed(&self) -> Result<Vec<String>, String> {
        Ok(self.state().installed.iter().cloned().collect())
    }

    async fn install(&self, version: &str) -> Result<(), String> {
        let mut state = self.state();
        match &state.failure {
            Some(why) => Err(why.clone()),
            None => {
                state.installed.insert(version.to_owned());
                Ok(())
            }
        }
    }

    async fn remove(&self, version: &str) -> Result<(), String> {
        self.state().installed.remove(version);
        Ok(())
    }

    async fn config_schema(&self, version: &str) -> Result<Arc<ConfigSchema>, String> {
        if !self.state().installed.contains(version) {
            return Err(format!("OpenClaw {version} is not installed"));
        }
        ConfigSchema::new(&schema()).map(Arc::new).ok_or_else(|| "no schema".to_owned())
    }
}

/// A small part of OpenClaw's own.
fn schema() -> serde_json::Value {
    let open = json!({ "type": "object" });
    json!({
        "type": "object",
        "properties": {
            "agents": open, "discovery": open, "env": open, "gateway": open, "models": open, "plugins": open, "tools": open, "update": open,
            "logging": { "type": "object", "properties": {
                "level": { "enum": ["debug", "info", "warn", "error"] },
                "file": { "type": "string" },
                "maxFileBytes": { "type": "integer" },
            }, "additionalProperties": false },
            "messages": { "type": "object", "properties": {
                "ackReaction": { "type": "string" },
                "queue": { "type": "array", "items": { "type": "string" } },
            }, "additionalProperties": false },
            "channels": { "type": "object", "additionalProperties": { "type": "object", "properties": {
                "botToken": { "type": "string" },
                "enabled": { "type": "boolean" },
            }, "additionalProperties": false } },
        },
        "additionalProperties": false,
    })
}
