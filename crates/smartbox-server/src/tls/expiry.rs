//! When a certificate stops being valid.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// A certificate that is valid for less than this should have been renewed.
pub(crate) const SOON: Duration = Duration::from_hours(14 * 24);

/// How a certificate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expiry {
    Fine,
    Soon,
    Over,
}

impl Expiry {
    /// At this moment.
    pub(crate) fn at(now: Timestamp, expires_at: Timestamp) -> Self {
        match expires_at.duration_since(now) {
            left if left <= SignedDuration::ZERO => Self::Over,
            left if left < SignedDuration::try_from(SOON).unwrap_or(SignedDuration::MAX) => Self::Soon,
            _ => Self::Fine,
        }
    }
}
