//! Durations in queries: `30s`, `500ms`, `2m`, or a bare number of seconds.

use std::time::Duration;

/// Reads a duration; `None` for anything else.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" | "" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_secs(number.checked_mul(60)?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_in_three_units() {
        assert_eq!(parse("30s"), Some(Duration::from_secs(30)));
        assert_eq!(parse("30"), Some(Duration::from_secs(30)));
        assert_eq!(parse("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(parse("2m"), Some(Duration::from_secs(120)));
        assert_eq!(parse("0"), Some(Duration::ZERO));
    }

    #[test]
    fn anything_else_is_no_duration() {
        for bad in [
            "",
            "s",
            "-1s",
            "1.5s",
            "1h",
            " 1s",
            "1 s",
            "1S",
            "99999999999999999999s",
            "18446744073709551615m",
        ] {
            assert_eq!(parse(bad), None, "{bad:?}");
        }
    }
}
