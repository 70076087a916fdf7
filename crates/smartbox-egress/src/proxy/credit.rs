//! Bytes that a box with limits may still move: set aside for it in chunks, before they move.
//!
//! Whoever moves bytes takes them from the credit first and gives back what was not moved, so that nothing beyond what was set
//! aside ever passes, however many connections there are. A box without limits has no end of credit: it costs one look at a number.
//! The next chunk is asked for when the last one runs low, so that mostly nobody waits for it.

mod chunks;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

pub(crate) use chunks::Asked;

/// What a box has that nothing limits.
const ENDLESS: u64 = u64::MAX;

/// How much may still pass.
#[derive(Debug)]
pub(crate) struct Credit {
    left: AtomicU64,
    /// At this the next chunk is asked for.
    low: AtomicU64,
    is_asking: AtomicBool,
}

impl Default for Credit {
    fn default() -> Self {
        Self { left: AtomicU64::new(ENDLESS), low: AtomicU64::new(0), is_asking: AtomicBool::new(false) }
    }
}

/// Bytes that were taken from a credit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    /// How many may move.
    pub(crate) bytes: usize,
    is_counted: bool,
}

impl Credit {
    /// Takes as much as there is, `most` at most.
    pub(crate) fn take(&self, most: usize) -> Taken {
        let mut left = self.left.load(Relaxed);
        loop {
            if left == ENDLESS {
                return Taken { bytes: most, is_counted: false };
            }
            let bytes = usize::try_from(left).unwrap_or(usize::MAX).min(most);
            match self.left.compare_exchange_weak(left, left - bytes as u64, Relaxed, Relaxed) {
                Ok(_before) => return Taken { bytes, is_counted: true },
                Err(now) => left = now,
            }
        }
    }

    /// Takes note of how many of them have moved; the others can be had again.
    pub(crate) fn moved(&self, taken: Taken, bytes: usize) {
        let unused = taken.bytes.saturating_sub(bytes) as u64;
        if taken.is_counted && unused > 0 {
            self.grant(unused);
        }
    }

    /// More may pass.
    fn grant(&self, bytes: u64) {
        // One below the end, which means something else.
        let more = |left: u64| (left != ENDLESS).then(|| left.saturating_add(bytes).min(ENDLESS - 1));
        let _endless_stays = self.left.fetch_update(Relaxed, Relaxed, more);
    }

    /// From here on only what is granted may pass.
    pub(crate) fn limit(&self) {
        let _limited_already = self.left.compare_exchange(ENDLESS, 0, Relaxed, Relaxed);
    }

    /// Everything may pass.
    pub(crate) fn lift(&self) {
        // Mostly it is so already, and a look disturbs nobody.
        if !self.is_endless() {
            self.left.store(ENDLESS, Relaxed);
        }
    }

    /// Takes all of it away from a box that has limits.
    fn withdraw(&self) {
        let some = |left: u64| (left != ENDLESS).then_some(0);
        let _endless_stays = self.left.fetch_update(Relaxed, Relaxed, some);
    }

    fn is_endless(&self) -> bool {
        self.left.load(Relaxed) == ENDLESS
    }

    fn is_out(&self) -> bool {
        self.left.load(Relaxed) == 0
    }

    fn is_low(&self) -> bool {
        self.left.load(Relaxed) < self.low.load(Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_box_without_limits_has_no_end_of_it() {
        let credit = Credit::default();
        for _ in 0..3 {
            let taken = credit.take(usize::MAX);
            assert_eq!(taken.bytes, usize::MAX);
            credit.moved(taken, 7);
        }
        assert!(credit.is_endless() && !credit.is_low());
        let taken = credit.take(100);
        credit.limit();
        credit.moved(taken, 0);
        assert_eq!(credit.take(1).bytes, 0, "what was free when it was taken is no credit");
    }

    proptest! {
        /// Steps: grant so much, or take so much and move a part of it.
        #[test]
        fn no_more_moves_than_was_granted_and_nothing_is_lost(
            steps in prop::collection::vec((any::<bool>(), 0..100_usize, 0..130_usize), 0..60),
        ) {
            let credit = Credit::default();
            credit.limit();
            let (mut granted, mut moved) = (0, 0);
            for (is_grant, amount, part) in steps {
                if is_grant {
                    credit.grant(amount as u64);
                    granted += amount;
                } else {
                    let taken = credit.take(amount);
                    let some = part.min(taken.bytes);
                    credit.moved(taken, some);
                    moved += some;
                }
                prop_assert!(moved <= granted);
            }
            prop_assert_eq!(credit.take(usize::MAX).bytes, granted - moved);
        }
    }
}
