//! Why a box is as it is: from what is known of it to reasons that people read. Pure.

use std::time::Duration;

use jiff::Timestamp;

use crate::phase::Phase;
use crate::sleep::{SleepTier, Stay, Threshold, Thresholds};
use crate::upgrade::UpgradeStage;
use crate::wake::WakeRefusal;

mod words;

pub use words::span;

/// What is known of a box.
#[derive(Clone, Debug)]
pub struct Facts {
    /// When it is asked.
    pub now: Timestamp,
    /// Its public phase.
    pub phase: Phase,
    /// Since when it is seen like this.
    pub since: Option<Timestamp>,
    /// How far down it sleeps, if it does.
    pub asleep: Option<SleepTier>,
    /// Since when nothing was to do, as of falling asleep.
    pub idle_since: Option<Timestamp>,
    /// When its tiers of sleep begin.
    pub thresholds: Thresholds,
    /// What the platform saw of it last, while it is awake or asleep.
    pub watch: Option<Watch>,
    /// When it has to be awake by itself next, and what for.
    pub due: Option<(Timestamp, String)>,
    /// What speaks against a wake now.
    pub block: Option<WakeRefusal>,
    /// Why it is held, in the words of whoever holds it.
    pub held: Option<String>,
    /// What went wrong last.
    pub error: Option<String>,
    /// Whether secrets are put into its TLS only once it is started again: its programs do not trust its authority yet.
    pub waits_for_restart: bool,
    /// The upgrade of its agent runtime that is under way, or the last one if it failed.
    pub upgrade: Option<Upgrade>,
}

/// An upgrade of the agent runtime, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upgrade {
    /// The version that it has, or had.
    pub from: String,
    /// The version that it is to have.
    pub to: String,
    /// How far it has come; `None`: it is over.
    pub stage: Option<UpgradeStage>,
    /// Why it goes back, or failed.
    pub why: Option<String>,
}

/// What the platform saw.
#[derive(Clone, Debug)]
pub struct Watch {
    /// How long nothing was to do.
    pub idle: Duration,
    /// Requests and calls on sockets that are under way.
    pub requests: u32,
    /// Chats and commands of the platform that are under way.
    pub uses: u32,
    /// Calls of the box to the platform's services that are under way.
    pub calls: u32,
    /// Why it is left as it is.
    pub stay: Option<Stay>,
    /// Why it did not fall asleep when that was tried last.
    pub refused: Option<Refused>,
}

/// A sleep that did not come about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub why: String,
    /// When it is tried again.
    pub again: Timestamp,
}

/// One reason. Its `Display` is a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Because {
    /// Requests are under way.
    Requests(u32),
    /// Chats or commands are under way, or a schedule keeps it awake.
    Uses(u32),
    /// It is talking to the platform's services.
    Calls(u32),
    /// It is idle, and not yet for long enough.
    Idle {
        /// For so long.
        idle: Duration,
        /// The tier that comes next, and in how long.
        next: Option<(SleepTier, Duration)>,
    },
    /// Its policy keeps it awake.
    Never,
    /// It has to be awake too soon for a sleep to pay.
    DueSoon(Duration),
    /// Boxes cannot be frozen here.
    CannotFreeze,
    /// It was to fall asleep and did not.
    Refused(Refused),
    /// The platform has not looked at it since it runs.
    NotLookedAt,
    /// It is about to sleep.
    FallsAsleep,
    /// It sleeps.
    Sleeps {
        /// How far down.
        tier: SleepTier,
        /// Since when nothing was to do.
        idle_since: Option<Timestamp>,
    },
    /// It goes further down by itself.
    Deeper {
        /// How far.
        tier: SleepTier,
        /// In how long.
        after: Duration,
    },
    /// It wakes by itself.
    WakesAt {
        /// What happens then.
        at: Timestamp,
        /// What for.
        why: String,
    },
    /// Whoever needs it wakes it.
    WakesOnUse,
    /// It comes up.
    ComesUp,
    /// Its gateway fails its probe.
    NotAnswering,
    /// Its owner has stopped it.
    Stopped,
    /// Its disk is freed.
    Archived,
    /// It ends its work and stops.
    Stopping,
    /// It failed.
    Failed(Option<String>),
    /// It is deleted.
    Deleted,
    /// A wake would be refused.
    Blocked(WakeRefusal),
    /// Why it is held, in the words of whoever holds it.
    Held(String),
    /// Its programs do not trust its authority until it is started again.
    WaitsForRestart,
    /// Its agent runtime is being upgraded.
    Upgrading {
        /// To this version.
        to: String,
        /// How far it has come.
        stage: UpgradeStage,
        /// Why it goes back.
        why: Option<String>,
    },
    /// The last upgrade of its agent runtime failed.
    UpgradeFailed {
        /// The version it should have had.
        to: String,
        /// Why.
        why: String,
    },
}

