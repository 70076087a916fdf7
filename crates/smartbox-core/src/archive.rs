//! Archived boxes: their disk is freed, and a backup is all there is of them.

use std::fmt;
use std::str::FromStr;

/// How far a box is archived. In their order; each is left for the next, or for none of them when the box is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ArchiveStage {
    /// Somebody wants it, or nobody has used the box for long.
    Asked,
    /// Its last backup was read back, every byte of it. The disk is there.
    Saved,
    /// The disk is being removed: whatever is left of it counts as lost.
    Freeing,
    /// Nothing is left of the disk.
    Freed,
}

impl ArchiveStage {
    /// Every stage in its order.
    pub const ALL: [Self; 4] = [Self::Asked, Self::Saved, Self::Freeing, Self::Freed];

    /// The word used in the store and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Saved => "saved",
            Self::Freeing => "freeing",
            Self::Freed => "freed",
        }
    }

    /// Whether the backup is all there is: the disk counts as lost.
    pub const fn is_off_disk(self) -> bool {
        matches!(self, Self::Freeing | Self::Freed)
    }

    /// Whether the next step is to remove the disk.
    pub const fn is_to_be_freed(self) -> bool {
        matches!(self, Self::Saved | Self::Freeing)
    }
}

impl fmt::Display for ArchiveStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no stage of an archived box")]
pub struct BadStage;

impl FromStr for ArchiveStage {
    type Err = BadStage;

    fn from_str(text: &str) -> Result<Self, BadStage> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == text).ok_or(BadStage)
    }
}
