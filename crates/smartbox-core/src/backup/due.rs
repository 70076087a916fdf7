//! When the next backup of a box is made.

use std::time::Duration;

use jiff::Timestamp;

use crate::backoff;

/// What the time rests on.
#[derive(Clone, Copy, Debug)]
pub struct DueFacts {
    /// How old the newest backup of a box that changes may become.
    pub period: Duration,
    /// When the box was last looked at for changes; `None`: never.
    pub looked_at: Option<Timestamp>,
    /// Attempts that failed in a row.
    pub failures: u32,
    /// A number of this box, always the same: it spreads boxes over the period.
    pub jitter: u8,
}

/// When the box is looked at for changes next. One that was never looked at waits for its share of a period, so that boxes of
/// a platform that has just started do not come all at once.
pub fn next_at(facts: &DueFacts, now: Timestamp) -> Timestamp {
    let Some(looked_at) = facts.looked_at else { return now };
    // A clock that was set back by hours must not hold a backup back.
    let looked_at = looked_at.min(now);
    let wait = if facts.failures > 0 {
        backoff::after(facts.failures, facts.jitter)
    } else {
        // Never later than the period: the spread takes from it.
        let spread = facts.period / 8 * u32::from(facts.jitter) / 255;
        facts.period.saturating_sub(spread).try_into().unwrap_or(backoff::LONGEST)
    };
    looked_at.checked_add(wait).unwrap_or(Timestamp::MAX)
}

/// Whether people should be told that the newest good backup is too old: over twice the period since something may have changed
/// that is in none. `changed_since` is when that was first seen.
pub fn is_overdue(period: Duration, changed_since: Option<Timestamp>, now: Timestamp) -> bool {
    let Some(since) = changed_since else { return false };
    Duration::try_from(now.duration_since(since)).is_ok_and(|age| age > period * 2)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PERIOD: Duration = Duration::from_mins(5);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn facts(looked_at: Option<i64>, failures: u32, jitter: u8) -> DueFacts {
        DueFacts { period: PERIOD, looked_at: looked_at.map(at), failures, jitter }
    }

    #[test]
    fn a_box_is_looked_at_once_in_a_period_and_sooner_after_a_failure() {
        let now = at(10_000);
        assert_eq!(next_at(&facts(None, 0, 0), now), now);
        assert_eq!(next_at(&facts(Some(10_000), 0, 0), now), at(10_300));
        assert_eq!(next_at(&facts(Some(10_000), 1, 0), now), at(10_002));
        assert_eq!(next_at(&facts(Some(90_000), 0, 0), now), at(10_300), "the clock was set back");
    }

    #[test]
    fn people_are_told_after_two_periods_and_never_of_a_box_that_does_not_change() {
        assert!(!is_overdue(PERIOD, None, at(1_000_000)));
        assert!(!is_overdue(PERIOD, Some(at(0)), at(600)));
        assert!(is_overdue(PERIOD, Some(at(0)), at(601)));
        assert!(!is_overdue(PERIOD, Some(at(601)), at(0)), "the clock was set back");
    }

    proptest! {
        #[test]
        fn no_look_is_later_than_a_period_after_the_last(looked_at in 0_i64..10_000, later in 0_i64..10_000, jitter: u8) {
            let now = at(looked_at + later);
            let next = next_at(&facts(Some(looked_at), 0, jitter), now);
            prop_assert!(next <= at(looked_at + 300));
            prop_assert!(next > at(looked_at + 260));
        }
    }
}
