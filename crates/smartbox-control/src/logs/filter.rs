//! Which lines of a log are wanted.

use jiff::Timestamp;

/// Longest text that is searched for, in bytes.
const SEARCH_BYTES_MAX: usize = 200;
/// Letters at the beginning of a line in which its time is looked for.
const TIME_BYTES_MAX: usize = 64;

/// Which lines of a log are wanted. Remembers the time of the line before: lines without one belong to it.
#[derive(Clone, Debug, Default)]
pub struct LogFilter {
    needle: Option<String>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    at: Option<Timestamp>,
}

impl LogFilter {
    /// Lines that hold a text, whatever the case of its letters, and were written in a span of time: from `since`, before `until`.
    ///
    /// # Errors
    /// The text is empty or too long; what is wrong with it.
    pub fn new(
        search: Option<&str>,
        since: Option<Timestamp>,
        until: Option<Timestamp>,
    ) -> Result<Self, String> {
        if search.is_some_and(|text| text.is_empty() || text.len() > SEARCH_BYTES_MAX) {
            return Err(format!("must have 1 to {SEARCH_BYTES_MAX} bytes"));
        }
        Ok(Self { needle: search.map(str::to_lowercase), since, until, at: None })
    }

    /// Whether the next line is wanted. Where a span of time is asked for, lines are not wanted whose time is not known.
    pub(super) fn passes(&mut self, line: &str) -> bool {
        if self.since.is_some() || self.until.is_some() {
            self.at = time_of(line).or(self.at);
            let Some(at) = self.at else { return false };
            if self.since.is_some_and(|since| at < since) || self.until.is_some_and(|until| at >= until) {
                return false;
            }
        }
        self.needle.as_ref().is_none_or(|needle| line.to_lowercase().contains(needle))
    }

    /// Whether the lines have left the span of time.
    pub(super) fn is_over(&self) -> bool {
        self.until.zip(self.at).is_some_and(|(until, at)| at >= until)
    }
}

/// The moment that a line begins with, in brackets or not.
pub(super) fn time_of(line: &str) -> Option<Timestamp> {
    let begun = line.trim_start_matches(['[', ' ']);
    let word = begun.split([' ', ']', '\t']).next().unwrap_or_default();
    if word.len() > TIME_BYTES_MAX || !word.starts_with(|letter: char| letter.is_ascii_digit()) {
        return None;
    }
    word.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn moment(text: &str) -> Option<Timestamp> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn a_text_is_found_whatever_its_case() {
        let mut filter = LogFilter::new(Some("ERROR"), None, None).unwrap();
        assert!(filter.passes("an error came") && filter.passes("Errors") && !filter.passes("err"));
        assert!(LogFilter::new(Some(""), None, None).is_err());
        assert!(LogFilter::new(Some(&"x".repeat(201)), None, None).is_err());
    }

    #[test]
    fn lines_without_a_time_belong_to_the_one_before() {
        let since = moment("2026-01-01T00:00:10Z");
        let mut filter = LogFilter::new(None, since, moment("2026-01-01T00:00:20Z")).unwrap();
        let lines = [
            ("no time yet", false),
            ("2026-01-01T00:00:09Z early", false),
            ("  of the early one", false),
            ("[2026-01-01T01:00:10.5+01:00] in the span", true),
            ("  at somewhere", true),
            ("2026-01-01T00:00:20Z late", false),
        ];
        for (line, wanted) in lines {
            assert_eq!(filter.passes(line), wanted, "{line}");
        }
        assert!(filter.is_over());
    }

    proptest! {
        #[test]
        fn whatever_a_box_writes_is_no_reason_to_panic(lines in proptest::collection::vec(any::<String>(), 0..20), text in "\\PC{1,20}") {
            let since = moment("2026-01-01T00:00:10Z");
            let mut filter = LogFilter::new(Some(&text), since, None).unwrap();
            for line in lines {
                let _ = filter.passes(&line);
            }
        }

        #[test]
        fn a_line_that_holds_the_text_is_found(before in "[a-zA-Z ]{0,20}", text in "[a-zA-Z]{1,10}", after in "[a-zA-Z ]{0,20}") {
            let mut filter = LogFilter::new(Some(&text.to_uppercase()), None, None).unwrap();
            let line = format!("{before}{text}{after}");
            prop_assert!(filter.passes(&line));
        }
    }
}
