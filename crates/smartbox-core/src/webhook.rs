//! When a webhook is sent again, and when its receiver is given up.
//!
//! The waits are those that the Standard Webhooks specification recommends.

use jiff::{SignedDuration, Timestamp};

/// Waits behind the attempts, in seconds: at once, then over three days.
const WAITS_SECS: [i64; 9] =
    [5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600];
/// Attempts at one delivery.
pub const ATTEMPTS_MAX: u32 = 10;
const _: () = assert!(WAITS_SECS.len() + 1 == ATTEMPTS_MAX as usize, "a wait between any two attempts");
/// A receiver that has taken nothing for so long is given up when a delivery is.
pub const GIVEN_UP_AFTER: SignedDuration = SignedDuration::from_hours(3 * 24);

/// What an attempt came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// It was taken.
    Taken,
    /// It was not, and may be later.
    NotTaken,
    /// The receiver says that it is gone for good.
    Gone,
}

/// What becomes of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It has arrived.
    Delivered,
    /// It is sent again then.
    Again(Timestamp),
    /// It is given up.
    Failed,
}

/// What becomes of a delivery after its attempt number `attempts` (1 is the first). `jitter` is a random number; it spreads up to a tenth
/// of a wait, so that what failed together does not come back together.
pub fn verdict(attempt: Attempt, attempts: u32, now: Timestamp, jitter: u8) -> Verdict {
    match attempt {
        Attempt::Taken => Verdict::Delivered,
        Attempt::Gone => Verdict::Failed,
        Attempt::NotTaken => {
            let wait =
                usize::try_from(attempts.saturating_sub(1)).ok().and_then(|place| WAITS_SECS.get(place));
            let Some(secs) = wait else { return Verdict::Failed };
            let wait = SignedDuration::from_millis(secs * 1000 + secs * 100 * i64::from(jitter) / 255);
            // The end of time is later than any attempt.
            now.checked_add(wait).map_or(Verdict::Failed, Verdict::Again)
        }
    }
}

/// Whether a receiver is given up: it says that it is gone, or a delivery was given up and nothing arrived for a long time.
pub fn is_given_up(attempt: Attempt, verdict: Verdict, failing_since: Timestamp, now: Timestamp) -> bool {
    match (attempt, verdict) {
        (Attempt::Gone, _) => true,
        (_, Verdict::Failed) => now.duration_since(failing_since) >= GIVEN_UP_AFTER,
        (_, Verdict::Delivered | Verdict::Again(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_second(secs).unwrap()
    }

    #[test]
    fn attempts_are_spread_over_three_days_and_then_end() {
        let (mut now, mut attempts) = (at(0), 0);
        loop {
            attempts += 1;
            match verdict(Attempt::NotTaken, attempts, now, 0) {
                Verdict::Again(then) => now = then,
                verdict => {
                    assert_eq!(verdict, Verdict::Failed);
                    break;
                }
            }
        }
        assert_eq!(attempts, ATTEMPTS_MAX);
        let hours = now.duration_since(at(0)).as_hours();
        assert!((72..80).contains(&hours), "{hours}");
        assert!(
            is_given_up(Attempt::NotTaken, Verdict::Failed, at(0), now),
            "so one that never answered is given up"
        );
    }

    #[test]
    fn a_receiver_that_takes_something_now_and_then_is_kept() {
        assert!(!is_given_up(Attempt::NotTaken, Verdict::Failed, at(0), at(3600)));
        assert!(!is_given_up(Attempt::NotTaken, Verdict::Again(at(9)), at(0), at(90 * 24 * 3600)));
        assert!(is_given_up(Attempt::Gone, Verdict::Failed, at(0), at(0)));
    }

    proptest! {
        #[test]
        fn it_is_sent_again_later_and_not_much_later_than_without_jitter(attempts in 1..ATTEMPTS_MAX, jitter in any::<u8>()) {
            let Verdict::Again(plain) = verdict(Attempt::NotTaken, attempts, at(1000), 0) else { panic!() };
            let Verdict::Again(spread) = verdict(Attempt::NotTaken, attempts, at(1000), jitter) else { panic!() };
            let (plain, spread) = (plain.duration_since(at(1000)), spread.duration_since(at(1000)));
            prop_assert!(plain > SignedDuration::ZERO && spread >= plain && spread <= plain + plain / 10);
        }

        #[test]
        fn no_number_of_attempts_is_endless(attempts in ATTEMPTS_MAX.., jitter in any::<u8>()) {
            prop_assert_eq!(verdict(Attempt::NotTaken, attempts, at(0), jitter), Verdict::Failed);
        }
    }
}
