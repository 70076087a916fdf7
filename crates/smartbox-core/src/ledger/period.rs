//! Days and months of a calendar, in somebody's time zone.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// How long a period is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Span {
    /// From midnight to midnight: 23 to 25 hours.
    Day,
    /// From the first to the first.
    Month,
}

impl Span {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Day, Self::Month];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is neither a month nor a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no month such as `2026-11` and no day such as `2026-11-05`")]
pub struct BadPeriod;

/// A day or a month. Prints as `2026-11-05` or `2026-11`, which sort by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Period {
    first: Date,
    span: Span,
}

impl Period {
    /// The one in which `at` lies, where clocks show the time of `zone`.
    pub fn of(span: Span, at: Timestamp, zone: &TimeZone) -> Self {
        let date = zone.to_datetime(at).date();
        let first = match span {
            Span::Day => date,
            Span::Month => date.first_of_month(),
        };
        Self { first, span }
    }

    /// The first and the last of so many days in UTC, the last of which is today.
    pub fn last_days(now: Timestamp, count: u32) -> (Self, Self) {
        let last = Self::of(Span::Day, now, &TimeZone::UTC);
        let before = jiff::Span::new().try_days(i64::from(count.saturating_sub(1))).unwrap_or_default();
        (Self { first: last.first.saturating_sub(before), span: Span::Day }, last)
    }

    /// How long it is.
    pub const fn span(self) -> Span {
        self.span
    }

    /// Its first moment. Where clocks skip midnight, the one at which they go on.
    pub fn begins(self, zone: &TimeZone) -> Timestamp {
        begin_of(self.first, zone)
    }

    /// The first moment of the next one.
    pub fn ends(self, zone: &TimeZone) -> Timestamp {
        let next = match self.span {
            Span::Day => self.first.tomorrow(),
            Span::Month => self.first.last_of_month().tomorrow(),
        };
        next.map_or(Timestamp::MAX, |next| begin_of(next, zone))
    }
}

fn begin_of(date: Date, zone: &TimeZone) -> Timestamp {
    // Only the last and first hours of the calendar have no moment.
    date.to_zoned(zone.clone()).map_or(Timestamp::MAX, |zoned| zoned.timestamp())
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.first.year(), self.first.month())?;
        match self.span {
            Span::Day => write!(f, "-{:02}", self.first.day()),
            Span::Month => Ok(()),
        }
    }
}

impl FromStr for Period {
    type Err = BadPeriod;

    fn from_str(text: &str) -> Result<Self, BadPeriod> {
        let mut parts = text.split('-');
        let mut part = |digits: usize| {
            let part = parts.next()?;
            (part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit())).then_some(part)
        };
        let year = part(4).and_then(|year| year.parse().ok()).ok_or(BadPeriod)?;
        let month = part(2).and_then(|month| month.parse().ok()).ok_or(BadPeriod)?;
        let (day, span) = match text.len() {
            7 => (1, Span::Month),
            10 => (part(2).and_then(|day| day.parse().ok()).ok_or(BadPeriod)?, Span::Day),
            _ => return Err(BadPeriod),
        };
        let first = Date::new(year, month, day).map_err(|_error| BadPeriod)?;
        Ok(Self { first, span })
    }
}
