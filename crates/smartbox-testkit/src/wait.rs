//! Waiting for a condition, with a limit that says what was seen last.

use std::fmt::Debug;
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// Pause between two looks.
const PERIOD: Duration = Duration::from_millis(10);

/// Looks again and again until `is_met`, and gives what was seen then.
///
/// # Panics
/// When the limit is over; the message holds what was seen last.
#[expect(clippy::panic, reason = "that is how a test fails")]
pub async fn wait_for<T, F, Fut>(what: &str, limit: Duration, mut look: F, is_met: impl Fn(&T) -> bool) -> T
where
    T: Debug,
    F: FnMut() -> Fut,
    Fut: Future<Output = T>,
{
    let deadline = Instant::now() + limit;
    loop {
        let seen = look().await;
        if is_met(&seen) {
            return seen;
        }
        if Instant::now() >= deadline {
            panic!("waited {limit:?} for {what}; last seen: {seen:#?}");
        }
        sleep(PERIOD).await;
    }
}
