//! How deeply an idle box sleeps, and when: thresholds as data, one pure decision.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::state::{BadState, SleepDepth};

mod policy;

pub use policy::{Circle, Effective, SleepChange, effective};

/// How far a box goes down when it is not needed. In their order: the further, the less it takes and the longer its wake.
///
/// `hibernated` of the design has its place before `stopped` and comes with it. `archived` is no tier of sleep: a box is
/// archived from `stopped`, by whoever frees disks ([`crate::archive`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SleepTier {
    /// Processes are kept and get no CPU time.
    Frozen,
    /// Frozen, and memory was pushed out.
    Squeezed,
    /// Disk only. It is not what an owner calls stopped: a request starts it.
    Stopped,
}

impl SleepTier {
    /// Every tier in its order.
    pub const ALL: [Self; 3] = [Self::Frozen, Self::Squeezed, Self::Stopped];

    /// The word used in the store and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Frozen => "frozen",
            Self::Squeezed => "squeezed",
            Self::Stopped => "stopped",
        }
    }

    /// How deeply its processes sleep, if it keeps them.
    pub const fn depth(self) -> Option<SleepDepth> {
        match self {
            Self::Frozen => Some(SleepDepth::Frozen),
            Self::Squeezed => Some(SleepDepth::Squeezed),
            Self::Stopped => None,
        }
    }

    /// How long before a planned wake the box has to be woken: a boot takes 10 to 15 s here, a thaw milliseconds.
    pub const fn lead(self) -> Duration {
        match self {
            Self::Frozen => Duration::from_secs(1),
            Self::Squeezed => Duration::from_secs(3),
            Self::Stopped => Duration::from_secs(30),
        }
    }

    /// The shortest sleep of this kind that is worth its wake.
    pub const fn shortest(self) -> Duration {
        match self {
            Self::Frozen => Duration::from_secs(15),
            Self::Squeezed => Duration::from_mins(1),
            Self::Stopped => Duration::from_mins(10),
        }
    }
}

impl fmt::Display for SleepTier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for SleepTier {
    type Err = BadState;

    fn from_str(text: &str) -> Result<Self, BadState> {
        Self::ALL.into_iter().find(|tier| tier.as_str() == text).ok_or(BadState)
    }
}

/// After how much idle time something begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Threshold {
    /// It does not.
    Never,
    /// After this.
    After(Duration),
}

/// The shortest threshold: a check of what the gateway does costs more than a shorter sleep saves.
pub const THRESHOLD_SECS_MIN: u64 = 10;
/// The longest threshold, a year.
pub const THRESHOLD_SECS_MAX: u64 = 366 * 24 * 3600;

/// The text is no threshold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be `never`, or a time such as `90s`, `10m`, `1h` or `2d` of at least {THRESHOLD_SECS_MIN} seconds and at most a year"
)]
pub struct BadThreshold;

impl FromStr for Threshold {
    type Err = BadThreshold;

    fn from_str(text: &str) -> Result<Self, BadThreshold> {
        if text == "never" {
            return Ok(Self::Never);
        }
        let unit = text.chars().next_back().ok_or(BadThreshold)?;
        let number = text.strip_suffix(unit).ok_or(BadThreshold)?;
        // The standard parser takes a leading plus; a person who writes one means something else.
        if !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(BadThreshold);
        }
        let number: u64 = number.parse().map_err(|_not_a_number| BadThreshold)?;
        let unit_secs = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 24 * 3600,
            _ => return Err(BadThreshold),
        };
        let secs = number.checked_mul(unit_secs).ok_or(BadThreshold)?;
        Self::from_secs(secs).ok_or(BadThreshold)
    }
}

impl Threshold {
    /// A threshold of so many seconds, if that is one.
    pub fn from_secs(secs: u64) -> Option<Self> {
        (THRESHOLD_SECS_MIN..=THRESHOLD_SECS_MAX)
            .contains(&secs)
            .then(|| Self::After(Duration::from_secs(secs)))
    }

    /// Whether so much idle time is enough.
    pub fn is_passed_by(self, idle: Duration) -> bool {
        matches!(self, Self::After(after) if idle >= after)
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::After(after) = self else { return f.write_str("never") };
        let secs = after.as_secs();
        let (number, unit) = match secs {
            _ if secs > 0 && secs % (24 * 3600) == 0 => (secs / (24 * 3600), 'd'),
            _ if secs > 0 && secs % 3600 == 0 => (secs / 3600, 'h'),
            _ if secs > 0 && secs % 60 == 0 => (secs / 60, 'm'),
            _ => (secs, 's'),
        };
        write!(f, "{number}{unit}")
    }
}

/// What somebody has decided about the sleep of boxes; what is unset is left to the next wider circle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SleepPolicy {
    /// When [`SleepTier::Frozen`] begins.
    pub frozen_after: Option<Threshold>,
    /// When [`SleepTier::Squeezed`] begins.
    pub squeezed_after: Option<Threshold>,
    /// When [`SleepTier::Stopped`] begins.
    pub stopped_after: Option<Threshold>,
}

