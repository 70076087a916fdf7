//! Where to go on in a log.

use std::fmt;

use super::LogSource;

/// Where to go on in a log: a place in each of the parts that it is put together of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPosition(Vec<u64>);

impl LogPosition {
    /// Reads what [`fmt::Display`] wrote. `None` for what is no position of this log. One from before the log had all of its parts is
    /// one: the others begin anew.
    pub fn parse(source: LogSource, text: &str) -> Option<Self> {
        let places: Vec<u64> = text.split(BETWEEN).map(str::parse).collect::<Result<_, _>>().ok()?;
        (places.len() <= source.parts().len()).then_some(Self(places))
    }

    pub(super) const fn new(places: Vec<u64>) -> Self {
        Self(places)
    }

    /// The place in a part.
    pub(super) fn of(&self, part: usize) -> Option<u64> {
        self.0.get(part).copied()
    }
}

/// Between two places. No digit, and nothing that has a meaning in a header or on a line.
const BETWEEN: char = '.';

impl fmt::Display for LogPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places: Vec<_> = self.0.iter().map(u64::to_string).collect();
        f.write_str(&places.join("."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_as_it_was_written_and_by_its_own_log() {
        for (source, places) in [(LogSource::Gateway, vec![7]), (LogSource::Egress, vec![1, 0, u64::MAX])] {
            let position = LogPosition::new(places);
            assert_eq!(LogPosition::parse(source, &position.to_string()), Some(position));
        }
        assert_eq!(
            LogPosition::parse(LogSource::Egress, "3"),
            Some(LogPosition::new(vec![3])),
            "an older one"
        );
        for (source, none) in [
            (LogSource::Gateway, "1.2"),
            (LogSource::Egress, "1.2.3.4"),
            (LogSource::Egress, "1..3"),
            (LogSource::Ssh, ""),
            (LogSource::System, "-1"),
        ] {
            assert_eq!(LogPosition::parse(source, none), None, "{none}");
        }
    }
}
