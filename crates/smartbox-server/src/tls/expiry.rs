//! When a certificate stops being valid.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use x509_cert::Certificate;
use x509_cert::der::Decode;

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

/// `notAfter` of a certificate in DER form (RFC 5280 §4.1.2.5); `None` if it cannot be read.
pub(super) fn of(certificate: &[u8]) -> Option<Timestamp> {
    let certificate = Certificate::from_der(certificate).ok()?;
    let not_after = certificate.tbs_certificate().validity().not_after.to_unix_duration();
    Timestamp::from_second(i64::try_from(not_after.as_secs()).ok()?).ok()
}
