//! Views of sleep that boxes, orgs and tiers share.

use smartbox_api::{EffectiveSleepView, SleepPolicyView, SleepView, ThresholdView, UpdateSleep};
use smartbox_control::{PolicyWish, SleepState};
use smartbox_core::SleepPolicy;
use smartbox_core::sleep::Effective;

pub(crate) fn wish(update: UpdateSleep) -> PolicyWish {
    PolicyWish {
        frozen_after: update.frozen_after,
        squeezed_after: update.squeezed_after,
        stopped_after: update.stopped_after,
    }
}

pub(crate) fn policy_view(policy: &SleepPolicy) -> SleepPolicyView {
    SleepPolicyView {
        frozen_after: policy.frozen_after.map(|after| after.to_string()),
        squeezed_after: policy.squeezed_after.map(|after| after.to_string()),
        stopped_after: policy.stopped_after.map(|after| after.to_string()),
    }
}

pub(crate) fn effective_view(effective: &[Effective; 3]) -> EffectiveSleepView {
    let [frozen, squeezed, stopped] = effective.map(|effective| ThresholdView {
        after: effective.begins.to_string(),
        from: effective.from.as_str().to_owned(),
    });
    EffectiveSleepView { frozen, squeezed, stopped }
}

pub(crate) fn sleep_view(state: SleepState) -> SleepView {
    SleepView {
        tier: state.tier.to_string(),
        since: state.since.map(|at| at.to_string()),
        idle_since: state.idle_since.map(|at| at.to_string()),
        due_at: state.due.as_ref().map(|due| due.at.to_string()),
        due_why: state.due.map(|due| due.why),
    }
}
