//! Whether a box may move more bytes, by a published picture.
//!
//! The picture says who has limits and who is over one. Where there are limits, bytes are set aside before they move (`credit.rs`): the
//! picture alone would be as old as the last hand-over.

use std::collections::HashMap;

use smartbox_core::BoxId;

/// What is used up, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedUp {
    /// Of what there is too much: a stable word, such as `bandwidth`.
    pub what: String,
    /// How much of it there is, in its own unit.
    pub current: u64,
    /// How much there may be.
    pub limit: u64,
    /// When counting begins anew (RFC 3339).
    pub resets_at: String,
    /// All of it in a sentence.
    pub message: String,
}

/// What a box with limits has left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Bytes that were left when the picture was made; `None`: no limit on them.
    pub bytes_left: Option<u64>,
    /// What is said when nothing is left.
    pub used_up: UsedUp,
}

/// What boxes have left: one immutable picture. A box that is not in it has no limits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Admissions {
    boxes: HashMap<BoxId, Allowance>,
}

impl Admissions {
    /// What each box with limits has left.
    pub const fn new(boxes: HashMap<BoxId, Allowance>) -> Self {
        Self { boxes }
    }

    /// What a box has left; `None`: it has no limits.
    pub fn of(&self, id: BoxId) -> Option<&Allowance> {
        self.boxes.get(&id)
    }
}
