//! Whether a row has changed that a box is read from.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Connection;

/// Tables that a whole row of a box is read from.
pub(crate) const TABLES: [&str; 4] = ["boxes", "schedules", "upgrades", "archives"];

/// A moment in which no change of a box was under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark(u64);

/// Counts changes as SQLite tells of them (<https://www.sqlite.org/c3ref/update_hook.html>): of each row that is written, before it
/// is committed. It tells nothing of tables `without rowid` and of rows that `or replace` takes away; these tables know neither.
#[derive(Clone, Debug, Default)]
pub(super) struct BoxChanges(Arc<AtomicU64>);

impl BoxChanges {
    /// Counts what `connection` changes from now on.
    pub(super) async fn follow(&self, connection: &mut Connection) -> Result<(), sqlx::Error> {
        let Connection::Sqlite(sqlite) = connection else { return Ok(()) };
        let count = Arc::clone(&self.0);
        sqlite.lock_handle().await?.set_update_hook(move |change| {
            if TABLES.contains(&change.table) {
                count.fetch_add(1, Ordering::SeqCst);
            }
        });
        Ok(())
    }

    pub(super) fn mark(&self) -> Mark {
        Mark(self.0.load(Ordering::SeqCst))
    }
}
