//! Who decides about the backups of a box: the box, its org, its tier, the platform. The narrowest that says something wins.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use super::Retention;
use crate::Threshold;
use crate::sleep::Circle;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// One thing that is decided about backups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Matter {
    /// How old the newest backup of a box that changes may become.
    Period,
    /// For how long every backup is kept.
    KeepAll,
    /// Hours of which the newest is kept.
    KeepHourly,
    /// Days.
    KeepDaily,
    /// Weeks.
    KeepWeekly,
    /// Months.
    KeepMonthly,
    /// After how long without use a box is archived: its disk is freed, and its newest backup is all there is of it.
    ArchiveAfter,
}

/// A value of one matter: a number of seconds, or of things. 0 seconds of what happens again and again is never.
pub type MatterValue = u64;

/// The text is no value of the matter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadMatter(&'static str);

impl Matter {
    /// Every matter, in the order in which they are shown.
    pub const ALL: [Self; 7] = [
        Self::Period,
        Self::KeepAll,
        Self::KeepHourly,
        Self::KeepDaily,
        Self::KeepWeekly,
        Self::KeepMonthly,
        Self::ArchiveAfter,
    ];

    /// Its name in the store, on the wire and in settings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Period => "period",
            Self::KeepAll => "keep_all",
            Self::KeepHourly => "keep_hourly",
            Self::KeepDaily => "keep_daily",
            Self::KeepWeekly => "keep_weekly",
            Self::KeepMonthly => "keep_monthly",
            Self::ArchiveAfter => "archive_after",
        }
    }

    const fn index(self) -> usize {
        self as usize
    }

    /// Whether it is a time, and not a number of things.
    pub const fn is_time(self) -> bool {
        matches!(self, Self::Period | Self::KeepAll | Self::ArchiveAfter)
    }

    /// Whether `never` is a value.
    const fn may_be_never(self) -> bool {
        matches!(self, Self::Period | Self::ArchiveAfter)
    }

    /// Smallest and largest value that a box, an org or a tier may have. All that is kept together stays far below what one
    /// list of backups can hold.
    const fn bounds(self) -> RangeInclusive<u64> {
        match self {
            Self::Period => MINUTE..=7 * DAY,
            Self::KeepAll => 0..=DAY,
            Self::KeepHourly => 0..=168,
            Self::KeepDaily => 0..=366,
            Self::KeepWeekly => 0..=260,
            Self::KeepMonthly => 0..=120,
            Self::ArchiveAfter => HOUR..=10 * 366 * DAY,
        }
    }

    const fn expected(self) -> &'static str {
        match self {
            Self::Period => "must be `never`, or a time from `1m` to `7d`",
            Self::KeepAll => "must be a time from `0s` to `1d`",
            Self::KeepHourly => "must be a number from 0 to 168",
            Self::KeepDaily => "must be a number from 0 to 366",
            Self::KeepWeekly => "must be a number from 0 to 260",
            Self::KeepMonthly => "must be a number from 0 to 120",
            Self::ArchiveAfter => "must be `never`, or a time from `1h` to `3660d`",
        }
    }

    /// The value as people write it.
    pub fn words(self, value: MatterValue) -> String {
        match value {
            0 if self.may_be_never() => "never".to_owned(),
            _ if self.is_time() => Threshold::After(Duration::from_secs(value)).to_string(),
            _ => value.to_string(),
        }
    }

    /// Understands what people write.
    ///
    /// # Errors
    /// It is none, or out of bounds; the error says what would be one.
    pub fn read(self, text: &str) -> Result<MatterValue, BadMatter> {
        let bad = BadMatter(self.expected());
        if text == "never" {
            return if self.may_be_never() { Ok(0) } else { Err(bad) };
        }
        let value = if self.is_time() { seconds(text) } else { whole(text) };
        value.filter(|value| self.bounds().contains(value)).ok_or(bad)
    }
}

