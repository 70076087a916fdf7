//! Whether and when a gateway that ended by itself is started again. Pure.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::exit::Exit;
use crate::EXIT_CONFIG;

/// Pause before the first new start.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// Longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Decides by the ends of the recent past.
#[derive(Debug)]
pub(crate) struct RestartPolicy {
    crashes_max: usize,
    window: Duration,
    crashes: VecDeque<Instant>,
}

/// What to do about an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The configuration was refused: starting again changes nothing.
    Refused,
    /// It ended too often: somebody must look.
    GiveUp,
    /// Start again after this pause.
    Again(Duration),
}

impl RestartPolicy {
    /// Gives up at the `crashes_max`-th end within `window`; 0 is taken as 1.
    pub(crate) fn new(crashes_max: u32, window: Duration) -> Self {
        let crashes_max = usize::try_from(crashes_max).unwrap_or(usize::MAX).max(1);
        Self { crashes_max, window, crashes: VecDeque::new() }
    }

    /// Notes an end nobody asked for, a clean one too, and decides.
    pub(crate) fn after(&mut self, exit: Exit, now: Instant) -> Verdict {
        if exit == Exit::Code(EXIT_CONFIG) {
            return Verdict::Refused;
        }
        while self.crashes.front().is_some_and(|crash| now.duration_since(*crash) > self.window) {
            self.crashes.pop_front();
        }
        self.crashes.push_back(now);
        if self.crashes.len() >= self.crashes_max {
            return Verdict::GiveUp;
        }
        let doublings = u32::try_from(self.crashes.len() - 1).unwrap_or(u32::MAX);
        Verdict::Again(FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(doublings)).min(LONGEST_PAUSE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_secs(600);

    #[test]
    fn pauses_grow_until_it_gives_up() {
        let mut policy = RestartPolicy::new(4, WINDOW);
        let now = Instant::now();
        for secs in [1, 2, 4] {
            assert_eq!(policy.after(Exit::Code(1), now), Verdict::Again(Duration::from_secs(secs)));
        }
        assert_eq!(policy.after(Exit::Signal(9), now), Verdict::GiveUp);
    }

    #[test]
    fn crashes_of_long_ago_are_forgotten() {
        let mut policy = RestartPolicy::new(2, WINDOW);
        let now = Instant::now();
        assert_eq!(policy.after(Exit::Code(0), now), Verdict::Again(FIRST_PAUSE));
        assert_eq!(policy.after(Exit::Code(0), now + WINDOW * 2), Verdict::Again(FIRST_PAUSE));
    }

    #[test]
    fn a_refused_configuration_is_not_tried_again() {
        let mut policy = RestartPolicy::new(5, WINDOW);
        assert_eq!(policy.after(Exit::Code(EXIT_CONFIG), Instant::now()), Verdict::Refused);
    }

    #[test]
    fn the_pause_is_bounded() {
        let mut policy = RestartPolicy::new(u32::MAX, WINDOW);
        let now = Instant::now();
        for _ in 0..100 {
            policy.after(Exit::Code(1), now);
        }
        assert_eq!(policy.after(Exit::Code(1), now), Verdict::Again(LONGEST_PAUSE));
    }
}
