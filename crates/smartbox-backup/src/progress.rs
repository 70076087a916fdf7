//! How far a snapshot, a restore or a verification has come.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rustic_core::{ProgressBars, ProgressType, RusticProgress};
use tokio::sync::watch;

use crate::Error;

/// Bytes after which watchers are told at the latest; more often helps nobody.
const STEP_BYTES: u64 = 1 << 20;
/// Files likewise.
const STEP_FILES: u64 = 64;

/// How far something has come. Totals are 0 until they are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Files that are done.
    pub files: u64,
    /// Of how many.
    pub files_total: u64,
    /// Bytes that are done.
    pub bytes: u64,
    /// Of how many.
    pub bytes_total: u64,
}

/// Takes work back that is under way. Clones are one.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// From now on. What is under way ends between two pieces.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was.
    pub fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Counts, and tells whoever watches. A watcher sees the newest value and may miss those before it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counter {
    counts: Arc<Counts>,
    watcher: Option<watch::Sender<Progress>>,
    stop: Stop,
}

#[derive(Debug, Default)]
struct Counts {
    files: AtomicU64,
    files_total: AtomicU64,
    bytes: AtomicU64,
    bytes_total: AtomicU64,
}

impl Counter {
    pub(crate) fn new(watcher: Option<watch::Sender<Progress>>, stop: Stop) -> Self {
        let counter = Self { counts: Arc::default(), watcher, stop };
        counter.tell();
        counter
    }

    /// Asked between pieces.
    ///
    /// # Errors
    /// [`Error::Stopped`].
    pub(crate) fn go_on(&self) -> Result<(), Error> {
        if self.stop.is_stopped() { Err(Error::Stopped) } else { Ok(()) }
    }

    pub(crate) fn is_watched(&self) -> bool {
        self.watcher.is_some()
    }

    pub(crate) fn set_totals(&self, files: u64, bytes: u64) {
        self.counts.files_total.store(files, Ordering::Relaxed);
        self.counts.bytes_total.store(bytes, Ordering::Relaxed);
        self.tell();
    }

    pub(crate) fn add_bytes(&self, more: u64) {
        let before = self.counts.bytes.fetch_add(more, Ordering::Relaxed);
        if before / STEP_BYTES != (before + more) / STEP_BYTES {
            self.tell();
        }
    }

    pub(crate) fn add_file(&self) {
        if (self.counts.files.fetch_add(1, Ordering::Relaxed) + 1).is_multiple_of(STEP_FILES) {
            self.tell();
        }
    }

    /// All is done: what was counted is all there is.
    pub(crate) fn end(&self, files: u64, bytes: u64) {
        let all = Progress { files, files_total: files, bytes, bytes_total: bytes };
        if let Some(watcher) = &self.watcher {
            watcher.send_replace(all);
        }
    }

    fn tell(&self) {
        let Some(watcher) = &self.watcher else { return };
        let (files, bytes) =
            (self.counts.files.load(Ordering::Relaxed), self.counts.bytes.load(Ordering::Relaxed));
        watcher.send_replace(Progress {
            files,
            // The scan runs beside the work, and files grow: no total is smaller than what is done.
            files_total: total(&self.counts.files_total, files),
            bytes,
            bytes_total: total(&self.counts.bytes_total, bytes),
        });
    }
}

fn total(total: &AtomicU64, done: u64) -> u64 {
    match total.load(Ordering::Relaxed) {
        0 => 0,
        total => total.max(done),
    }
}

/// What the library tells of a snapshot that it makes.
#[derive(Debug)]
pub(crate) struct Bars(pub(crate) Counter);

impl ProgressBars for Bars {
    fn progress(&self, kind: ProgressType, _what: &str) -> rustic_core::Progress {
        match kind {
            ProgressType::Bytes => rustic_core::Progress::new(Bar(self.0.clone())),
            ProgressType::Spinner | ProgressType::Counter => rustic_core::Progress::hidden(),
        }
    }
}

#[derive(Debug)]
struct Bar(Counter);

impl RusticProgress for Bar {
    fn is_hidden(&self) -> bool {
        !self.0.is_watched()
    }

    fn set_length(&self, _bytes: u64) {}

    fn set_title(&self, _title: &str) {}

    fn inc(&self, bytes: u64) {
        self.0.add_bytes(bytes);
    }

    fn finish(&self) {}
}
