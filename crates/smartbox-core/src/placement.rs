//! Whether a box has a place: something that a provider holds for it, or is about to. One pure function of intent and observation.
//!
//! An older API tells an agent, which is a record, from the machine that it may have. Here both are one box: a box that its owner has
//! stopped and of which a provider holds nothing, or soon nothing more, is the record alone.

use crate::archive::ArchiveStage;
use crate::state::{Desired, Observed};

/// Whether the box has a place.
pub fn has_place(desired: Desired, observed: &Observed, archive: Option<ArchiveStage>) -> bool {
    match desired {
        Desired::Deleted => false,
        // It comes by itself when somebody needs it.
        Desired::Running | Desired::Asleep => true,
        Desired::Stopped => *observed != Observed::Absent && archive.is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_stopped_box_of_which_nothing_is_left_has_no_place() {
        let freed = Some(ArchiveStage::Freed);
        assert!(!has_place(Desired::Stopped, &Observed::Absent, None), "it was never started");
        assert!(
            !has_place(Desired::Stopped, &Observed::Stopped, Some(ArchiveStage::Asked)),
            "it is being archived"
        );
        assert!(!has_place(Desired::Stopped, &Observed::Absent, freed), "it is archived");
        assert!(has_place(Desired::Stopped, &Observed::Stopped, None), "its disk is there");
        assert!(has_place(Desired::Stopped, &Observed::Stopping, None), "its processes are, still");
        assert!(has_place(Desired::Asleep, &Observed::Absent, freed), "a request brings it back");
        assert!(has_place(Desired::Running, &Observed::Absent, None), "it is being made");
        assert!(!has_place(Desired::Deleted, &Observed::Ready, None), "it is being removed");
    }
}
