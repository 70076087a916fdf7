//! Who has decided about the sleep of a box, and changes of that.

use super::{SleepPolicy, SleepTier, Threshold, Thresholds};

/// Who decides, from the narrowest to the widest. The narrowest that says something wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Circle {
    /// For this box.
    Box,
    /// For the boxes of the org.
    Org,
    /// For the boxes of the tier.
    Tier,
    /// For all.
    Platform,
}

impl Circle {
    /// The word used on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Box => "box",
            Self::Org => "org",
            Self::Tier => "tier",
            Self::Platform => "platform",
        }
    }
}

/// When one tier of sleep begins for a box, and who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effective {
    /// What begins.
    pub tier: SleepTier,
    /// When.
    pub begins: Threshold,
    /// Who says so.
    pub from: Circle,
}

/// A change of a policy. The outer `None` leaves a threshold as it is, the inner one unsets it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SleepChange {
    /// See [`SleepPolicy::frozen_after`].
    pub frozen_after: Option<Option<Threshold>>,
    /// See [`SleepPolicy::squeezed_after`].
    pub squeezed_after: Option<Option<Threshold>>,
    /// See [`SleepPolicy::stopped_after`].
    pub stopped_after: Option<Option<Threshold>>,
}

impl SleepPolicy {
    /// What it says about one tier.
    pub fn of(&self, tier: SleepTier) -> Option<Threshold> {
        match tier {
            SleepTier::Frozen => self.frozen_after,
            SleepTier::Squeezed => self.squeezed_after,
            SleepTier::Stopped => self.stopped_after,
        }
    }

    /// This policy after a change.
    #[must_use]
    pub fn with(self, change: &SleepChange) -> Self {
        Self {
            frozen_after: change.frozen_after.unwrap_or(self.frozen_after),
            squeezed_after: change.squeezed_after.unwrap_or(self.squeezed_after),
            stopped_after: change.stopped_after.unwrap_or(self.stopped_after),
        }
    }
}

/// What holds for one box, tier by tier, and who says so. Says the same as [`Thresholds::resolve`].
pub fn effective(
    of_box: &SleepPolicy,
    of_org: &SleepPolicy,
    of_tier: &SleepPolicy,
    platform: Thresholds,
) -> [Effective; 3] {
    SleepTier::ALL.map(|tier| {
        let circles = [(Circle::Box, of_box), (Circle::Org, of_org), (Circle::Tier, of_tier)];
        let said = circles.into_iter().find_map(|(from, policy)| Some((policy.of(tier)?, from)));
        let (begins, from) = said.unwrap_or_else(|| (platform.of(tier), Circle::Platform));
        Effective { tier, begins, from }
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn policies() -> impl Strategy<Value = SleepPolicy> {
        let threshold = || prop::option::of(prop_oneof![Just(0u64), 10u64..10_000]);
        let threshold = || {
            threshold().prop_map(|secs| {
                secs.map(|secs| match secs {
                    0 => Threshold::Never,
                    secs => Threshold::After(Duration::from_secs(secs)),
                })
            })
        };
        (threshold(), threshold(), threshold()).prop_map(|(frozen_after, squeezed_after, stopped_after)| {
            SleepPolicy { frozen_after, squeezed_after, stopped_after }
        })
    }

    proptest! {
        #[test]
        fn what_people_are_told_is_what_holds(of_box in policies(), of_org in policies(), of_tier in policies()) {
            let platform = Thresholds::default();
            let held = Thresholds::resolve(of_box, of_org, of_tier, platform);
            let told = effective(&of_box, &of_org, &of_tier, platform);
            prop_assert_eq!(told.map(|told| told.begins), [held.frozen, held.squeezed, held.stopped]);
            for told in told {
                prop_assert_eq!(told.from == Circle::Box, of_box.of(told.tier).is_some());
            }
        }

        #[test]
        fn a_change_touches_what_it_names(before in policies(), other in policies()) {
            let change = SleepChange { squeezed_after: Some(other.squeezed_after), ..SleepChange::default() };
            let after = before.with(&change);
            prop_assert_eq!(after, SleepPolicy { squeezed_after: other.squeezed_after, ..before });
            prop_assert_eq!(before.with(&SleepChange::default()), before);
        }
    }
}
