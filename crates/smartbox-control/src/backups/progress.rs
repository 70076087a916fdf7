//! How far what is done with the backups of a box has come. Kept in memory: it is of use while somebody waits, and not after.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use smartbox_backup::{Progress, Repository, Stop};
use smartbox_core::BoxId;
use smartbox_store::{Operation, OperationKind};
use tokio::sync::watch;

use crate::Control;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Work {
    /// A backup is put in the place of the disk.
    Restoring,
    /// A backup is made.
    Saving,
    /// A backup is read back.
    Verifying,
    /// A backup goes out, to somebody who takes it along.
    Exporting,
}

impl Work {
    /// The word used on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Restoring => "restoring",
            Self::Saving => "saving",
            Self::Verifying => "verifying",
            Self::Exporting => "exporting",
        }
    }
}

/// What is done, and how far it is. Totals are 0 until they are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnderWay {
    /// What.
    pub work: Work,
    /// How far.
    pub progress: Progress,
}

type Key = (BoxId, Work);
type Begun = HashMap<Key, Seen>;

/// One work, as it is seen from outside.
struct Seen {
    number: u64,
    progress: watch::Receiver<Progress>,
    /// Takes it back, where that can be.
    stop: Option<Stop>,
}

/// Everything that is under way. As much as may be at once: backups, readers, starts.
#[derive(Default)]
pub(crate) struct Board {
    begun: Arc<Mutex<Begun>>,
    next: std::sync::atomic::AtomicU64,
}

/// Takes it off the board when it ends, in whatever way.
pub(crate) struct OnBoard {
    begun: Arc<Mutex<Begun>>,
    key: Key,
    number: u64,
}

impl Drop for OnBoard {
    fn drop(&mut self) {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        // The same may have begun anew meanwhile: somebody who gave up waiting does not end the work.
        if begun.get(&self.key).is_some_and(|seen| seen.number == self.number) {
            begun.remove(&self.key);
        }
    }
}

impl Board {
    fn begun(&self) -> MutexGuard<'_, Begun> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same repository, whose next work is on the board until the second value is dropped.
    pub(crate) fn watch(&self, repository: Repository, id: BoxId, work: Work) -> (Repository, OnBoard) {
        self.begin(repository, (id, work), None)
    }

    /// The same for work that ends between two pieces when it is taken back ([`Self::stop`]).
    pub(crate) fn watch_until(&self, repository: Repository, id: BoxId, work: Work) -> (Repository, OnBoard) {
        let stop = Stop::default();
        self.begin(repository.until(stop.clone()), (id, work), Some(stop))
    }

    fn begin(&self, repository: Repository, key: Key, stop: Option<Stop>) -> (Repository, OnBoard) {
        let (watcher, progress) = watch::channel(Progress::default());
        let number = self.next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.begun().insert(key, Seen { number, progress, stop });
        (repository.watched(watcher), OnBoard { begun: Arc::clone(&self.begun), key, number })
    }

    /// Takes work back that is under way, if it is of the kind that can be.
    pub(crate) fn stop(&self, id: BoxId, work: Work) {
        if let Some(stop) = self.begun().get(&(id, work)).and_then(|seen| seen.stop.as_ref()) {
            stop.stop();
        }
    }

    /// What is under way at a box, what people wait for most first.
    pub(crate) fn of(&self, id: BoxId) -> Vec<UnderWay> {
        let begun = self.begun();
        let all = [Work::Restoring, Work::Saving, Work::Verifying, Work::Exporting];
        let seen = |work: Work| {
            let seen = begun.get(&(id, work))?;
            Some(UnderWay { work, progress: *seen.progress.borrow() })
        };
        all.into_iter().filter_map(seen).collect()
    }
}

impl Control {
    /// How far the work on the backups of the box has come that an operation waits for. Whoever found the operation may know.
    pub fn operation_progress(&self, operation: &Operation) -> Option<UnderWay> {
        if operation.finished_at.is_some() {
            return None;
        }
        let is_waited_for = |seen: &UnderWay| match operation.kind {
            OperationKind::Backup => seen.work == Work::Saving,
            // Somebody takes one along, which nobody else waits for.
            _ => seen.work != Work::Exporting,
        };
        self.inner.backups.board.of(operation.box_id).into_iter().find(is_waited_for)
    }
}

#[cfg(test)]
mod tests {
    use smartbox_backup::Depot;

    use super::*;

    fn id(number: u8) -> BoxId {
        BoxId::from_parts(jiff::Timestamp::UNIX_EPOCH, [number; 10])
    }

    #[tokio::test]
    async fn what_has_ended_is_off_the_board_and_what_began_anew_stays() {
        let board = Board::default();
        let depot = Depot::in_memory(tokio::runtime::Handle::current());
        let key = || secrecy::SecretString::from("a-key-of-some-length-that-nobody-knows");
        let repository = || depot.repository("org", "box", key()).unwrap();
        let (_repository, first) = board.watch(repository(), id(1), Work::Verifying);
        let (_repository, second) = board.watch(repository(), id(1), Work::Verifying);
        let (_repository, restore) = board.watch(repository(), id(1), Work::Restoring);
        assert_eq!(
            board.of(id(1)).iter().map(|seen| seen.work).collect::<Vec<_>>(),
            [Work::Restoring, Work::Verifying]
        );
        assert!(board.of(id(2)).is_empty(), "another box");
        drop(restore);
        drop(first);
        assert_eq!(board.of(id(1)).len(), 1, "the second is under way");
        drop(second);
        assert!(board.of(id(1)).is_empty());
    }
}