/// Every reason, the one that counts most first. Never empty.
pub fn explain(facts: &Facts) -> Vec<Because> {
    let mut reasons = match facts.phase {
        Phase::Running => awake(facts),
        Phase::Degraded => vec![Because::NotAnswering],
        Phase::Sleeping => asleep(facts),
        Phase::FallingAsleep => vec![Because::FallsAsleep],
        Phase::Requested | Phase::Provisioning | Phase::Starting | Phase::Waking => vec![Because::ComesUp],
        Phase::Stopping => vec![Because::Stopping],
        Phase::Stopped => vec![Because::Stopped],
        Phase::Archived => archived(facts),
        Phase::Failed => vec![Because::Failed(facts.error.clone())],
        Phase::Deleting => vec![Because::Deleted],
    };
    let may_be_woken =
        matches!(facts.phase, Phase::Sleeping | Phase::Stopped | Phase::Archived | Phase::Failed);
    if let Some(block) = facts.block.filter(|_| may_be_woken) {
        reasons.retain(|reason| *reason != Because::WakesOnUse);
        reasons.push(Because::Blocked(block));
        reasons.extend(facts.held.clone().map(Because::Held));
    }
    if facts.waits_for_restart {
        reasons.push(Because::WaitsForRestart);
    }
    match facts.upgrade.clone() {
        Some(Upgrade { to, stage: Some(stage), why, .. }) => {
            reasons.insert(0, Because::Upgrading { to, stage, why });
        }
        Some(Upgrade { to, stage: None, why: Some(why), .. }) => {
            reasons.push(Because::UpgradeFailed { to, why });
        }
        _ => {}
    }
    reasons
}

fn awake(facts: &Facts) -> Vec<Because> {
    let Some(watch) = &facts.watch else { return vec![Because::NotLookedAt] };
    let mut reasons = Vec::new();
    if watch.requests > 0 {
        reasons.push(Because::Requests(watch.requests));
    }
    if watch.uses > 0 {
        reasons.push(Because::Uses(watch.uses));
    }
    if watch.calls > 0 {
        reasons.push(Because::Calls(watch.calls));
    }
    let idle = |next| Because::Idle { idle: watch.idle, next };
    match watch.stay {
        Some(Stay::Never) => reasons.push(Because::Never),
        Some(Stay::NotYet(left)) => reasons.push(idle(Some((SleepTier::Frozen, left)))),
        Some(Stay::DueSoon(left)) => reasons.push(Because::DueSoon(left)),
        Some(Stay::Unable) => reasons.extend([idle(None), Because::CannotFreeze]),
        Some(Stay::Working | Stay::AsFar) => {}
        None => match &watch.refused {
            Some(refused) => reasons.push(Because::Refused(refused.clone())),
            None => reasons.push(Because::FallsAsleep),
        },
    }
    if reasons.is_empty() {
        reasons.push(Because::NotLookedAt);
    }
    reasons
}

fn asleep(facts: &Facts) -> Vec<Because> {
    let tier = facts.asleep.unwrap_or(SleepTier::Stopped);
    let mut reasons = vec![Because::Sleeps { tier, idle_since: facts.idle_since }];
    reasons.extend(deeper(facts, tier));
    reasons.extend(facts.due.clone().map(|(at, why)| Because::WakesAt { at, why }));
    reasons.push(Because::WakesOnUse);
    reasons
}

fn archived(facts: &Facts) -> Vec<Because> {
    let mut reasons = vec![Because::Archived];
    reasons.extend(facts.due.clone().map(|(at, why)| Because::WakesAt { at, why }));
    reasons.push(Because::WakesOnUse);
    reasons
}

/// The tier that a sleeping box comes to next.
fn deeper(facts: &Facts, tier: SleepTier) -> Option<Because> {
    let idle_since = facts.idle_since?;
    let idle = Duration::try_from(facts.now.duration_since(idle_since)).unwrap_or_default();
    let begins = |next: SleepTier| match facts.thresholds.of(next) {
        Threshold::After(after) => Some((next, after.saturating_sub(idle))),
        Threshold::Never => None,
    };
    // A tier whose time has passed was not possible, or will be next; then nothing is promised.
    let mut next = SleepTier::ALL.into_iter().filter(|next| *next > tier).filter_map(begins);
    next.find(|(_, after)| !after.is_zero()).map(|(tier, after)| Because::Deeper { tier, after })
}

#[cfg(test)]
mod tests;
