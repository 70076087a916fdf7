//! Snapshots of boxes in restic's repository format, on a directory or an S3-compatible store.
//!
//! A [`Depot`] is the place, a [`Repository`] the snapshots of one box in it, with a key of its own. The format is restic's
//! (<https://restic.readthedocs.io/en/stable/100_references.html>), so that whoever has the key restores with the standard tool;
//! chunking, encryption and pruning are `rustic_core`'s. What is ours is where it meets what we do not trust: the walk over a
//! home whose files a box controls, and the way back.
//!
//! Everything but the making of a [`Depot`] blocks: call it from threads for that.

mod archive;
mod beneath;
mod bridge;
mod bundle;
mod cipher;
mod copies;
mod courtesy;
mod depot;
mod error;
mod excludes;
mod fetch;
mod hex;
mod key;
mod limit;
mod locks;
mod manifest;
mod mark;
mod mode;
mod places;
mod probe;
mod progress;
mod prune;
mod repository;
mod restore;
mod source;
mod trouble;
mod unpack;
mod walk;

pub use archive::Reader;
pub use beneath::remove_files;
pub use bundle::Bundle;
pub use copies::{Copy, copy_databases, remove_copies};
pub use courtesy::give_way;
pub use depot::{Bucket, Conditional, Depot, Place};
pub use error::Error;
pub use limit::Bandwidth;
pub use manifest::Manifest;
pub use mark::look;
pub use progress::{Progress, Stop};
pub use repository::{Label, Repository, Saved};
pub use restore::Restored;
pub use source::Source;
pub use trouble::{Trouble, TroubleKind};
pub use unpack::{Unpacked, unpack};

use std::path::PathBuf;

/// The path of an agent's home in every snapshot.
pub const HOME: &str = "/home/agent";

/// What one snapshot may hold. A box that has more is told so, and not saved in part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Files, directories and links.
    pub entries_max: u64,
    /// Sizes of files together.
    pub bytes_max: u64,
    /// Directories in each other; what lies deeper is left out and counted.
    pub depth_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { entries_max: 2_000_000, bytes_max: 256 << 30, depth_max: 128 }
    }
}

/// What a look through a home found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Changes with every name, size and time.
    pub mark: String,
    /// Regular files.
    pub files: u64,
    /// Databases of the agent runtime, below the home.
    pub databases: Vec<PathBuf>,
}

/// How ids of the host become those inside the box, and back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdShift {
    /// The first of the box's ids on the host.
    pub base: u32,
    /// How many there are.
    pub count: u32,
}

impl IdShift {
    /// An id as the box sees it. One that is not its own becomes nobody's.
    pub(crate) fn inside(self, host: u32) -> u32 {
        host.checked_sub(self.base).filter(|id| *id < self.count).unwrap_or(NOBODY)
    }

    /// The same the other way: whatever a snapshot says, the id is one of the box's own.
    pub(crate) fn outside(self, inside: u32) -> u32 {
        let id = if inside < self.count { inside } else { NOBODY.min(self.count.saturating_sub(1)) };
        self.base.saturating_add(id)
    }
}

/// The user whom files belong to that nobody owns.
const NOBODY: u32 = 65_534;
