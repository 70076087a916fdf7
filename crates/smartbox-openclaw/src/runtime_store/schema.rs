//! What a version of the agent runtime takes as configuration, as it says itself.
//!
//! `openclaw config schema` prints it; that takes seconds, so it is asked once and kept beside the runtime.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;

use super::install::remove_tree;
use super::{InstalledRuntime, RuntimeError, RuntimeStore};
use crate::config::ConfigSchema;

/// Longest time that printing a schema may take. Five seconds on a busy machine.
const TIME_MAX: Duration = Duration::from_mins(2);
/// Largest schema that is read. That of 2026.9.6 has 2.4 MB.
const BYTES_MAX: usize = 32 * 1024 * 1024;
const WHAT: &str = "asking the agent runtime for the schema of its configuration";

impl RuntimeStore {
    /// The schema of the configuration of an installed version.
    ///
    /// # Errors
    /// It is not installed, or does not say.
    pub async fn config_schema(&self, version: &str) -> Result<ConfigSchema, RuntimeError> {
        let unknown = || RuntimeError::UnknownVersion { version: version.to_owned() };
        let runtime = self.get(version).ok_or_else(unknown)?;
        let path = self.schema_path(version);
        // A file that is damaged is made again.
        if let Some(kept) = fs::read(&path).ok().and_then(|bytes| parse(&bytes)) {
            return Ok(kept);
        }
        let schema = self.ask(&runtime).await?;
        self.keep(&path, &schema)?;
        Ok(schema)
    }

    /// Removes what is kept of a version's schema.
    pub(super) fn forget_schema(&self, version: &str) -> Result<(), RuntimeError> {
        let path = self.schema_path(version);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(RuntimeError::io("cannot remove", &path)(error))
            }
            _ => Ok(()),
        }
    }

    fn schema_path(&self, version: &str) -> PathBuf {
        self.dir().join(format!("config-input-{version}.json"))
    }

    async fn ask(&self, runtime: &InstalledRuntime) -> Result<ConfigSchema, RuntimeError> {
        let scratch = self.dir().join(format!(".openclaw-{}.ask-{}", runtime.version, std::process::id()));
        fs::create_dir_all(&scratch).map_err(RuntimeError::io("cannot make", &scratch))?;
        let printed = print(runtime, &scratch).await;
        // What it left is in nobody's way.
        drop(remove_tree(&scratch));
        let printed = printed?;
        let wrong =
            || RuntimeError::Wrong { what: "it does not print the schema of its configuration".to_owned() };
        parse(&printed).ok_or_else(wrong)
    }

    /// Written beside and renamed: two that ask at the same time keep the same.
    fn keep(&self, path: &Path, schema: &ConfigSchema) -> Result<(), RuntimeError> {
        let draft = self.dir().join(format!(".schema-{}.new", std::process::id()));
        fs::write(&draft, schema.document().to_string()).map_err(RuntimeError::io("cannot write", &draft))?;
        fs::rename(&draft, path).map_err(RuntimeError::io("cannot put in place", path))
    }
}

fn parse(bytes: &[u8]) -> Option<ConfigSchema> {
    let document: Value = serde_json::from_slice(bytes).ok()?;
    ConfigSchema::new(&document)
}

/// With nothing of the caller's environment, and a home of its own.
async fn print(runtime: &InstalledRuntime, home: &Path) -> Result<Vec<u8>, RuntimeError> {
    let mut command = Command::new(runtime.node());
    command.arg(runtime.openclaw()).args(["config", "schema"]);
    command.env_clear().env("PATH", runtime.path.join("bin")).env("HOME", home).env("TMPDIR", home);
    command.env("OPENCLAW_STATE_DIR", home).env("OPENCLAW_CONFIG_PATH", home.join("openclaw.json"));
    command.env("OPENCLAW_OFFLINE", "1").env("OPENCLAW_NO_AUTO_UPDATE", "1");
    command.stdin(Stdio::null()).kill_on_drop(true);
    let failed = |output: String| RuntimeError::Step { what: WHAT, output };
    let output = tokio::time::timeout(TIME_MAX, command.output())
        .await
        .map_err(|_elapsed| RuntimeError::Slow { what: WHAT, limit: TIME_MAX })?
        .map_err(|error| failed(error.to_string()))?;
    if !output.status.success() || output.stdout.len() > BYTES_MAX {
        let errors = String::from_utf8_lossy(&output.stderr);
        return Err(failed(errors.chars().take(2000).collect()));
    }
    Ok(output.stdout)
}
