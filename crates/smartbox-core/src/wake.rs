//! The one function that decides whether a box may wake. Everything that starts a box goes through it.

use crate::state::Desired;

/// What the decision rests on.
#[derive(Clone, Copy, Debug)]
pub struct WakeFacts {
    /// What the owner wants now.
    pub desired: Desired,
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
pub fn may_wake(facts: &WakeFacts) -> Result<(), WakeRefusal> {
    if facts.desired == Desired::Deleted {
        return Err(WakeRefusal::Deleted);
    }
    if facts.tier_running >= facts.tier_boxes_max {
        return Err(WakeRefusal::TierFull { max: facts.tier_boxes_max });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACTS: WakeFacts = WakeFacts { desired: Desired::Stopped, tier_running: 0, tier_boxes_max: 1 };

    #[test]
    fn a_stopped_box_wakes_while_its_tier_has_a_place() {
        assert_eq!(may_wake(&FACTS), Ok(()));
        assert_eq!(may_wake(&WakeFacts { tier_running: 1, ..FACTS }), Err(WakeRefusal::TierFull { max: 1 }));
    }

    #[test]
    fn a_deleted_box_never_wakes() {
        assert_eq!(may_wake(&WakeFacts { desired: Desired::Deleted, ..FACTS }), Err(WakeRefusal::Deleted));
    }
}