impl SleepPolicy {
    /// This policy, with `wider` for what it leaves open.
    #[must_use]
    pub fn or(self, wider: Self) -> Self {
        Self {
            frozen_after: self.frozen_after.or(wider.frozen_after),
            squeezed_after: self.squeezed_after.or(wider.squeezed_after),
            stopped_after: self.stopped_after.or(wider.stopped_after),
        }
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// When each tier begins, with nothing left open. All are counted from the last work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// When [`SleepTier::Frozen`] begins, and nothing before it. `Never`: the box is never put to sleep by itself.
    pub frozen: Threshold,
    /// When [`SleepTier::Squeezed`] begins.
    pub squeezed: Threshold,
    /// When [`SleepTier::Stopped`] begins.
    pub stopped: Threshold,
}

impl Default for Thresholds {
    /// Freeze after ten minutes, give memory back after half an hour, never end the processes.
    fn default() -> Self {
        Self {
            frozen: Threshold::After(Duration::from_mins(10)),
            squeezed: Threshold::After(Duration::from_mins(30)),
            stopped: Threshold::Never,
        }
    }
}

impl Thresholds {
    /// What holds for one box: the narrowest circle that says something wins.
    pub fn resolve(of_box: SleepPolicy, of_org: SleepPolicy, of_tier: SleepPolicy, platform: Self) -> Self {
        let policy = of_box.or(of_org).or(of_tier);
        Self {
            frozen: policy.frozen_after.unwrap_or(platform.frozen),
            squeezed: policy.squeezed_after.unwrap_or(platform.squeezed),
            stopped: policy.stopped_after.unwrap_or(platform.stopped),
        }
    }

    pub(crate) fn of(&self, tier: SleepTier) -> Threshold {
        match tier {
            SleepTier::Frozen => self.frozen,
            SleepTier::Squeezed => self.squeezed,
            SleepTier::Stopped => self.stopped,
        }
    }

    /// The furthest tier whose time has come. Nothing begins before the first one does.
    pub fn reached(&self, idle: Duration) -> Option<SleepTier> {
        let has_begun = self.frozen.is_passed_by(idle);
        SleepTier::ALL.into_iter().rev().find(|tier| has_begun && self.of(*tier).is_passed_by(idle))
    }
}

/// What the decision rests on.
#[derive(Clone, Copy, Debug)]
pub struct DrowseFacts {
    /// When each tier begins for this box.
    pub thresholds: Thresholds,
    /// How long nothing was to do. Counted from the last work, or from the last wake when that is later.
    pub idle: Duration,
    /// Whether something is being done: requests, commands, terminals, calls to models.
    pub is_working: bool,
    /// Whether somebody keeps a socket open to it: one that is closed comes again, and would start the box.
    pub is_watched: bool,
    /// How far it sleeps already; `None`: it is awake.
    pub asleep: Option<SleepTier>,
    /// How deeply processes can sleep here now; `None`: not at all.
    pub deepest: Option<SleepDepth>,
    /// How long until it has to be awake by itself; `None`: no such time is known.
    pub due_in: Option<Duration>,
}

/// What becomes of a box that may sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drowse {
    /// Let it go down to this tier.
    To(SleepTier),
    /// Leave it as it is.
    Stay(Stay),
}

/// Why a box is left as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stay {
    /// Its policy says never.
    Never,
    /// Something is being done.
    Working,
    /// It was not idle for long enough; so much more is needed.
    NotYet(Duration),
    /// It has to be awake too soon for a sleep to pay.
    DueSoon(Duration),
    /// Processes cannot sleep here, and its policy does not stop it.
    Unable,
    /// It sleeps as far as it should.
    AsFar,
}

/// Decides whether a box goes (further) down.
pub fn drowse(facts: &DrowseFacts) -> Drowse {
    let Threshold::After(first) = facts.thresholds.frozen else { return Drowse::Stay(Stay::Never) };
    if facts.is_working {
        return Drowse::Stay(Stay::Working);
    }
    let Some(reached) = facts.thresholds.reached(facts.idle) else {
        return Drowse::Stay(Stay::NotYet(first.saturating_sub(facts.idle)));
    };
    let is_possible = |tier: SleepTier| match tier.depth() {
        Some(depth) => facts.deepest >= Some(depth),
        None => !facts.is_watched,
    };
    let is_deeper = |tier: SleepTier| facts.asleep < Some(tier);
    let pays = |tier: SleepTier| facts.due_in.is_none_or(|due| due >= tier.lead() + tier.shortest());
    let down_to = SleepTier::ALL.into_iter().rev().filter(|tier| *tier <= reached);
    let mut possible = down_to.filter(|tier| is_possible(*tier)).peekable();
    if possible.peek().is_none() {
        return Drowse::Stay(Stay::Unable);
    }
    let mut deeper = possible.filter(|tier| is_deeper(*tier)).peekable();
    if deeper.peek().is_none() {
        return Drowse::Stay(Stay::AsFar);
    }
    match deeper.find(|tier| pays(*tier)) {
        Some(tier) => Drowse::To(tier),
        None if facts.asleep.is_some() => Drowse::Stay(Stay::AsFar),
        None => Drowse::Stay(Stay::DueSoon(facts.due_in.unwrap_or(Duration::ZERO))),
    }
}

#[cfg(test)]
mod tests;
