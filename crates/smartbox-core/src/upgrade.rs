//! An upgrade of the agent runtime of one box: what comes next, from what is seen. Pure.
//!
//! ```text
//! trying ──(a backup comes up on the new version)──▶ saving ──(the state is saved)──▶ proving ──(well for a while)──▶ done
//!    │                                                 │                               │
//!    └─(it does not)──▶ ended, never touched           └─(it cannot be)──▶ ended       └─(not well)──▶ going back ──▶ ended
//! ```
//!
//! Every stage has an end of its own: none waits for ever, and each that does not go on leads back to where the box was.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;

use crate::state::{BadState, DeathReason, Desired, Observed};

/// How far an upgrade has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UpgradeStage {
    /// Its newest good backup is booted on the new version in a sealed box. The box itself is not touched.
    Trying,
    /// The box is stopped and its state is saved. Nothing was changed yet.
    Saving,
    /// It runs on the new version, and has to be well for a while.
    Proving,
    /// It was not: version and state go back to what they were.
    GoingBack,
}

impl UpgradeStage {
    /// Every stage.
    pub const ALL: [Self; 4] = [Self::Trying, Self::Saving, Self::Proving, Self::GoingBack];

    /// The word used in the store and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trying => "trying",
            Self::Saving => "saving",
            Self::Proving => "proving",
            Self::GoingBack => "going-back",
        }
    }
}

impl fmt::Display for UpgradeStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for UpgradeStage {
    type Err = BadState;

    fn from_str(text: &str) -> Result<Self, BadState> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == text).ok_or(BadState)
    }
}

/// How long the stages may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UpgradeTimes {
    /// From asking until a backup was tried on the new version. One waits for the other, and after this for nothing.
    pub try_within: Duration,
    /// From then until the state is saved. The box does not run for most of it.
    pub save_within: Duration,
    /// From a start until the gateway is ready. A first start on a new version changes the state, which may take long.
    pub ready_within: Duration,
    /// How long a ready gateway has to stay well before the upgrade counts.
    pub steady_for: Duration,
}

impl Default for UpgradeTimes {
    fn default() -> Self {
        Self {
            try_within: Duration::from_mins(30),
            save_within: Duration::from_mins(30),
            ready_within: Duration::from_mins(5),
            steady_for: Duration::from_mins(1),
        }
    }
}

/// What a decision rests on.
#[derive(Clone, Copy, Debug)]
pub struct UpgradeFacts<'a> {
    /// The time.
    pub now: Timestamp,
    /// How far it has come.
    pub stage: UpgradeStage,
    /// Since when.
    pub since: Timestamp,
    /// What the owner wants of the box.
    pub desired: Desired,
    /// What was seen of it.
    pub observed: &'a Observed,
    /// Since when it is seen like this.
    pub observed_at: Option<Timestamp>,
    /// Whether it was seen in the incarnation that should run.
    pub is_current: bool,
    /// How often the gateway was started again in this incarnation.
    pub restarts: u32,
    /// Whether the box kept failing and is left alone.
    pub is_left_alone: bool,
    /// Whether its disk is to be replaced at its next start.
    pub is_restoring: bool,
    /// Whether it is pinned to the version that it is to be upgraded to.
    pub is_on_new: bool,
}

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NextMove {
    /// Nothing yet.
    Wait,
    /// No backup was tried on the new version in time: it goes on without.
    SkipTrial,
    /// The box should not run at present, for reasons of its own: the time of the stage begins anew.
    Pause,
    /// It has been well for long enough: its state is looked at, and if that is well, too, the upgrade is done.
    LookAtState,
    /// It is not well: back to the old version and the saved state.
    GoBack(String),
    /// It is over and nothing was changed.
    GiveUp(String),
    /// It is back to what it was.
    WentBack,
    /// It could not be brought back, or is not well there either.
    Stuck(String),
    /// The box is being deleted.
    Drop,
}

/// Decides what comes next.
pub fn next_move(facts: &UpgradeFacts<'_>, times: &UpgradeTimes) -> NextMove {
    let elapsed = |since: Timestamp| Duration::try_from(facts.now.duration_since(since)).unwrap_or_default();
    match (facts.stage, facts.desired) {
        (_, Desired::Deleted) => return NextMove::Drop,
        // Nothing is asked of the box itself yet, so it is no matter what it does.
        (UpgradeStage::Trying, _) if elapsed(facts.since) > times.try_within => return NextMove::SkipTrial,
        (UpgradeStage::Trying, _) => return NextMove::Wait,
        (_, Desired::Stopped | Desired::Asleep) => return NextMove::Pause,
        (_, Desired::Running) => {}
    }
    match facts.stage {
        UpgradeStage::Trying => NextMove::Wait,
        UpgradeStage::Saving if elapsed(facts.since) > times.save_within => {
            NextMove::GiveUp("its state could not be saved in time".to_owned())
        }
        UpgradeStage::Saving => NextMove::Wait,
        UpgradeStage::Proving if !facts.is_on_new => NextMove::Stuck(
            "its disk was lost meanwhile, and came back with the version that saved it".to_owned(),
        ),
        UpgradeStage::Proving => match unwell(facts) {
            Some(why) => NextMove::GoBack(why),
            None if is_up(facts) => {
                let ready_since = facts.observed_at.unwrap_or(facts.now).max(facts.since);
                if elapsed(ready_since) >= times.steady_for { NextMove::LookAtState } else { NextMove::Wait }
            }
            None if elapsed(facts.since) > times.ready_within => {
                NextMove::GoBack("its gateway did not become ready in time".to_owned())
            }
            None => NextMove::Wait,
        },
        UpgradeStage::GoingBack if facts.is_restoring => {
            // The store of backups may be away for a while; it is asked again and again, and this is told meanwhile.
            NextMove::Wait
        }
        UpgradeStage::GoingBack if facts.is_on_new => {
            NextMove::Stuck("the saved state could not be put back".to_owned())
        }
        UpgradeStage::GoingBack => match unwell(facts) {
            Some(why) => NextMove::Stuck(why),
            None if is_up(facts) => NextMove::WentBack,
            None if elapsed(facts.since) > times.ready_within.saturating_mul(2) => {
                NextMove::Stuck("its gateway did not become ready in time".to_owned())
            }
            None => NextMove::Wait,
        },
    }
}

fn is_up(facts: &UpgradeFacts<'_>) -> bool {
    facts.is_current && *facts.observed == Observed::Ready
}

/// What is wrong with a box that was started for this. What an older incarnation died of is no news of the new one; and that
/// the processes ended from outside says nothing of a version.
fn unwell(facts: &UpgradeFacts<'_>) -> Option<String> {
    if facts.is_left_alone {
        return Some("its gateway kept failing".to_owned());
    }
    if !facts.is_current {
        return None;
    }
    match facts.observed {
        Observed::Dead(DeathReason::Config) => {
            Some("its gateway refuses configuration or state (exit code 78)".to_owned())
        }
        Observed::Dead(DeathReason::Vanished) => None,
        Observed::Dead(reason) => Some(format!("its gateway ended: {}", reason.as_str())),
        _ if facts.restarts > 0 => Some("its gateway ended by itself and was started again".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
