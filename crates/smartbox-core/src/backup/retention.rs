//! Which backups are kept.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

/// How many are kept of each kind, beside everything that is younger than `all_for`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// For how long every backup is kept.
    pub all_for: Duration,
    /// Hours of which the newest is kept.
    pub hourly: u32,
    /// Days.
    pub daily: u32,
    /// Weeks.
    pub weekly: u32,
    /// Months, of 30 days.
    pub monthly: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self { all_for: Duration::from_mins(90), hourly: 24, daily: 7, weekly: 5, monthly: 12 }
    }
}

/// A backup that there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// When it was made.
    pub made_at: Timestamp,
    /// Whether it can be trusted.
    pub is_good: bool,
    /// Whether a person asked for it, or something needs it: it stays until a person removes it.
    pub is_pinned: bool,
}

/// Suspicious ones that are kept beside the good ones, the newest.
const SUSPICIOUS_MAX: usize = 5;

const HOUR_SECS: i64 = 3600;
const DAY_SECS: i64 = 24 * HOUR_SECS;

/// The positions of those that nobody needs any more.
///
/// Good and suspicious ones are never counted against each other, so that a box that went bad cannot push out what it was.
/// The newest good one is never named, however old it is.
pub fn to_forget(kept: &[Kept], retention: &Retention, now: Timestamp) -> Vec<usize> {
    let mut by_age: Vec<usize> = (0..kept.len()).collect();
    by_age.sort_by_key(|index| std::cmp::Reverse(kept[*index].made_at));
    let good: Vec<usize> = by_age.iter().copied().filter(|index| kept[*index].is_good).collect();
    let mut needed: BTreeSet<usize> = good.first().copied().into_iter().collect();
    needed.extend((0..kept.len()).filter(|index| kept[*index].is_pinned));
    needed.extend((0..kept.len()).filter(|index| {
        let age = now.duration_since(kept[*index].made_at);
        // One from the future is young: the clock was set back.
        kept[*index].is_good && Duration::try_from(age).map_or(true, |age| age <= retention.all_for)
    }));
    for (seconds, count) in [
        (HOUR_SECS, retention.hourly),
        (DAY_SECS, retention.daily),
        (7 * DAY_SECS, retention.weekly),
        (30 * DAY_SECS, retention.monthly),
    ] {
        needed.extend(newest_of_each(kept, &good, seconds, count));
    }
    let suspicious = by_age.iter().copied().filter(|index| !kept[*index].is_good);
    needed.extend(suspicious.take(SUSPICIOUS_MAX));
    (0..kept.len()).filter(|index| !needed.contains(index)).collect()
}

/// The newest of each of the last `count` spans in which there is one.
fn newest_of_each(kept: &[Kept], newest_first: &[usize], seconds: i64, count: u32) -> Vec<usize> {
    let mut found = Vec::new();
    let mut last = None;
    for index in newest_first {
        let span = kept[*index].made_at.as_second().div_euclid(seconds);
        if last == Some(span) {
            continue;
        }
        if found.len() >= count as usize {
            break;
        }
        last = Some(span);
        found.push(*index);
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn good(seconds: i64) -> Kept {
        Kept { made_at: at(seconds), is_good: true, is_pinned: false }
    }

    fn backups() -> impl Strategy<Value = Vec<Kept>> {
        let one = (0_i64..400 * DAY_SECS, any::<bool>(), prop::bool::weighted(0.1));
        prop::collection::vec(one, 0..60).prop_map(|all| {
            all.into_iter()
                .map(|(seconds, is_good, is_pinned)| Kept { made_at: at(seconds), is_good, is_pinned })
                .collect()
        })
    }

    #[test]
    fn a_year_of_backups_every_five_minutes_becomes_a_few_dozen() {
        let now = 365 * DAY_SECS;
        let all: Vec<Kept> = (0..now / 300).map(|number| good(number * 300)).collect();
        let forgotten = to_forget(&all, &Retention::default(), at(now)).len();
        let left = all.len() - forgotten;
        assert!((18 + 24 + 5..=18 + 24 + 7 + 5 + 13).contains(&left), "{left}");
    }

    #[test]
    fn a_box_that_went_bad_does_not_push_out_what_it_was() {
        let mut all = vec![good(0), good(60)];
        all.extend((0..100).map(|number| Kept { is_good: false, ..good(1_000_000 + number) }));
        let forgotten = to_forget(&all, &Retention::default(), at(90 * DAY_SECS));
        assert!(!forgotten.contains(&1), "the newest good one stays");
        assert_eq!(forgotten.len(), 1 + 95, "and five of the bad ones, to look at");
    }

    proptest! {
        #[test]
        fn the_newest_good_one_and_those_that_are_pinned_always_stay(all in backups(), now in 0_i64..800 * DAY_SECS) {
            let forgotten = to_forget(&all, &Retention::default(), at(now));
            let newest = (0..all.len()).filter(|index| all[*index].is_good).max_by_key(|index| all[*index].made_at);
            if let Some(newest) = newest {
                let newest_at = all[newest].made_at;
                let stays = |index: usize| !forgotten.contains(&index);
                prop_assert!((0..all.len()).any(|index| all[index].is_good && all[index].made_at == newest_at && stays(index)));
            }
            for index in forgotten {
                prop_assert!(!all[index].is_pinned);
            }
        }

        #[test]
        fn what_stays_stays_when_asked_again(all in backups(), now in 0_i64..800 * DAY_SECS) {
            let forgotten = to_forget(&all, &Retention::default(), at(now));
            let left: Vec<Kept> = (0..all.len()).filter(|index| !forgotten.contains(index)).map(|index| all[index]).collect();
            prop_assert_eq!(to_forget(&left, &Retention::default(), at(now)), Vec::<usize>::new());
        }

        #[test]
        fn nothing_suspicious_changes_what_is_kept_of_the_good(all in backups(), now in 0_i64..800 * DAY_SECS) {
            let of = |all: &[Kept]| -> Vec<Kept> {
                let forgotten = to_forget(all, &Retention::default(), at(now));
                (0..all.len()).filter(|index| all[*index].is_good && !forgotten.contains(index)).map(|index| all[index]).collect()
            };
            let only_good: Vec<Kept> = all.iter().copied().filter(|kept| kept.is_good).collect();
            prop_assert_eq!(of(&all), of(&only_good));
        }
    }
}
