//! Columns of text for people.

use std::fmt::Write as _;

/// Spaces between two columns.
const GAP: usize = 2;

/// Lays out rows under a header; every column is as wide as its widest cell, the last is not padded.
///
/// Cells are ASCII or short words, so characters are counted, not display columns.
pub(crate) fn columns<const N: usize>(header: [&str; N], rows: &[[String; N]]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([header[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let mut text = String::new();
    let header = header.map(str::to_owned);
    for row in std::iter::once(&header).chain(rows) {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            // Writing to a String cannot fail.
            let _ = write!(line, "{cell:<width$}{:GAP$}", "");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Lays out facts, one a line.
pub(crate) fn facts(facts: &[(&str, String)]) -> String {
    let width = facts.iter().map(|(name, _)| name.len() + 1).max().unwrap_or(0);
    facts.iter().fold(String::new(), |mut text, (name, value)| {
        let _ = writeln!(text, "{:<width$} {value}", format!("{name}:"));
        text
    })
}

/// Text that somebody chose, as a cell: it leaves its line by no control character, and has at most `chars_max` characters.
pub(crate) fn cell(text: &str, chars_max: usize) -> String {
    text.chars()
        .map(|character| if character.is_control() { ' ' } else { character })
        .take(chars_max)
        .collect()
}

/// A moment (RFC 3339) as people read it; text that is none is shown as it is.
pub(crate) fn moment(rfc3339: &str) -> String {
    rfc3339
        .parse::<jiff::Timestamp>()
        .map_or_else(|_| rfc3339.to_owned(), |at| at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["home".to_owned(), "running".to_owned()], ["a".to_owned(), "stopped".to_owned()]];
        assert_eq!(columns(["NAME", "PHASE"], &rows), "NAME  PHASE\nhome  running\na     stopped\n");
    }

    #[test]
    fn a_moment_is_shown_in_utc_and_noise_as_it_is() {
        assert_eq!(moment("2026-11-21T08:51:02.123+01:00"), "2026-11-21 07:51:02 UTC");
        assert_eq!(moment("soon"), "soon");
    }
}
