//! The public phase of a box: one pure function of what is wanted and what was seen.

use crate::state::{DeathReason, Desired, Observed};

/// The one word people see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Asked for; nothing exists yet.
    Requested,
    /// Image and volume are being made.
    Provisioning,
    /// The gateway is coming up.
    Starting,
    /// The gateway answers.
    Running,
    /// It was ready and fails its probe now.
    Degraded,
    /// About to sleep.
    FallingAsleep,
    /// It takes no CPU time, and a request wakes it.
    Sleeping,
    /// It sleeps and is about to answer again.
    Waking,
    /// Finishing its work.
    Stopping,
    /// Disk only.
    Stopped,
    /// It sleeps or is stopped, and its disk is freed; its newest backup comes back when it is needed.
    Archived,
    /// It should run, does not, and will not without a change or a wait.
    Failed,
    /// In its grace period, or being removed.
    Deleting,
}

impl Phase {
    /// Every phase.
    pub const ALL: [Self; 13] = [
        Self::Requested,
        Self::Provisioning,
        Self::Starting,
        Self::Running,
        Self::Degraded,
        Self::FallingAsleep,
        Self::Sleeping,
        Self::Waking,
        Self::Stopping,
        Self::Stopped,
        Self::Archived,
        Self::Failed,
        Self::Deleting,
    ];

    /// The word used on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Provisioning => "provisioning",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Degraded => "degraded",
            Self::FallingAsleep => "falling_asleep",
            Self::Sleeping => "sleeping",
            Self::Waking => "waking",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Archived => "archived",
            Self::Failed => "failed",
            Self::Deleting => "deleting",
        }
    }
}

/// What the phase is computed from.
#[derive(Clone, Debug)]
pub struct PhaseFacts<'a> {
    /// What the owner wants.
    pub desired: Desired,
    /// What the provider saw last.
    pub observed: &'a Observed,
    /// Whether the last attempt to bring about what is wanted failed.
    pub has_error: bool,
    /// Whether a box of this incarnation was ever seen: tells a first start from a later one.
    pub was_seen: bool,
    /// Whether its disk counts as lost because it was archived.
    pub is_archived: bool,
}

/// Computes the public phase.
pub fn phase(facts: &PhaseFacts<'_>) -> Phase {
    match (facts.desired, facts.observed) {
        (Desired::Deleted, _) => Phase::Deleting,
        (Desired::Asleep | Desired::Stopped, Observed::Absent | Observed::Stopped) if facts.is_archived => {
            Phase::Archived
        }
        (Desired::Running, Observed::Ready) => Phase::Running,
        (Desired::Running | Desired::Asleep, Observed::Unready) => Phase::Degraded,
        // A start that is under way is shown as such, also after a failed one.
        (Desired::Running | Desired::Asleep, Observed::Starting { .. }) => Phase::Starting,
        (Desired::Running, Observed::Stopping) => Phase::Stopping,
        (Desired::Asleep, Observed::Stopping) => Phase::FallingAsleep,
        (Desired::Running, Observed::Dead(DeathReason::Config)) => Phase::Failed,
        (Desired::Running, _) if facts.has_error => Phase::Failed,
        (Desired::Running, Observed::Absent) if !facts.was_seen => Phase::Requested,
        (Desired::Running, Observed::Absent) => Phase::Provisioning,
        (Desired::Running, Observed::Asleep(_)) => Phase::Waking,
        (Desired::Running, Observed::Stopped | Observed::Dead(_)) => Phase::Starting,
        // It answers still, so a failed attempt to sleep is no failure of the box.
        (Desired::Asleep, Observed::Ready) => Phase::FallingAsleep,
        // Also down to its disk: a request brings it back all the same.
        (Desired::Asleep, Observed::Asleep(_) | Observed::Absent | Observed::Stopped | Observed::Dead(_)) => {
            Phase::Sleeping
        }
        (Desired::Stopped, Observed::Absent | Observed::Stopped | Observed::Dead(_)) => Phase::Stopped,
        (Desired::Stopped, _) => Phase::Stopping,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{SleepDepth, Stage};

    fn seen(desired: Desired, observed: &Observed, has_error: bool) -> Phase {
        phase(&PhaseFacts { desired, observed, has_error, was_seen: true, is_archived: false })
    }

    #[test]
    fn a_new_box_goes_from_requested_to_running() {
        let first = |observed: &Observed| {
            phase(&PhaseFacts {
                desired: Desired::Running,
                observed,
                has_error: false,
                was_seen: false,
                is_archived: false,
            })
        };
        assert_eq!(first(&Observed::Absent), Phase::Requested);
        assert_eq!(first(&Observed::Starting { stage: Stage::Volume }), Phase::Starting);
        assert_eq!(first(&Observed::Ready), Phase::Running);
    }

    #[test]
    fn a_refused_configuration_is_failed_and_a_crash_with_retries_left_is_starting() {
        assert_eq!(seen(Desired::Running, &Observed::Dead(DeathReason::Config), false), Phase::Failed);
        assert_eq!(seen(Desired::Running, &Observed::Dead(DeathReason::Vanished), false), Phase::Starting);
        assert_eq!(seen(Desired::Running, &Observed::Dead(DeathReason::Vanished), true), Phase::Failed);
    }

    #[test]
    fn a_box_that_should_be_stopped_is_stopping_until_its_processes_are_gone() {
        assert_eq!(seen(Desired::Stopped, &Observed::Ready, false), Phase::Stopping);
        assert_eq!(seen(Desired::Stopped, &Observed::Stopped, false), Phase::Stopped);
    }

    #[test]
    fn a_sleeping_box_is_sleeping_waking_or_stopping_as_is_wanted() {
        for depth in SleepDepth::ALL {
            let asleep = Observed::Asleep(depth);
            assert_eq!(seen(Desired::Asleep, &asleep, false), Phase::Sleeping);
            assert_eq!(seen(Desired::Running, &asleep, false), Phase::Waking);
            assert_eq!(seen(Desired::Running, &asleep, true), Phase::Failed);
            assert_eq!(seen(Desired::Stopped, &asleep, false), Phase::Stopping);
        }
        assert_eq!(seen(Desired::Asleep, &Observed::Ready, true), Phase::FallingAsleep);
        assert_eq!(seen(Desired::Asleep, &Observed::Stopped, false), Phase::Sleeping);
        assert_eq!(seen(Desired::Asleep, &Observed::Stopping, false), Phase::FallingAsleep);
    }

    #[test]
    fn a_box_without_its_disk_is_archived_until_it_is_wanted_again() {
        let archived = |desired, observed: &Observed| {
            phase(&PhaseFacts { desired, observed, has_error: false, was_seen: true, is_archived: true })
        };
        for desired in [Desired::Asleep, Desired::Stopped] {
            assert_eq!(archived(desired, &Observed::Absent), Phase::Archived);
            assert_eq!(archived(desired, &Observed::Stopped), Phase::Archived);
        }
        assert_eq!(archived(Desired::Running, &Observed::Absent), Phase::Provisioning);
        assert_eq!(archived(Desired::Deleted, &Observed::Absent), Phase::Deleting);
    }

    #[test]
    fn deletion_hides_everything_else() {
        assert_eq!(seen(Desired::Deleted, &Observed::Ready, true), Phase::Deleting);
    }
}
