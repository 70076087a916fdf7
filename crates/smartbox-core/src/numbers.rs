//! Numbers that are counted while work is done, for whoever looks from outside. Each costs an atomic addition or two.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// A sum that only grows.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// One more.
    pub fn one(&self) {
        self.add(1);
    }

    /// So many more.
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Relaxed);
    }

    /// The sum.
    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Durations by how long they were.
#[derive(Debug)]
pub struct Histogram<const N: usize> {
    /// Upper ends in microseconds, the shortest first.
    bounds: [u64; N],
    counts: [AtomicU64; N],
    longer: AtomicU64,
    sum_micros: AtomicU64,
}

/// What a histogram held at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Durations {
    /// Upper ends in seconds with how many were as short as that and longer than the one before; the last end is infinite.
    pub buckets: Vec<(f64, u64)>,
    /// All of them together, in seconds.
    pub sum: f64,
    /// How many.
    pub count: u64,
}

impl<const N: usize> Histogram<N> {
    /// An empty one with these upper ends, in milliseconds, the shortest first.
    pub const fn new(bounds_ms: [u64; N]) -> Self {
        let mut bounds = bounds_ms;
        let mut index = 0;
        while index < N {
            bounds[index] *= 1000;
            index += 1;
        }
        Self {
            bounds,
            counts: [const { AtomicU64::new(0) }; N],
            longer: AtomicU64::new(0),
            sum_micros: AtomicU64::new(0),
        }
    }

    /// One more.
    pub fn observe(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let at = self.bounds.iter().position(|bound| micros <= *bound);
        at.map_or(&self.longer, |at| &self.counts[at]).fetch_add(1, Relaxed);
        self.sum_micros.fetch_add(micros, Relaxed);
    }

    /// What it holds.
    pub fn read(&self) -> Durations {
        // Exact for 142 years of microseconds.
        let seconds = |micros: u64| micros as f64 / 1e6;
        let counted = self.counts.iter().map(|count| count.load(Relaxed));
        let mut buckets: Vec<(f64, u64)> =
            self.bounds.iter().map(|bound| seconds(*bound)).zip(counted).collect();
        buckets.push((f64::INFINITY, self.longer.load(Relaxed)));
        let count = buckets.iter().map(|(_, count)| count).sum();
        Durations { buckets, sum: seconds(self.sum_micros.load(Relaxed)), count }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_counted_in_the_first_bucket_that_holds_it() {
        let histogram = Histogram::new([1, 10, 100]);
        for micros in [0, 1000, 1001, 10_000, 100_000, 100_001, 5_000_000] {
            histogram.observe(Duration::from_micros(micros));
        }
        let read = histogram.read();
        let counts: Vec<_> = read.buckets.iter().map(|(_, count)| *count).collect();
        assert_eq!(counts, [2, 2, 1, 2]);
        assert_eq!((read.count, read.sum), (7, 5.212_002));
        assert_eq!(read.buckets[1].0, 0.01);
    }
}
