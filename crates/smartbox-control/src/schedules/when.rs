//! When a schedule has its times: a cron expression in a time zone, or one moment.

use std::time::Duration;

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use smartbox_core::ScheduleId;
use smartbox_store::{NextTime, SchedulePlan};

/// Longest cron expression, in characters.
const CRON_CHARS_MAX: usize = 100;
/// Longest name of a time zone, in characters.
const ZONE_CHARS_MAX: usize = 64;

/// When it is.
pub(crate) enum When {
    /// Again and again. Of times that a change of the clock leaves out or repeats, a fixed one happens once: at the end of
    /// the gap, at the first of the two.
    Again { cron: Box<Cron>, zone: TimeZone },
    /// Once.
    Once(Timestamp),
}

/// Reads a cron expression of five fields.
pub(crate) fn cron(text: &str) -> Result<Cron, String> {
    if text.chars().count() > CRON_CHARS_MAX {
        return Err(format!("has more than {CRON_CHARS_MAX} characters"));
    }
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    parser.parse(text).map_err(|error| format!("is no cron expression such as `0 9 * * MON-FRI`: {error}"))
}

/// Reads the name of a time zone.
pub(crate) fn zone(name: &str) -> Result<TimeZone, String> {
    let is_name = name.len() <= ZONE_CHARS_MAX && !name.starts_with('/') && !name.contains("..");
    let known = if is_name { TimeZone::get(name).ok() } else { None };
    known.ok_or_else(|| "is no time zone such as `UTC` or `Europe/Berlin`".to_owned())
}

impl When {
    /// Of a plan that was checked when it was made.
    pub(crate) fn of(plan: &SchedulePlan) -> Result<Self, String> {
        match (&plan.cron, plan.at) {
            (Some(text), _) => Ok(Self::Again { cron: Box::new(cron(text)?), zone: zone(&plan.time_zone)? }),
            (None, Some(at)) => Ok(Self::Once(at)),
            (None, None) => Err("names no time".to_owned()),
        }
    }

    /// The first time after `after`.
    pub(crate) fn next(&self, after: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Again { cron, zone } => {
                let next = cron.find_next_occurrence(&after.to_zoned(zone.clone()), false).ok()?;
                // A time that the clock shows twice is found anew in the second of both.
                Some(next.timestamp()).filter(|next| *next > after)
            }
            Self::Once(at) => Some(*at).filter(|at| *at > after),
        }
    }

    /// The latest time up to `until`, not before `from`, which is one itself.
    pub(crate) fn latest(&self, from: Timestamp, until: Timestamp) -> Timestamp {
        match self {
            Self::Again { cron, zone } => {
                let found = cron.find_previous_occurrence(&until.to_zoned(zone.clone()), true);
                let found = found.ok().map(|found| found.timestamp());
                found.filter(|found| *found <= until).map_or(from, |found| found.max(from))
            }
            Self::Once(_) => from,
        }
    }

    /// The first time after `after` with the moment at which it is acted on: somewhat later, by the schedule's own share
    /// of `stagger`. What is due once is due on time.
    pub(crate) fn next_time(&self, id: ScheduleId, after: Timestamp, stagger: Duration) -> Option<NextTime> {
        let at = self.next(after)?;
        let late = match self {
            Self::Again { .. } => share(id, stagger),
            Self::Once(_) => Duration::ZERO,
        };
        Some(NextTime { at, fires_at: at.checked_add(late).unwrap_or(at) })
    }
}

/// The same share of `whole` for the same schedule, evenly spread over many (FNV-1a; nothing secret hangs on it).
fn share(id: ScheduleId, whole: Duration) -> Duration {
    let hash = id.to_string().bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let millis = u64::try_from(whole.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(if millis == 0 { 0 } else { hash % millis })
}

#[cfg(test)]
mod tests;
