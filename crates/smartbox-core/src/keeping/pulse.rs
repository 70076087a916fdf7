//! Which platforms are gone: those whose beat stands still. No clock of another machine is asked.
//!
//! Whoever beats may act for less than `ttl` after the beat began. Whoever watches has seen the beat only after it was
//! written, and waits for `ttl` from then on, by a clock of its own that nobody sets. So the watched one has stopped when
//! the watcher's time is over, whatever the clocks on their walls say.

use std::collections::BTreeMap;
use std::time::Duration;

/// The beat of a platform, as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beat {
    /// Whose.
    pub platform: String,
    /// Which one: it grows.
    pub beat: i64,
}

/// What one platform has seen of the others.
#[derive(Clone, Debug, Default)]
pub struct Pulses {
    /// Which beat, and when it was first seen.
    seen: BTreeMap<String, (i64, Duration)>,
    looked_at: Option<Duration>,
}

impl Pulses {
    /// Takes in what was read just now, at `now` by the steady clock, and says which platforms have not had another beat for
    /// `ttl`.
    ///
    /// Whoever has not looked for `gap` has missed what happened meanwhile, such as while it stood still itself or the database
    /// was away: its waiting begins anew.
    pub fn look(&mut self, now: Duration, beats: &[Beat], ttl: Duration, gap: Duration) -> Vec<Beat> {
        let has_watched = self.looked_at.is_some_and(|at| now.saturating_sub(at) <= gap);
        self.looked_at = Some(now);
        if !has_watched {
            self.seen.clear();
        }
        self.seen.retain(|platform, _| beats.iter().any(|beat| beat.platform == *platform));
        let mut silent = Vec::new();
        for beat in beats {
            let (known, since) = self.seen.entry(beat.platform.clone()).or_insert((beat.beat, now));
            if *known != beat.beat {
                (*known, *since) = (beat.beat, now);
            } else if now.saturating_sub(*since) >= ttl {
                silent.push(beat.clone());
            }
        }
        silent
    }
}
