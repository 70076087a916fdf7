//! What is due by the clock: words, and the one decision about what was missed.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;

use crate::state::BadState;

/// A run that begins so late was missed: the platform was down, or its clock was set.
pub const LATE: Duration = Duration::from_mins(2);

/// What becomes of runs that were missed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CatchUp {
    /// The latest of them is made up for, once.
    #[default]
    Once,
    /// They are left out.
    Skip,
}

impl CatchUp {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Once, Self::Skip];

    /// The word used in the store and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::Skip => "skip",
        }
    }
}

impl fmt::Display for CatchUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for CatchUp {
    type Err = BadState;

    fn from_str(text: &str) -> Result<Self, BadState> {
        Self::ALL.into_iter().find(|rule| rule.as_str() == text).ok_or(BadState)
    }
}

/// What becomes of a due time that has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DueNow {
    /// It runs, for this due time.
    Run(Timestamp),
    /// It was missed, and is left out.
    Missed(Timestamp),
}

/// Decides. `latest` is the latest due time up to now; earlier ones are never run, so that one run stands for all.
pub fn due_now(latest: Timestamp, now: Timestamp, rule: CatchUp) -> DueNow {
    let late = Duration::try_from(now.duration_since(latest)).unwrap_or_default();
    match rule {
        CatchUp::Skip if late > LATE => DueNow::Missed(latest),
        CatchUp::Skip | CatchUp::Once => DueNow::Run(latest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_second(secs).unwrap()
    }

    #[test]
    fn what_is_on_time_runs_whatever_the_rule() {
        for rule in CatchUp::ALL {
            assert_eq!(due_now(at(1000), at(1000), rule), DueNow::Run(at(1000)));
            assert_eq!(due_now(at(1000), at(1120), rule), DueNow::Run(at(1000)));
            assert_eq!(due_now(at(1000), at(900), rule), DueNow::Run(at(1000)), "the clock was set back");
        }
    }

    #[test]
    fn what_is_late_runs_once_or_not_at_all() {
        assert_eq!(due_now(at(1000), at(1121), CatchUp::Once), DueNow::Run(at(1000)));
        assert_eq!(due_now(at(1000), at(1121), CatchUp::Skip), DueNow::Missed(at(1000)));
    }

    #[test]
    fn the_rules_have_words() {
        for rule in CatchUp::ALL {
            assert_eq!(rule.to_string().parse(), Ok(rule));
        }
        assert!("twice".parse::<CatchUp>().is_err());
    }
}
