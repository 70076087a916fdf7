//! The runtimes on this machine: one read-only directory per OpenClaw version, shared by all boxes.
//!
//! ```text
//! <dir>/openclaw-<version>/bin/node, bin/openclaw     links into the packages
//! <dir>/openclaw-<version>/node/                      the pinned Node.js
//! <dir>/openclaw-<version>/node_modules/              OpenClaw and what it depends on
//! <dir>/openclaw-<version>.cache/                     the compile cache, see `cache`
//! <dir>/config-input-<version>.json                   what it takes as configuration, see `schema`
//! <dir>/.openclaw-<version>.tmp-<pid>/                an installation that is not finished
//! ```
//!
//! A runtime that is there is complete: it is made under another name and renamed when it was verified.

mod cache;
mod install;
mod npm;
mod remove;
mod schema;
mod verify;

use std::path::{Path, PathBuf};
use std::time::Duration;

use smartbox_core::Progress;

use crate::versions;

/// Runtimes of this machine, in one directory.
#[derive(Clone, Debug)]
pub struct RuntimeStore {
    dir: PathBuf,
}

/// A runtime that is there, and complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstalledRuntime {
    /// OpenClaw's version.
    pub version: String,
    /// Where it is on this machine.
    pub path: PathBuf,
}

impl InstalledRuntime {
    /// The pinned Node.js on this machine.
    pub fn node(&self) -> PathBuf {
        self.path.join("bin/node")
    }

    /// OpenClaw's entry point on this machine.
    pub fn openclaw(&self) -> PathBuf {
        self.path.join("node_modules/openclaw/openclaw.mjs")
    }
}

/// Why a runtime could not be installed.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// This program has no lockfile for the version.
    #[error("OpenClaw {version} is not among the versions that this program can install")]
    UnknownVersion {
        /// What was asked for.
        version: String,
    },
    /// The machine has no npm.
    #[error("npm was not found on this machine; install it (Debian: `apt-get install nodejs npm`)")]
    NpmMissing,
    /// The file system is too small.
    #[error("not enough disk space in {}: {needed_mib} MiB are needed; free some, or choose another data directory", dir.display())]
    DiskFull {
        /// Where.
        dir: PathBuf,
        /// What an installation needs, in MiB.
        needed_mib: u64,
    },
    /// npm or what it installed failed.
    #[error("{what} failed; check the network and npm's settings (`npm ping`), then try again: {output}")]
    Step {
        /// What was being done.
        what: &'static str,
        /// The last lines it printed.
        output: String,
    },
    /// A step took too long.
    #[error("{what} took longer than {limit:?}; check the network, then try again")]
    Slow {
        /// What was being done.
        what: &'static str,
        /// How long it may take.
        limit: Duration,
    },
    /// What was installed is not what was asked for.
    #[error("the installed runtime is not as it should be, try again: {what}")]
    Wrong {
        /// What is wrong.
        what: String,
    },
    /// The file system refused.
    #[error("{what} {}", path.display())]
    Io {
        /// What was being done.
        what: &'static str,
        /// To what.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
}

impl RuntimeError {
    fn io(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| match source.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                Self::DiskFull { dir: path, needed_mib: install::DISK_BYTES_MIN >> 20 }
            }
            _ => Self::Io { what, path, source },
        }
    }
}

impl RuntimeStore {
    /// The runtimes in `dir`, which is made when it is needed.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// Where the runtimes are.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The runtime of `version`, if it is there.
    pub fn get(&self, version: &str) -> Option<InstalledRuntime> {
        let found = InstalledRuntime { version: version.to_owned(), path: self.runtime_path(version) };
        let is_complete = is_version(version) && found.node().exists() && found.openclaw().exists();
        is_complete.then_some(found)
    }

    /// Every runtime that is there, ordered by name.
    pub fn list(&self) -> std::io::Result<Vec<InstalledRuntime>> {
        let entries = match std::fs::read_dir(&self.dir) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let name = entry?.file_name();
            let version = name.to_str().and_then(|name| name.strip_prefix("openclaw-"));
            found.extend(version.and_then(|version| self.get(version)));
        }
        found.sort_by(|a, b| a.version.cmp(&b.version));
        Ok(found)
    }

    /// Makes sure that the runtime of `version` is there. Does nothing, in milliseconds, when it is.
    ///
    /// Installs with the machine's npm what the lockfile pins. Safe to be killed at any moment, and to be called by
    /// several processes at once.
    pub async fn ensure_installed(
        &self,
        version: &str,
        progress: &dyn Progress,
    ) -> Result<InstalledRuntime, RuntimeError> {
        if let Some(found) = self.get(version) {
            return Ok(found);
        }
        let unknown = || RuntimeError::UnknownVersion { version: version.to_owned() };
        let installable = versions::find(version).ok_or_else(unknown)?;
        install::install(self, installable, progress).await?;
        self.get(version).ok_or_else(|| RuntimeError::Wrong { what: "it is gone".to_owned() })
    }

    fn runtime_path(&self, version: &str) -> PathBuf {
        self.dir.join(format!("openclaw-{version}"))
    }
}

/// Versions are digits and dots, with a suffix perhaps: they stand in file names.
fn is_version(text: &str) -> bool {
    let known = |b: u8| b.is_ascii_alphanumeric() || b == b'.' || b == b'-';
    text.bytes().next().is_some_and(|b| b.is_ascii_digit())
        && text.bytes().all(known)
        && !text.ends_with(".cache")
}
