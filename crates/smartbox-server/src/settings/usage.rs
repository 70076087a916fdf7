//! `[usage]`: how often it is looked at what boxes use.

use std::time::Duration;

use super::parse::{Wrong, wrong};
use super::raw;

/// Between two looks, in seconds.
const INTERVAL_SECS: u64 = 60;
/// The least: each look reads the memory of every box.
const INTERVAL_SECS_MIN: u64 = 5;
/// The most: whatever is over its plan goes on for so long.
const INTERVAL_SECS_MAX: u64 = 3600;

/// Whole seconds.
pub(super) fn interval(raw: &raw::Usage) -> Result<Duration, Wrong<Duration>> {
    let default = Duration::from_secs(INTERVAL_SECS);
    let Some(text) = raw.monitor_interval_secs.as_deref() else { return Ok(default) };
    let secs = text.trim().parse().ok().filter(|secs| (INTERVAL_SECS_MIN..=INTERVAL_SECS_MAX).contains(secs));
    secs.map(Duration::from_secs).ok_or_else(|| {
        let rule =
            format!("must be a whole number of seconds from {INTERVAL_SECS_MIN} to {INTERVAL_SECS_MAX}");
        wrong(rule, default)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_in_seconds_within_its_bounds() {
        let read = |text: &str| interval(&raw::Usage { monitor_interval_secs: Some(text.to_owned()) }).ok();
        assert_eq!(read("5"), Some(Duration::from_secs(5)));
        assert_eq!(read(" 3600 "), Some(Duration::from_secs(3600)));
        for bad in ["4", "3601", "60s", "", "-1"] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
        assert_eq!(interval(&raw::Usage::default()).ok(), Some(Duration::from_secs(60)));
    }
}
