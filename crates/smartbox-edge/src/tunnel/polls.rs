//! Which requests of a client are its own doing, and which somebody's.

use std::time::Duration;

use tokio::time::Instant;

/// A client asks for the same again within this time, if it does so by itself. Browsers let hidden pages do so once a minute.
const PAUSE_MAX: Duration = Duration::from_secs(180);

/// When a client last asked for what clients ask for by themselves. Such a request is somebody's after all if it comes for the
/// first time, or after a pause: somebody has opened a page, or a lid.
#[derive(Debug, Default)]
pub(super) struct Polls(Vec<(&'static str, Instant)>);

impl Polls {
    /// Whether the client does it by itself. Notes that it was asked.
    pub(super) fn is_poll(&mut self, method: &'static str) -> bool {
        let now = Instant::now();
        match self.0.iter_mut().find(|(known, _at)| *known == method) {
            Some((_known, at)) => now - std::mem::replace(at, now) <= PAUSE_MAX,
            None => {
                self.0.push((method, now));
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_comes_for_the_first_time_or_after_a_pause_is_somebodys_wish() {
        let mut polls = Polls::default();
        assert!(!polls.is_poll("logs.tail"));
        assert!(!polls.is_poll("health"));
        for _ in 0..10 {
            tokio::time::advance(PAUSE_MAX).await;
            assert!(polls.is_poll("logs.tail"));
        }
        assert!(!polls.is_poll("health"));
        assert!(polls.is_poll("health"));
    }
}
