//! What the provider remembers of a box between calls and across its own end.
//!
//! The epoch lies beside the volume and lives as long as the box. The record of an incarnation lies in the run
//! directory and lives as long as its processes matter.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde::{Deserialize, Serialize};
use smartbox_provider::{Epoch, Generation};

use super::process::ProcessId;

/// A stop that takes this much longer than its grace has failed: boxd kills at its end, and ends itself.
const STOP_SLACK_SECONDS: u64 = 10;

/// An incarnation that was started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// The host's uptime in which it was started.
    pub(super) boot_id: String,
    pub(super) generation: Generation,
    /// boxd, as the host numbers it.
    pub(super) pid: u32,
    pub(super) start_ticks: u64,
    pub(super) stop_grace_ms: u64,
    /// The quota that applies once the gateway is ready.
    pub(super) cpu_millis: u32,
    /// Whether it applies already.
    pub(super) quota_applied: bool,
    /// When a stop was begun, in seconds of the host's uptime. From then on the end of the processes is no death.
    pub(super) stop_asked_at: Option<u64>,
    /// Its memory was pushed out. Means something only while the kernel says that it is frozen.
    #[serde(default)]
    pub(super) squeezed: bool,
}

impl Record {
    pub(super) fn process(&self) -> ProcessId {
        ProcessId { pid: self.pid, start_ticks: self.start_ticks }
    }

    /// Whether a stop was begun and should be over, at this uptime.
    pub(super) fn is_stop_overdue(&self, uptime: u64) -> bool {
        let allowed = self.stop_grace_ms.div_ceil(1000).saturating_add(STOP_SLACK_SECONDS);
        self.stop_asked_at.is_some_and(|asked| uptime > asked.saturating_add(allowed))
    }

    /// `None` when there is none, or one that this version cannot read: its processes are then ended as
    /// leftovers at the next start.
    pub(super) fn read(path: &Path) -> io::Result<Option<Self>> {
        Ok(read(path)?.and_then(|text| serde_json::from_slice(&text).ok()))
    }

    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        replace(path, &serde_json::to_vec(self)?, 0o600)
    }
}

/// The newest epoch that was obeyed. Zero for a box that has none.
pub(super) fn read_epoch(path: &Path) -> io::Result<Epoch> {
    let Some(text) = read(path)? else { return Ok(0) };
    let text = String::from_utf8_lossy(&text).into_owned();
    text.trim().parse().map_err(|_error| io::Error::new(io::ErrorKind::InvalidData, "not an epoch"))
}

pub(super) fn write_epoch(path: &Path, epoch: Epoch) -> io::Result<()> {
    replace(path, format!("{epoch}\n").as_bytes(), 0o600)
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Replaces a file of the platform's own directories as a whole, and makes sure that it survives a crash.
pub(super) fn replace(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let dir = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    let mut file = tempfile::NamedTempFile::new_in(dir)?;
    file.write_all(content)?;
    file.as_file().set_permissions(fs::Permissions::from_mode(mode))?;
    file.as_file().sync_data()?;
    file.persist(path)?;
    Ok(())
}