impl FromStr for Matter {
    type Err = BadMatter;

    fn from_str(text: &str) -> Result<Self, BadMatter> {
        let found = Self::ALL.into_iter().find(|matter| matter.as_str() == text);
        found.ok_or(BadMatter("is nothing that is decided about backups"))
    }
}

/// The standard parser takes a leading plus; a person who writes one means something else.
fn whole(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn seconds(text: &str) -> Option<u64> {
    let unit = text.chars().next_back()?;
    let of_one = match unit {
        's' => 1,
        'm' => MINUTE,
        'h' => HOUR,
        'd' => DAY,
        _ => return None,
    };
    whole(text.strip_suffix(unit)?)?.checked_mul(of_one)
}

/// What one circle has decided. What it leaves open is decided by the next wider one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rules([Option<MatterValue>; 7]);

impl Rules {
    /// What it says about a matter.
    pub const fn of(&self, matter: Matter) -> Option<MatterValue> {
        self.0[matter.index()]
    }

    /// The same, with this value for a matter.
    #[must_use]
    pub fn with(mut self, matter: Matter, value: Option<MatterValue>) -> Self {
        self.0[matter.index()] = value;
        self
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// One `name=value` a line.
impl fmt::Display for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for matter in Matter::ALL {
            if let Some(value) = self.of(matter) {
                writeln!(f, "{}={}", matter.as_str(), matter.words(value))?;
            }
        }
        Ok(())
    }
}

impl FromStr for Rules {
    type Err = BadMatter;

    fn from_str(text: &str) -> Result<Self, BadMatter> {
        let mut rules = Self::default();
        for line in text.lines() {
            let (name, value) = line.split_once('=').ok_or(BadMatter("must be `name=value`"))?;
            let matter: Matter = name.parse()?;
            rules = rules.with(matter, Some(matter.read(value)?));
        }
        Ok(rules)
    }
}

/// What holds for one matter, and who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    /// The value.
    pub value: MatterValue,
    /// Who.
    pub from: Circle,
}

/// What holds for the backups of one box, with nothing left open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effective([Said; 7]);

impl Effective {
    /// The narrowest circle that says something wins. `platform` says everything; what it leaves open is 0.
    pub fn resolve(of_box: &Rules, of_org: &Rules, of_tier: &Rules, platform: &Rules) -> Self {
        Self(Matter::ALL.map(|matter| {
            let circles = [(Circle::Box, of_box), (Circle::Org, of_org), (Circle::Tier, of_tier)];
            let said = circles.into_iter().find_map(|(from, rules)| Some((rules.of(matter)?, from)));
            let (value, from) = said.unwrap_or_else(|| (platform.of(matter).unwrap_or(0), Circle::Platform));
            Said { value, from }
        }))
    }

    /// What holds for a matter.
    pub const fn of(&self, matter: Matter) -> Said {
        self.0[matter.index()]
    }

    /// How old the newest backup of a box that changes may become; `None`: none are made by themselves.
    pub const fn period(&self) -> Option<Duration> {
        after(self.of(Matter::Period).value)
    }

    /// After how long without use the box is archived; `None`: never.
    pub const fn archive_after(&self) -> Option<Duration> {
        after(self.of(Matter::ArchiveAfter).value)
    }

    /// Which are kept.
    pub fn retention(&self) -> Retention {
        let count = |matter| u32::try_from(self.of(matter).value).unwrap_or(u32::MAX);
        Retention {
            all_for: Duration::from_secs(self.of(Matter::KeepAll).value),
            hourly: count(Matter::KeepHourly),
            daily: count(Matter::KeepDaily),
            weekly: count(Matter::KeepWeekly),
            monthly: count(Matter::KeepMonthly),
        }
    }
}

const fn after(seconds: u64) -> Option<Duration> {
    if seconds == 0 { None } else { Some(Duration::from_secs(seconds)) }
}

