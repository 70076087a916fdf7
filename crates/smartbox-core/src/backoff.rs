//! Spacing of retries.

use jiff::SignedDuration;

/// First wait after a failure.
const FIRST_SECS: i64 = 2;
/// Longest wait: an owner who repairs the cause sees the effect within it.
const LONGEST_SECS: i64 = 300;
/// Longest wait with its jitter.
pub const LONGEST: SignedDuration = SignedDuration::from_secs(LONGEST_SECS + LONGEST_SECS / 4);

/// How long to wait after the `failures`-th failure in a row (1 is the first), with up to a quarter of jitter.
///
/// `jitter` is a random number; it spreads boxes that failed together.
pub fn after(failures: u32, jitter: u8) -> SignedDuration {
    let doublings = failures.saturating_sub(1).min(16);
    let base_ms = (FIRST_SECS * 1000).saturating_mul(1 << doublings).min(LONGEST_SECS * 1000);
    SignedDuration::from_millis(base_ms + base_ms / 4 * i64::from(jitter) / 255)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_stay_bounded() {
        assert_eq!(after(1, 0), SignedDuration::from_secs(2));
        assert_eq!(after(2, 0), SignedDuration::from_secs(4));
        assert_eq!(after(u32::MAX, 0), SignedDuration::from_secs(LONGEST_SECS));
        assert_eq!(after(u32::MAX, 255), LONGEST);
    }
}
