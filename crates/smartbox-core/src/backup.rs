//! Backups: when the next is due, whether what was saved can be trusted, and what may be thrown away.

mod due;
mod judge;
mod policy;
mod retention;

pub use due::{DueFacts, is_overdue, next_at};
pub use judge::{Facts, Verdict, came_through, judge};
pub use policy::{BadMatter, Effective, Matter, MatterValue, Rules, Said, platform};
pub use retention::{Kept, Retention, to_forget};

use std::fmt;
use std::str::FromStr;

/// Why a backup was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Its time had come, and something had changed.
    Period,
    /// The box had just come to rest: its processes ended, or it fell asleep.
    Rest,
    /// A person asked for it.
    Asked,
    /// Before something else is put in its place.
    BeforeRestore,
    /// Before another version of the agent runtime takes it over: the way back.
    BeforeUpgrade,
    /// Another box is about to begin with it.
    Clone,
    /// It came from elsewhere, and the box begins with it.
    Import,
    /// Before the disk of a box that nobody uses is freed.
    BeforeArchive,
}

/// The text names no reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no reason of a backup")]
pub struct BadReason;

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 8] = [
        Self::Period,
        Self::Rest,
        Self::Asked,
        Self::BeforeRestore,
        Self::BeforeUpgrade,
        Self::Clone,
        Self::Import,
        Self::BeforeArchive,
    ];

    /// The word used in the store and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Period => "period",
            Self::Rest => "rest",
            Self::Asked => "asked",
            Self::BeforeRestore => "before-restore",
            Self::BeforeUpgrade => "before-upgrade",
            Self::Clone => "clone",
            Self::Import => "import",
            Self::BeforeArchive => "before-archive",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Reason {
    type Err = BadReason;

    fn from_str(text: &str) -> Result<Self, BadReason> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text).ok_or(BadReason)
    }
}
