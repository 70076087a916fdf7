//! A change of the owner's part of a configuration: what comes next, from what is seen. Pure.
//!
//! ```text
//! applying ──(the gateway has it)──▶ proving ──(well for a while)──▶ done
//!    │                                  │
//!    └─────(the gateway refuses it)─────┴─(not well)──▶ going back ──▶ ended, with the last one that was well
//! ```
//!
//! A box that does not run is waited for: the change is applied at its next start, and judged then.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;

use crate::state::{BadState, DeathReason, Desired, Observed};

/// How far a change has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConfigStage {
    /// The gateway does not have it yet.
    Applying,
    /// It has, and has to be well for a while.
    Proving,
    /// It was not: it gets what it was well with before.
    GoingBack,
}

impl ConfigStage {
    /// Every stage.
    pub const ALL: [Self; 3] = [Self::Applying, Self::Proving, Self::GoingBack];

    /// The word used in the store and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Applying => "applying",
            Self::Proving => "proving",
            Self::GoingBack => "going-back",
        }
    }
}

impl fmt::Display for ConfigStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ConfigStage {
    type Err = BadState;

    fn from_str(text: &str) -> Result<Self, BadState> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == text).ok_or(BadState)
    }
}

/// What is known of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConfigStanding {
    /// No gateway has proven it yet.
    New,
    /// A gateway was well with it.
    Good,
    /// A gateway was not.
    Bad,
}

impl ConfigStanding {
    /// Every standing.
    pub const ALL: [Self; 3] = [Self::New, Self::Good, Self::Bad];

    /// The word used in the store and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Good => "good",
            Self::Bad => "bad",
        }
    }
}

impl FromStr for ConfigStanding {
    type Err = BadState;

    fn from_str(text: &str) -> Result<Self, BadState> {
        Self::ALL.into_iter().find(|standing| standing.as_str() == text).ok_or(BadState)
    }
}

/// How long the stages may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfigTimes {
    /// From the moment a gateway has it until it is ready.
    pub ready_within: Duration,
    /// How long a ready gateway has to stay well before the change counts.
    pub steady_for: Duration,
}

impl Default for ConfigTimes {
    fn default() -> Self {
        Self { ready_within: Duration::from_mins(5), steady_for: Duration::from_secs(10) }
    }
}

/// What a decision rests on.
#[derive(Clone, Copy, Debug)]
pub struct ConfigFacts<'a> {
    /// The time.
    pub now: Timestamp,
    /// How far it has come.
    pub stage: ConfigStage,
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
    /// Whether this incarnation was given this version.
    pub has_it: bool,
    /// Whether the box kept failing and is left alone.
    pub is_left_alone: bool,
    /// Whether something else is done with it that restarts it: an upgrade, a restore.
    pub is_busy: bool,
}

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigMove {
    /// Nothing yet.
    Wait,
    /// The box does not run, or something else is done with it: the time of the stage begins anew.
    Pause,
    /// It runs with another version: it gets this one, in the running gateway if that can take it.
    Apply,
    /// It does not run well: it gets this version with a new incarnation.
    Restart,
    /// This incarnation has it, and has to prove itself.
    Prove,
    /// It has been well for long enough.
    Done,
    /// It is not well: back to the last one that was.
    GoBack(String),
    /// It is back.
    WentBack,
    /// It is not well with the last good one either.
    Stuck(String),
    /// The box is being deleted.
    Drop,
}

/// Decides what comes next.
pub fn next_config_move(facts: &ConfigFacts<'_>, times: &ConfigTimes) -> ConfigMove {
    match facts.desired {
        Desired::Deleted => return ConfigMove::Drop,
        Desired::Stopped | Desired::Asleep => return ConfigMove::Pause,
        Desired::Running if facts.is_busy => return ConfigMove::Pause,
        Desired::Running => {}
    }
    let is_back = facts.stage == ConfigStage::GoingBack;
    if !facts.has_it {
        return give_it(facts, times);
    }
    if facts.stage == ConfigStage::Applying {
        return ConfigMove::Prove;
    }
    let elapsed = |since: Timestamp| Duration::try_from(facts.now.duration_since(since)).unwrap_or_default();
    let failed = |why: String| if is_back { ConfigMove::Stuck(why) } else { ConfigMove::GoBack(why) };
    if let Some(why) = unwell(facts) {
        return failed(why.to_owned());
    }
    if facts.is_current && *facts.observed == Observed::Ready {
        let ready_since = facts.observed_at.unwrap_or(facts.now).max(facts.since);
        return match (elapsed(ready_since) >= times.steady_for, is_back) {
            (false, _) => ConfigMove::Wait,
            (true, false) => ConfigMove::Done,
            (true, true) => ConfigMove::WentBack,
        };
    }
    if elapsed(facts.since) > times.ready_within {
        return failed("its gateway did not become ready in time".to_owned());
    }
    ConfigMove::Wait
}

/// How a box gets a version that its incarnation was not started with.
fn give_it(facts: &ConfigFacts<'_>, times: &ConfigTimes) -> ConfigMove {
    if facts.is_left_alone {
        return ConfigMove::Restart;
    }
    let age = Duration::try_from(facts.now.duration_since(facts.since)).unwrap_or_default();
    match facts.observed {
        // What is about to start reads the newest version.
        _ if !facts.is_current => ConfigMove::Wait,
        Observed::Ready => ConfigMove::Apply,
        Observed::Unready => ConfigMove::Restart,
        Observed::Dead(DeathReason::Vanished) => ConfigMove::Wait,
        Observed::Dead(_) => ConfigMove::Restart,
        // It was started with another version, and is given this one when that start has ended, well or not.
        Observed::Starting { .. } if age > times.ready_within => ConfigMove::Restart,
        _ => ConfigMove::Wait,
    }
}

/// What is wrong with a gateway that has it. That the processes ended from outside says nothing of a configuration.
fn unwell(facts: &ConfigFacts<'_>) -> Option<&'static str> {
    if facts.is_left_alone {
        return Some("its gateway kept failing");
    }
    match facts.observed {
        _ if !facts.is_current => None,
        Observed::Dead(DeathReason::Config) => Some("its gateway refused it (exit code 78)"),
        Observed::Dead(DeathReason::OutOfMemory) => Some("the box used more memory than its tier allows"),
        Observed::Dead(DeathReason::Crashed { .. }) => Some("its gateway ended again and again"),
        Observed::Dead(DeathReason::Silent) => Some("its gateway did not answer"),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
