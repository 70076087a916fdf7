//! Upgrading many boxes in waves: when the next wave begins, and when there is none. Pure.

use std::fmt;
use std::str::FromStr;

use crate::state::BadState;

/// How it goes with one box of a rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BoxProgress {
    /// Its wave has not begun.
    Waiting,
    /// It is being upgraded.
    Going,
    /// It is well on the new version.
    Upgraded,
    /// It was not, and is back.
    Failed,
    /// It was left alone: it has the version already, is deleted, or may not run now.
    Skipped,
}

impl BoxProgress {
    /// Every one of them.
    pub const ALL: [Self; 5] = [Self::Waiting, Self::Going, Self::Upgraded, Self::Failed, Self::Skipped];

    /// The word used in the store and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Going => "going",
            Self::Upgraded => "upgraded",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

impl fmt::Display for BoxProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for BoxProgress {
    type Err = BadState;

    fn from_str(text: &str) -> Result<Self, BadState> {
        Self::ALL.into_iter().find(|progress| progress.as_str() == text).ok_or(BadState)
    }
}

/// How a rollout ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RolloutEnd {
    /// Every box had its turn.
    Done,
    /// Too many failed; the others keep the version that they have.
    Stopped,
    /// A person ended it.
    Cancelled,
}

impl RolloutEnd {
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

impl FromStr for RolloutEnd {
    type Err = BadState;

    fn from_str(text: &str) -> Result<Self, BadState> {
        Self::ALL.into_iter().find(|end| end.as_str() == text).ok_or(BadState)
    }
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RolloutMove {
    /// The present wave is under way.
    Wait,
    /// So many boxes more begin.
    Begin(usize),
    /// It is over.
    End(RolloutEnd),
}

/// Decides what comes next. A wave begins when the one before it is over as a whole, so that its failures are known.
pub fn next_wave(boxes: &[BoxProgress], wave: usize, stop_after: usize) -> RolloutMove {
    let count = |wanted: BoxProgress| boxes.iter().filter(|progress| **progress == wanted).count();
    let waiting = count(BoxProgress::Waiting);
    if count(BoxProgress::Going) > 0 {
        RolloutMove::Wait
    } else if waiting == 0 {
        RolloutMove::End(RolloutEnd::Done)
    } else if count(BoxProgress::Failed) >= stop_after.max(1) {
        RolloutMove::End(RolloutEnd::Stopped)
    } else {
        RolloutMove::Begin(waiting.min(wave.max(1)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn waves_follow_each_other_until_too_many_have_failed() {
        use BoxProgress::{Failed, Going, Skipped, Upgraded, Waiting};
        assert_eq!(next_wave(&[Waiting; 5], 2, 1), RolloutMove::Begin(2));
        assert_eq!(next_wave(&[Going, Failed, Waiting], 2, 1), RolloutMove::Wait, "the wave is seen through");
        assert_eq!(next_wave(&[Upgraded, Failed, Waiting], 2, 1), RolloutMove::End(RolloutEnd::Stopped));
        assert_eq!(next_wave(&[Upgraded, Failed, Waiting], 2, 2), RolloutMove::Begin(1));
        assert_eq!(next_wave(&[Upgraded, Skipped, Failed], 2, 1), RolloutMove::End(RolloutEnd::Done));
        assert_eq!(next_wave(&[], 1, 1), RolloutMove::End(RolloutEnd::Done));
    }

    proptest! {
        #[test]
        fn no_more_than_a_wave_is_under_way_and_it_ends(
            fates in prop::collection::vec(any::<bool>(), 0..30),
            wave in 1usize..6,
            stop_after in 1usize..6,
        ) {
            let mut boxes = vec![BoxProgress::Waiting; fates.len()];
            for _round in 0..100 {
                match next_wave(&boxes, wave, stop_after) {
                    RolloutMove::Wait => {
                        for (progress, is_well) in boxes.iter_mut().zip(&fates) {
                            if *progress == BoxProgress::Going {
                                *progress = if *is_well { BoxProgress::Upgraded } else { BoxProgress::Failed };
                            }
                        }
                    }
                    RolloutMove::Begin(count) => {
                        prop_assert!(count > 0 && count <= wave);
                        let waiting = boxes.iter_mut().filter(|progress| **progress == BoxProgress::Waiting);
                        waiting.take(count).for_each(|progress| *progress = BoxProgress::Going);
                    }
                    RolloutMove::End(_) => {
                        let failed = boxes.iter().filter(|progress| **progress == BoxProgress::Failed).count();
                        prop_assert!(failed < stop_after + wave);
                        return Ok(());
                    }
                }
            }
            prop_assert!(false, "it does not end");
        }
    }
}
