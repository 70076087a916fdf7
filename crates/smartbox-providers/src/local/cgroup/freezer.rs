//! The freezer: all processes of a box at once get no CPU time, or all of them go on.
//!
//! Version 2 has `cgroup.freeze` in every group, also on hybrid hosts whose limits are version 1, and says by an
//! event when the last process has stopped. Where the box has no populated group there, the version 1 controller
//! `freezer` does the same without an event. Sources: the kernel's admin-guide, `cgroup-v2.rst` ("cgroup.freeze")
//! and `cgroup-v1/freezer-subsystem.rst`.

use std::fs;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use smartbox_core::BoxId;
use tokio::time::Instant;

use super::{Cgroups, Version, is_gone, value_of};

/// A freeze takes under a millisecond, and some while processes come and go. What takes this long is stuck in the
/// kernel (a dead network file system, a broken disk) and must not leave a box half asleep.
const FREEZE_WITHIN: Duration = Duration::from_secs(2);
/// How often version 1 is asked, which has no event.
const V1_RECHECK: Duration = Duration::from_millis(1);
/// Events and states are a few words.
const STATE_BYTES_MAX: usize = 512;

/// A group with a freezer.
struct Freezer {
    version: Version,
    group: PathBuf,
}

impl Cgroups {
    /// Whether this host has a freezer.
    pub(in crate::local) fn can_freeze(&self) -> bool {
        self.layout.has_freezer()
    }

    /// Freezes every process of the box, those that are being made meanwhile included. Blocks until the kernel
    /// says that the last one has stopped. All or nothing: after an error they all go on.
    ///
    /// # Errors
    /// `TimedOut` when a process does not stop within [`FREEZE_WITHIN`]; `NotFound` without a freezer.
    pub(in crate::local) fn freeze(&self, id: BoxId) -> io::Result<()> {
        let freezers = self.freezers(id);
        let chosen = freezers.iter().find(|freezer| freezer.is_populated());
        let chosen = chosen.or_else(|| freezers.iter().find(|freezer| freezer.version == Version::V1));
        let freezer = chosen.ok_or(io::ErrorKind::NotFound)?;
        freezer.ask(true).and_then(|()| freezer.wait(true)).inspect_err(|_stuck| {
            if let Err(error) = self.thaw(id) {
                tracing::error!(%id, %error, "a box that could not be frozen as a whole cannot be thawed");
            }
        })
    }

    /// Lets every process of the box go on. Nothing happens to a box that is not frozen.
    ///
    /// # Errors
    /// When the kernel refuses, or says for [`FREEZE_WITHIN`] that they are frozen still.
    pub(in crate::local) fn thaw(&self, id: BoxId) -> io::Result<()> {
        // Both versions: `runc pause` of a person at the host freezes by the other one.
        for freezer in self.freezers(id).into_iter().filter(Freezer::is_asked) {
            freezer.ask(false)?;
            freezer.wait(false)?;
        }
        Ok(())
    }

    /// Whether somebody has asked the kernel to freeze the box. It counts from the moment it was asked: a freeze
    /// that the platform's end cut off must be seen, so that it is completed or undone.
    pub(in crate::local) fn is_frozen(&self, id: BoxId) -> bool {
        self.freezers(id).iter().any(Freezer::is_asked)
    }

    /// The box's freezers, version 2 first.
    fn freezers(&self, id: BoxId) -> Vec<Freezer> {
        let of = |version, mount: &Path| Freezer { version, group: self.dir(mount, id) };
        let v2 = self.layout.unified().map(|mount| of(Version::V2, mount));
        let v1 = self.layout.freezer_v1().map(|mount| of(Version::V1, mount));
        v2.into_iter().chain(v1).collect()
    }
}

impl Freezer {
    fn file(&self) -> PathBuf {
        self.group.join(match self.version {
            Version::V1 => "freezer.state",
            Version::V2 => "cgroup.freeze",
        })
    }

    /// Whether the box's processes are in this group for sure. A runtime may leave out the unified hierarchy of a
    /// hybrid host, and kernels before 5.2 have no `cgroup.freeze`.
    fn is_populated(&self) -> bool {
        let events = fs::read_to_string(self.group.join("cgroup.events")).unwrap_or_default();
        self.version == Version::V2 && value_of(&events, "populated") == Some(1) && self.file().exists()
    }

    fn is_asked(&self) -> bool {
        let state = fs::read_to_string(self.file()).unwrap_or_default();
        match self.version {
            Version::V1 => matches!(state.trim(), "FREEZING" | "FROZEN"),
            Version::V2 => state.trim() == "1",
        }
    }

    fn ask(&self, frozen: bool) -> io::Result<()> {
        let word = match (self.version, frozen) {
            (Version::V1, true) => "FROZEN",
            (Version::V1, false) => "THAWED",
            (Version::V2, true) => "1",
            (Version::V2, false) => "0",
        };
        match fs::write(self.file(), word) {
            // A group that is gone holds nobody back.
            Err(error) if !frozen && is_gone(&error) => Ok(()),
            written => written,
        }
    }

    /// Waits until the kernel says that all processes are frozen, or that none is.
    fn wait(&self, frozen: bool) -> io::Result<()> {
        let name = match self.version {
            Version::V1 => "freezer.state",
            Version::V2 => "cgroup.events",
        };
        let file = match fs::File::open(self.group.join(name)) {
            Err(error) if !frozen && is_gone(&error) => return Ok(()),
            opened => opened?,
        };
        let deadline = Instant::now() + FREEZE_WITHIN;
        loop {
            let mut bytes = [0; STATE_BYTES_MAX];
            let read = match file.read_at(&mut bytes, 0) {
                Err(error) if !frozen && is_gone(&error) => return Ok(()),
                read => read?,
            };
            let text = String::from_utf8_lossy(bytes.get(..read).unwrap_or_default()).into_owned();
            let is_so = match self.version {
                Version::V1 => (text.trim() == "FROZEN") == frozen && text.trim() != "FREEZING",
                Version::V2 => value_of(&text, "frozen") == Some(u64::from(frozen)),
            };
            if is_so {
                return Ok(());
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "not every process changes its state"));
            }
            self.wait_for_event(&file, left)?;
        }
    }

    fn wait_for_event(&self, file: &fs::File, left: Duration) -> io::Result<()> {
        let waited = match self.version {
            Version::V1 => {
                // Asked again: a process made while the others froze may have slipped through (the kernel's
                // documentation says to write until it reads `FROZEN`).
                if self.is_asked() {
                    self.ask(true)?;
                }
                poll(&mut [], Some(&timespec(V1_RECHECK.min(left))?))
            }
            Version::V2 => poll(&mut [PollFd::new(file, PollFlags::PRI)], Some(&timespec(left)?)),
        };
        match waited {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

fn timespec(duration: Duration) -> io::Result<Timespec> {
    Timespec::try_from(duration).map_err(io::Error::other)
}
