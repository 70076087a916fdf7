//! Requests and tokens of a box a minute: buckets that leak. Time is a parameter.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use smartbox_core::BoxId;

/// Milliseconds of the minute that limits are for.
const MINUTE_MS: u64 = 60_000;
/// Boxes that are remembered; one that is forgotten begins with empty buckets.
const BOXES_MAX: usize = 10_000;

/// A bucket: what was used of a minute's worth, in parts of 1/60,000 so that it leaks evenly in whole numbers.
#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    used: u64,
    at_ms: u64,
}

impl Bucket {
    fn leak(&mut self, per_minute: u32, now_ms: u64) {
        let leaked = now_ms.saturating_sub(self.at_ms).saturating_mul(u64::from(per_minute));
        self.used = self.used.saturating_sub(leaked);
        self.at_ms = self.at_ms.max(now_ms);
    }

    /// How long until `amount` fits; no time: it does.
    fn wait(&self, per_minute: u32, amount: u64) -> Duration {
        let room = u64::from(per_minute).saturating_mul(MINUTE_MS);
        let over = self.used.saturating_add(amount.saturating_mul(MINUTE_MS)).saturating_sub(room);
        Duration::from_millis(over.div_ceil(u64::from(per_minute.max(1))))
    }

    const fn add(&mut self, amount: u64) {
        self.used = self.used.saturating_add(amount.saturating_mul(MINUTE_MS));
    }
}

/// The limits of a box.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rate {
    pub(super) requests: Option<u32>,
    pub(super) tokens: Option<u32>,
}

/// A call came too early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooFast {
    /// `requests` or `tokens`.
    pub(crate) what: &'static str,
    pub(crate) per_minute: u32,
    pub(crate) wait: Duration,
}

/// The buckets of all boxes.
#[derive(Debug, Default)]
pub(super) struct Rates(Mutex<HashMap<BoxId, (Bucket, Bucket)>>);

impl Rates {
    /// Takes a request and, for now, the tokens that it is likely to read. Both or neither.
    pub(super) fn take(&self, id: BoxId, rate: Rate, tokens: u64, now_ms: u64) -> Result<(), TooFast> {
        if rate == Rate::default() {
            return Ok(());
        }
        let mut boxes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if boxes.len() >= BOXES_MAX && !boxes.contains_key(&id) {
            // Those that have not called for a minute have nothing in their buckets.
            boxes.retain(|_, (requests, _)| now_ms.saturating_sub(requests.at_ms) < MINUTE_MS);
            if boxes.len() >= BOXES_MAX {
                boxes.clear();
            }
        }
        let (of_requests, of_tokens) = boxes.entry(id).or_default();
        let too_fast = |what, bucket: &mut Bucket, per_minute: Option<u32>, amount| {
            let per_minute = per_minute?;
            bucket.leak(per_minute, now_ms);
            let wait = bucket.wait(per_minute, amount);
            (!wait.is_zero()).then_some(TooFast { what, per_minute, wait })
        };
        // One token is enough to begin: how many a call takes is known when it has ended, and one that is larger than a
        // whole minute's worth would never fit.
        let refused = too_fast("requests", of_requests, rate.requests, 1)
            .or_else(|| too_fast("tokens", of_tokens, rate.tokens, 1));
        if let Some(refused) = refused {
            return Err(refused);
        }
        // A bucket without a limit stays empty, so that a limit that comes later begins afresh.
        of_requests.at_ms = now_ms;
        of_requests.add(rate.requests.map_or(0, |_limit| 1));
        of_tokens.add(rate.tokens.map_or(0, |_limit| tokens));
        Ok(())
    }

    /// Puts what a call did take in the place of what was taken for it.
    pub(super) fn settle(&self, id: BoxId, taken: u64, used: u64) {
        let mut boxes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, of_tokens)) = boxes.get_mut(&id) {
            of_tokens.used = of_tokens.used.saturating_sub(taken.saturating_mul(MINUTE_MS));
            of_tokens.add(used);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn a_box() -> BoxId {
        "box_01890a5d5a5a7b6c8d9e0f1a2b3c4d5e".parse().unwrap()
    }

    const RATE: Rate = Rate { requests: Some(60), tokens: Some(1000) };

    #[test]
    fn requests_over_the_limit_wait_for_their_turn() {
        let rates = Rates::default();
        let rate = Rate { tokens: None, ..RATE };
        for _ in 0..60 {
            rates.take(a_box(), rate, 10, 5_000).unwrap();
        }
        let refused = rates.take(a_box(), rate, 10, 5_000).unwrap_err();
        assert_eq!(
            (refused.what, refused.per_minute, refused.wait),
            ("requests", 60, Duration::from_secs(1))
        );
        assert!(rates.take(a_box(), rate, 10, 5_999).is_err());
        rates.take(a_box(), rate, 10, 6_000).unwrap();
    }

    #[test]
    fn tokens_count_when_they_are_known() {
        let rates = Rates::default();
        rates.take(a_box(), RATE, 100, 0).unwrap();
        rates.settle(a_box(), 100, 1_500);
        let refused = rates.take(a_box(), RATE, 100, 0).unwrap_err();
        assert_eq!((refused.what, refused.wait), ("tokens", Duration::from_millis(30_060)));
        rates.take(a_box(), RATE, 100, 30_060).unwrap();
    }

    proptest! {
        #[test]
        fn no_minute_has_more_requests_than_two_minutes_worth(
            steps in prop::collection::vec(0_u64..5_000, 1..300), per_minute in 1_u32..100,
        ) {
            let (rates, mut now, mut taken) = (Rates::default(), 0, Vec::new());
            let rate = Rate { requests: Some(per_minute), tokens: None };
            for step in steps {
                now += step;
                if rates.take(a_box(), rate, 1, now).is_ok() {
                    taken.push(now);
                }
            }
            for (index, begin) in taken.iter().enumerate() {
                let within = taken[index..].iter().take_while(|at| **at - begin < MINUTE_MS).count();
                prop_assert!(within <= 2 * per_minute as usize);
            }
        }
    }
}
