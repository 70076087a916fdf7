//! How a box sleeps, from its row.

use jiff::Timestamp;
use smartbox_core::{Desired, Observed, Phase, SleepDepth, SleepTier};
use smartbox_store::{Due, Smartbox};

use crate::fleet_view::phase_of;

/// How a box sleeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SleepState {
    /// How far down.
    pub tier: SleepTier,
    /// Since when it is seen like this.
    pub since: Option<Timestamp>,
    /// Since when nothing was to do.
    pub idle_since: Option<Timestamp>,
    /// When it wakes by itself next.
    pub due: Option<Due>,
}

impl SleepState {
    /// Of a box that sleeps; `None` for every other.
    pub fn of(smartbox: &Smartbox) -> Option<Self> {
        match phase_of(smartbox) {
            Phase::Sleeping => {}
            // Down to less than its disk; a request wakes it all the same.
            Phase::Archived if smartbox.desired == Desired::Asleep => {}
            _ => return None,
        }
        let tier = match smartbox.observed {
            Observed::Asleep(SleepDepth::Frozen) => SleepTier::Frozen,
            Observed::Asleep(SleepDepth::Squeezed) => SleepTier::Squeezed,
            _ => SleepTier::Stopped,
        };
        let Smartbox { observed_at, idle_since, due, .. } = smartbox.clone();
        Some(Self { tier, since: observed_at, idle_since, due })
    }
}
