//! Who sleeps, and how deeply, when memory is short.

use jiff::SignedDuration;

use crate::state::SleepDepth;

/// A schedule within this time makes a sleep hardly worth it.
const SOON: SignedDuration = SignedDuration::from_mins(10);

/// A box that might sleep, or sleep more deeply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate<Id> {
    /// Which box.
    pub id: Id,
    /// How it sleeps now; `None`: it is awake.
    pub depth: Option<SleepDepth>,
    /// Memory that it would give back if it were squeezed, in bytes.
    pub resident_bytes: u64,
    /// For how long it has done no work.
    pub idle: SignedDuration,
    /// When its next schedule is due, from now.
    pub due_in: Option<SignedDuration>,
    /// Memory that its tier guarantees, in bytes: who pays for more is put to sleep later.
    pub tier_bytes: u64,
    /// Its owner wants that it never sleeps.
    pub is_pinned: bool,
    /// It has work under way.
    pub is_busy: bool,
}

/// A box that should sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nap<Id> {
    /// Which box.
    pub id: Id,
    /// How deeply.
    pub depth: SleepDepth,
    /// Memory that this gives back, in bytes.
    pub gain_bytes: u64,
}

/// Picks the boxes whose squeezing gives back `needed_bytes`, the least valuable first, and no more of them than it
/// takes. Boxes that sleep already come before those that are awake: nobody notices. Then: no schedule soon, idle for
/// longest, the smaller tier. One that works or is pinned is never picked.
///
/// The sum may be less than what is needed when there is no more to get.
pub fn whom_to_put_to_sleep<Id: Copy + Ord>(candidates: &[Candidate<Id>], needed_bytes: u64) -> Vec<Nap<Id>> {
    let can_give = |one: &&Candidate<Id>| {
        let awake_and_must = one.depth.is_none() && (one.is_pinned || one.is_busy);
        !awake_and_must && one.depth != Some(SleepDepth::Squeezed) && one.resident_bytes > 0
    };
    let mut willing: Vec<_> = candidates.iter().filter(can_give).collect();
    willing.sort_by_key(|one| {
        let is_due_soon = one.due_in.is_some_and(|due| due <= SOON);
        (one.depth.is_none(), is_due_soon, std::cmp::Reverse(one.idle), one.tier_bytes, one.id)
    });
    let mut missing = needed_bytes;
    let mut naps = Vec::new();
    for one in willing {
        if missing == 0 {
            break;
        }
        missing = missing.saturating_sub(one.resident_bytes);
        naps.push(Nap { id: one.id, depth: SleepDepth::Squeezed, gain_bytes: one.resident_bytes });
    }
    naps
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const IDLE: Candidate<u32> = Candidate {
        id: 0,
        depth: None,
        resident_bytes: 100,
        idle: SignedDuration::from_mins(30),
        due_in: None,
        tier_bytes: 1000,
        is_pinned: false,
        is_busy: false,
    };

    fn picked(candidates: &[Candidate<u32>], needed: u64) -> Vec<u32> {
        whom_to_put_to_sleep(candidates, needed).into_iter().map(|nap| nap.id).collect()
    }

    #[test]
    fn the_least_valuable_goes_first() {
        let hours = SignedDuration::from_hours;
        let candidates = [
            Candidate { id: 1, ..IDLE },
            Candidate { id: 2, idle: hours(5), ..IDLE },
            Candidate { id: 3, idle: hours(9), due_in: Some(SignedDuration::from_mins(3)), ..IDLE },
            Candidate { id: 4, depth: Some(SleepDepth::Frozen), idle: SignedDuration::ZERO, ..IDLE },
            Candidate { id: 5, tier_bytes: 10, ..IDLE },
        ];
        assert_eq!(picked(&candidates, u64::MAX), [4, 2, 5, 1, 3]);
        assert_eq!(picked(&candidates, 101), [4, 2], "no more than it takes");
        assert_eq!(picked(&candidates, 0), [0; 0]);
    }

    #[test]
    fn who_works_or_is_pinned_or_has_nothing_to_give_is_left_alone() {
        let candidates = [
            Candidate { id: 1, is_busy: true, ..IDLE },
            Candidate { id: 2, is_pinned: true, ..IDLE },
            Candidate { id: 3, depth: Some(SleepDepth::Squeezed), ..IDLE },
            Candidate { id: 4, resident_bytes: 0, ..IDLE },
        ];
        assert_eq!(picked(&candidates, u64::MAX), [0; 0]);
    }

    proptest! {
        #[test]
        fn what_is_picked_is_enough_whenever_there_is_enough(
            sizes in prop::collection::vec((0u64..1000, any::<bool>(), any::<bool>()), 0..20),
            needed in 0u64..5000,
        ) {
            let candidates: Vec<_> = (0u32..).zip(&sizes).map(|(id, (resident_bytes, is_busy, is_pinned))| {
                Candidate { id, resident_bytes: *resident_bytes, is_busy: *is_busy, is_pinned: *is_pinned, ..IDLE }
            }).collect();
            let can_give: u64 = sizes.iter().filter(|(_, busy, pinned)| !busy && !pinned).map(|(size, ..)| size).sum();
            let naps = whom_to_put_to_sleep(&candidates, needed);
            let gained: u64 = naps.iter().map(|nap| nap.gain_bytes).sum();
            prop_assert!(gained >= needed.min(can_give));
            let without_last: u64 = naps.iter().rev().skip(1).map(|nap| nap.gain_bytes).sum();
            prop_assert!(naps.is_empty() || without_last < needed, "the last one is needed, too");
        }
    }
}
