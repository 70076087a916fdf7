//! The one function that decides whether a box may wake. Everything that starts or thaws a box goes through it.

use std::fmt;
use std::str::FromStr;

use crate::state::{BadState, Desired};

/// What kind of reason keeps the boxes of an org from waking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HoldKind {
    /// The account is frozen.
    Account,
    /// The platform suspects abuse.
    Abuse,
    /// The plan does not allow it.
    Plan,
    /// The budget is used up.
    Budget,
}

impl HoldKind {
    /// Every kind, the one that counts most first.
    pub const ALL: [Self; 4] = [Self::Account, Self::Abuse, Self::Plan, Self::Budget];

    /// The word used in the store and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Abuse => "abuse",
            Self::Plan => "plan",
            Self::Budget => "budget",
        }
    }
}

impl fmt::Display for HoldKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for HoldKind {
    type Err = BadState;

    fn from_str(text: &str) -> Result<Self, BadState> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(BadState)
    }
}

/// What the decision rests on.
#[derive(Clone, Copy, Debug)]
pub struct WakeFacts<'a> {
    /// What the owner wants now.
    pub desired: Desired,
    /// Whether its agent runtime is older than what may run here.
    pub is_outdated: bool,
    /// What holds the boxes of its org back.
    pub holds: &'a [HoldKind],
    /// Boxes of the same tier that run or are about to, this one left out.
    pub tier_running: u32,
    /// Most boxes of the tier that may run.
    pub tier_boxes_max: u32,
}

/// Why a box may not wake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WakeRefusal {
    /// It is being deleted.
    #[error("the box is deleted")]
    Deleted,
    /// Something holds the boxes of its org back.
    #[error("it is held back: {0}")]
    Held(HoldKind),
    /// Its agent runtime is older than what may run here.
    #[error("its agent runtime is older than what may run here")]
    Outdated,
    /// Its tier is full.
    #[error("all {max} places of the tier are taken")]
    TierFull {
        /// How many places there are.
        max: u32,
    },
}

/// Decides whether a box may wake.
///
/// # Errors
/// The first reason that speaks against it.
pub fn may_wake(facts: &WakeFacts<'_>) -> Result<(), WakeRefusal> {
    if facts.desired == Desired::Deleted {
        return Err(WakeRefusal::Deleted);
    }
    if let Some(kind) = HoldKind::ALL.into_iter().find(|kind| facts.holds.contains(kind)) {
        return Err(WakeRefusal::Held(kind));
    }
    if facts.is_outdated {
        return Err(WakeRefusal::Outdated);
    }
    if facts.tier_running >= facts.tier_boxes_max {
        return Err(WakeRefusal::TierFull { max: facts.tier_boxes_max });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FACTS: WakeFacts<'static> = WakeFacts {
        desired: Desired::Stopped,
        is_outdated: false,
        holds: &[],
        tier_running: 0,
        tier_boxes_max: 1,
    };

    #[test]
    fn a_stopped_box_wakes_while_its_tier_has_a_place() {
        assert_eq!(may_wake(&FACTS), Ok(()));
        assert_eq!(may_wake(&WakeFacts { tier_running: 1, ..FACTS }), Err(WakeRefusal::TierFull { max: 1 }));
    }

    #[test]
    fn a_box_on_a_runtime_that_is_too_old_does_not_wake() {
        let old = WakeFacts { is_outdated: true, ..FACTS };
        assert_eq!(may_wake(&old), Err(WakeRefusal::Outdated));
        let held = WakeFacts { holds: &[HoldKind::Account], ..old };
        assert_eq!(may_wake(&held), Err(WakeRefusal::Held(HoldKind::Account)), "an upgrade would not help");
    }

    #[test]
    fn a_deleted_box_never_wakes() {
        assert_eq!(may_wake(&WakeFacts { desired: Desired::Deleted, ..FACTS }), Err(WakeRefusal::Deleted));
    }

    proptest! {
        #[test]
        fn a_box_wakes_exactly_when_nothing_speaks_against_it(
            wish in 0usize..4,
            held in prop::collection::vec(0usize..4, 0..4),
            is_outdated: bool,
            tier_running in 0u32..5,
            tier_boxes_max in 0u32..5,
        ) {
            let desired = [Desired::Running, Desired::Asleep, Desired::Stopped, Desired::Deleted][wish];
            let holds: Vec<_> = held.into_iter().map(|at| HoldKind::ALL[at]).collect();
            let decided =
                may_wake(&WakeFacts { desired, is_outdated, holds: &holds, tier_running, tier_boxes_max });
            let may = desired != Desired::Deleted
                && !is_outdated
                && holds.is_empty()
                && tier_running < tier_boxes_max;
            prop_assert_eq!(decided.is_ok(), may);
            if let Err(WakeRefusal::Held(kind)) = decided {
                prop_assert!(holds.contains(&kind));
            }
        }
    }
}