/// What the platform's settings say.
pub fn platform(period: Option<Duration>, retention: &Retention, archive_after: Option<Duration>) -> Rules {
    let secs = |time: Option<Duration>| Some(time.map_or(0, |time| time.as_secs()));
    Rules::default()
        .with(Matter::Period, secs(period))
        .with(Matter::KeepAll, Some(retention.all_for.as_secs()))
        .with(Matter::KeepHourly, Some(retention.hourly.into()))
        .with(Matter::KeepDaily, Some(retention.daily.into()))
        .with(Matter::KeepWeekly, Some(retention.weekly.into()))
        .with(Matter::KeepMonthly, Some(retention.monthly.into()))
        .with(Matter::ArchiveAfter, secs(archive_after))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rules() -> impl Strategy<Value = Rules> {
        let value = |matter: Matter| {
            let never = if matter.may_be_never() { Just(Some(0)).boxed() } else { Just(None).boxed() };
            prop_oneof![Just(None), never, matter.bounds().prop_map(Some)]
        };
        Matter::ALL.map(value).prop_map(Rules)
    }

    #[test]
    fn values_have_bounds_and_the_error_says_them() {
        for (matter, good, bad) in [
            (Matter::Period, ["never", "1m", "7d"], ["59s", "8d", "0s"]),
            (Matter::KeepAll, ["0s", "90m", "1d"], ["never", "25h", "1"]),
            (Matter::KeepHourly, ["0", "24", "168"], ["169", "-1", "+1"]),
            (Matter::KeepMonthly, ["0", "12", "120"], ["121", "never", ""]),
            (Matter::ArchiveAfter, ["never", "1h", "3660d"], ["59m", "3661d", "99999999999999999999d"]),
        ] {
            for good in good {
                let value = matter.read(good).unwrap_or_else(|bad| panic!("{matter:?} {good}: {bad}"));
                assert_eq!(matter.words(value), good, "{matter:?}");
            }
            for bad in bad {
                let said = matter.read(bad).unwrap_err().to_string();
                assert!(said.starts_with("must be"), "{matter:?} {bad}");
            }
        }
    }

    #[test]
    fn what_the_platform_says_holds_where_nobody_says_anything() {
        let standard = Retention::default();
        let platform = platform(Some(Duration::from_mins(5)), &standard, None);
        let nothing = Rules::default();
        let holds = Effective::resolve(&nothing, &nothing, &nothing, &platform);
        assert_eq!((holds.period(), holds.archive_after()), (Some(Duration::from_mins(5)), None));
        assert_eq!(holds.retention(), standard);
        assert!(Matter::ALL.into_iter().all(|matter| holds.of(matter).from == Circle::Platform));
    }

    fn said_by(circles: &[&Rules], matter: Matter) -> Option<MatterValue> {
        circles.iter().find_map(|rules| rules.of(matter))
    }

    proptest! {
        #[test]
        fn rules_are_written_and_read_back(rules in rules()) {
            prop_assert_eq!(rules.to_string().parse::<Rules>().unwrap(), rules);
        }

        #[test]
        fn the_narrowest_wins(of_box in rules(), of_org in rules(), of_tier in rules()) {
            let platform = platform(None, &Retention::default(), None);
            let holds = Effective::resolve(&of_box, &of_org, &of_tier, &platform);
            for matter in Matter::ALL {
                let said = holds.of(matter);
                let expected = match said.from {
                    Circle::Box => of_box.of(matter),
                    Circle::Org => of_org.of(matter).filter(|_| of_box.of(matter).is_none()),
                    Circle::Tier => of_tier.of(matter).filter(|_| said_by(&[&of_box, &of_org], matter).is_none()),
                    Circle::Platform => platform
                        .of(matter)
                        .filter(|_| said_by(&[&of_box, &of_org, &of_tier], matter).is_none()),
                };
                prop_assert_eq!(expected, Some(said.value));
            }
        }
    }
}
