//! How near to a limit somebody is, in the words of `draft-ietf-httpapi-ratelimit-headers`.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

use super::Rate;
use crate::decimal::Decimal;

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// Room for what is said of a limit.
const SAID_BYTES: usize = 64;

/// What a limit allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quota {
    /// So often.
    Rate(Rate),
    /// So many at a time.
    AtOnce(usize),
}

/// A limit, and what is left of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its name.
    pub name: &'static str,
    /// What it allows.
    pub quota: Quota,
    /// So many more at once.
    pub left: u32,
    /// When there is more again, if that is known: all of it, or for one who was refused, the next.
    pub reset: Option<Duration>,
}

impl Standing {
    /// Says it in the headers of an answer.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        let number = |number: u64| Decimal::new(number);
        let mut said = Vec::with_capacity(SAID_BYTES);
        push(&mut said, &[b"\"", self.name.as_bytes(), b"\";r=", number(self.left.into()).as_bytes()]);
        if let Some(reset) = self.reset {
            push(&mut said, &[b";t=", number(whole_seconds(reset)).as_bytes()]);
        }
        let mut policy = Vec::with_capacity(SAID_BYTES);
        push(&mut policy, &[b"\"", self.name.as_bytes(), b"\";q="]);
        match self.quota {
            Quota::Rate(rate) => {
                let window = number(rate.window.as_secs().max(1));
                push(&mut policy, &[number(rate.burst.into()).as_bytes(), b";w=", window.as_bytes()]);
            }
            // A quota without a window; its unit is one of the draft's.
            Quota::AtOnce(max) => {
                let max = number(u64::try_from(max).unwrap_or(u64::MAX));
                push(&mut policy, &[max.as_bytes(), b";qu=\"concurrent-requests\""]);
            }
        }
        for (header, value) in [(RATE_LIMIT, said), (RATE_LIMIT_POLICY, policy)] {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(header, value);
            }
        }
    }

    /// How much of the limit is used up, in thousandths.
    fn used(&self) -> u64 {
        let max = match self.quota {
            Quota::Rate(rate) => u64::from(rate.burst),
            Quota::AtOnce(max) => u64::try_from(max).unwrap_or(u64::MAX),
        };
        let left = u64::from(self.left).min(max);
        (max - left).saturating_mul(1000) / max.max(1)
    }
}

fn push(to: &mut Vec<u8>, pieces: &[&[u8]]) {
    pieces.iter().for_each(|piece| to.extend_from_slice(piece));
}

fn whole_seconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis().div_ceil(1000).max(1)).unwrap_or(u64::MAX)
}

/// The most exhausted of the limits that a request was counted for. All clones are one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally(Arc<Mutex<Option<Standing>>>);

impl Tally {
    /// One more limit.
    pub(crate) fn note(&self, standing: Standing) {
        let mut worst = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if worst.is_none_or(|worst| standing.used() > worst.used()) {
            *worst = Some(standing);
        }
    }

    /// Tells the client, unless the answer speaks of a limit already.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        let worst = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(worst) = worst.filter(|_worst| !headers.contains_key(RATE_LIMIT)) {
            worst.write(headers);
        }
    }
}
