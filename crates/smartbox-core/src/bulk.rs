//! Doing one thing with many boxes: which is next, when, and when there is none. Pure.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;

use crate::state::BadState;

/// Most boxes that one run has under way at the same time: each is being started, and few start together on one host.
pub const GOING_MAX: usize = 10;

/// What is done with each box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BulkAction {
    /// It gets a new incarnation.
    Restart,
    /// Its configuration is patched.
    PatchConfig,
}

impl BulkAction {
    /// Every one of them.
    pub const ALL: [Self; 2] = [Self::Restart, Self::PatchConfig];

    /// The word used in the store and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Restart => "restart",
            Self::PatchConfig => "patch-config",
        }
    }
}

/// How it goes with one box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BulkProgress {
    /// Its turn has not come.
    Waiting,
    /// It is being done.
    Going,
    /// It is done, and the box is well.
    Done,
    /// It was refused, or the box was not well afterwards.
    Failed,
    /// It was left alone.
    Skipped,
}

impl BulkProgress {
    /// Every one of them.
    pub const ALL: [Self; 5] = [Self::Waiting, Self::Going, Self::Done, Self::Failed, Self::Skipped];

    /// The word used in the store and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Going => "going",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BulkEnd {
    /// Every box had its turn.
    Done,
    /// Too many failed; the others were not touched.
    Stopped,
    /// A person ended it.
    Cancelled,
}

impl BulkEnd {
    /// Every one of them.
    pub const ALL: [Self; 3] = [Self::Done, Self::Stopped, Self::Cancelled];

    /// The word used in the store and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Stopped => "stopped",
            Self::Cancelled => "cancelled",
        }
    }
}

macro_rules! words {
    ($($name:ident),+) => { $(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = BadState;

            fn from_str(text: &str) -> Result<Self, BadState> {
                Self::ALL.into_iter().find(|one| one.as_str() == text).ok_or(BadState)
            }
        }
    )+ };
}

words!(BulkAction, BulkProgress, BulkEnd);

/// How a run is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BulkTerms {
    /// At least this long between the beginnings of two boxes.
    pub delay: Duration,
    /// Failures after which no further box is begun.
    pub stop_after: usize,
    /// So many boxes are tried first: the others wait until these are well.
    pub canary: usize,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BulkMove {
    /// Nothing for the moment.
    Wait,
    /// The first box that waits.
    Begin,
    /// It is over.
    End(BulkEnd),
}

/// Decides what comes next, out of how it goes with each box, in the order of their turns, and of when the last one was begun.
pub fn next_in_bulk(
    boxes: &[BulkProgress],
    terms: &BulkTerms,
    last_begun: Option<Timestamp>,
    now: Timestamp,
) -> BulkMove {
    let count = |wanted: BulkProgress| boxes.iter().filter(|progress| **progress == wanted).count();
    let (waiting, going) = (count(BulkProgress::Waiting), count(BulkProgress::Going));
    let (done, failed) = (count(BulkProgress::Done), count(BulkProgress::Failed));
    // One of the first that is not well is one too many.
    let has_failed_too_often = failed >= terms.stop_after.max(1) || (failed > 0 && done < terms.canary);
    if waiting == 0 || has_failed_too_often {
        return match (going, waiting) {
            // What was begun is seen through, so that its end is told.
            (1.., _) => BulkMove::Wait,
            (0, 0) => BulkMove::End(BulkEnd::Done),
            (0, _) => BulkMove::End(BulkEnd::Stopped),
        };
    }
    // What was skipped proves nothing: the next one is tried in its place.
    let is_canary_out = done < terms.canary && done + going >= terms.canary;
    let is_too_soon = last_begun.is_some_and(|last| {
        // A clock that was set back holds nothing up.
        Duration::try_from(now.duration_since(last)).is_ok_and(|since| since < terms.delay)
    });
    if is_canary_out || is_too_soon || going >= GOING_MAX { BulkMove::Wait } else { BulkMove::Begin }
}

#[cfg(test)]
mod tests;
