//! For how long something has been so.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

/// Since when something is so, if it is.
#[derive(Debug, Default)]
pub(crate) struct Since(Mutex<Option<Instant>>);

impl Since {
    /// It is so from now on; if it is already, from then on.
    pub(crate) fn begin(&self) {
        self.set(|since| *since = since.or_else(|| Some(Instant::now())));
    }

    /// It is not so any more.
    pub(crate) fn end(&self) {
        self.set(|since| *since = None);
    }

    fn set(&self, change: impl FnOnce(&mut Option<Instant>)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Waits until it has been so for this long without a break. Cancel-safe.
    pub(crate) async fn lasts(&self, limit: Duration) {
        loop {
            let since = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match since.map(|since| since + limit) {
                // Whatever begins meanwhile cannot have lasted long enough before.
                None => sleep(limit).await,
                Some(at) if at <= Instant::now() => return,
                Some(at) => sleep_until(at).await,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_ends_when_it_was_so_for_long_enough_without_a_break() {
        let since = std::sync::Arc::new(Since::default());
        let waiting = tokio::task::JoinSet::from_iter([{
            let since = std::sync::Arc::clone(&since);
            async move { since.lasts(Duration::from_secs(10)).await }
        }]);
        let began = Instant::now();
        tokio::time::advance(Duration::from_secs(4)).await;
        since.begin();
        tokio::time::advance(Duration::from_secs(9)).await;
        since.end();
        since.begin();
        since.begin();
        waiting.join_all().await;
        assert_eq!(began.elapsed().as_secs(), 23);
    }
}
