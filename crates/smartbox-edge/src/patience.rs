//! A deadline that is moved with every request and hardly ever met.

use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// Waits for a deadline. To put it off costs nothing: the timer is only set again when it rings too early.
pub(crate) struct Patience {
    due: Instant,
    timer: Pin<Box<Sleep>>,
}

impl Patience {
    pub(crate) fn new(wait: Duration) -> Self {
        let due = Instant::now() + wait;
        Self { due, timer: Box::pin(sleep_until(due)) }
    }

    /// Begins anew.
    pub(crate) fn restart(&mut self, wait: Duration) {
        self.due = Instant::now() + wait;
        if self.due < self.timer.deadline() {
            self.timer.as_mut().reset(self.due);
        }
    }

    /// Returns at the deadline. Cancel-safe.
    pub(crate) async fn is_over(&mut self) {
        loop {
            self.timer.as_mut().await;
            if self.due <= Instant::now() {
                return;
            }
            self.timer.as_mut().reset(self.due);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn a_deadline_is_met_where_it_was_put_last() {
        let mut patience = Patience::new(10 * SECOND);
        let began = Instant::now();
        tokio::time::advance(8 * SECOND).await;
        patience.restart(10 * SECOND);
        patience.is_over().await;
        assert_eq!(began.elapsed().as_secs(), 18);
        patience.restart(10 * SECOND);
        patience.restart(SECOND);
        patience.is_over().await;
        assert_eq!(began.elapsed().as_secs(), 19);
    }
}
