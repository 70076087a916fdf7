//! How it goes with the backups of all boxes, as numbers.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use smartbox_store::Backup;

use crate::{Control, Error};

/// Since the start of the process, and at the last look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BackupNumbers {
    /// Good backups that were made.
    pub good: u64,
    /// Backups that were made and are not trusted.
    pub suspicious: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// Looks that found nothing new.
    pub unchanged: u64,
    /// Boxes whose newest good backup is older than twice what is wanted.
    pub overdue: u64,
    /// For how long the box that has waited longest may have changed without a good backup of it.
    pub unsaved: Duration,
}

/// Where they are counted.
#[derive(Default)]
pub(crate) struct Counted(Mutex<BackupNumbers>);

impl Counted {
    fn numbers(&self) -> MutexGuard<'_, BackupNumbers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An attempt has ended.
    pub(crate) fn ended(&self, made: &Result<Option<Backup>, Error>) {
        let mut numbers = self.numbers();
        let counter = match made {
            Ok(Some(backup)) if backup.is_good() => &mut numbers.good,
            Ok(Some(_)) => &mut numbers.suspicious,
            Ok(None) => &mut numbers.unchanged,
            Err(_) => &mut numbers.failed,
        };
        *counter += 1;
    }

    /// What a look at the boxes that are backed up by themselves found: since when something may have changed that is in no good
    /// backup, and whether that is too long.
    pub(crate) fn seen(&self, boxes: &[(Option<Timestamp>, bool)], now: Timestamp) {
        let oldest = boxes.iter().filter_map(|(changed_since, _)| *changed_since).min();
        let unsaved = oldest.and_then(|since| Duration::try_from(now.duration_since(since)).ok());
        let overdue = boxes.iter().filter(|(_, is_overdue)| *is_overdue).count() as u64;
        let mut numbers = self.numbers();
        (numbers.overdue, numbers.unsaved) = (overdue, unsaved.unwrap_or_default());
    }
}

impl Control {
    /// How it goes with backups.
    pub fn backup_numbers(&self) -> BackupNumbers {
        *self.inner.backups.counted.numbers()
    }
}
