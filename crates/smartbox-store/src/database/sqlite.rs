//! What is particular to SQLite.

use std::path::Path;
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

use super::Begin;
use super::both::Options;

/// Connections that read.
pub(super) const READERS: u32 = 4;
/// How long a statement waits for another process that has the file locked, such as somebody's `sqlite3`.
const BUSY_MAX: Duration = Duration::from_secs(5);
/// The write-ahead log is cut back to this size after a checkpoint.
const WAL_BYTES_MAX: &str = "67108864";

pub(super) const BEGIN: Begin = Begin {
    // A deferred transaction that begins to write later fails at once when somebody else wrote meanwhile.
    durable: "PRAGMA synchronous = FULL; BEGIN IMMEDIATE",
    // In WAL mode NORMAL leaves the log to the system (https://www.sqlite.org/pragma.html#pragma_synchronous).
    fleeting: "PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE",
    is_shared: false,
};

/// Rows that the thread of a connection reads ahead. With few it waits for its reader after every few, and a look at ten thousand boxes is
/// mostly the two waking each other.
const ROWS_AHEAD: usize = 1024;

/// Options of a file whose commits survive a power failure.
pub(crate) fn durable(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .journal_mode(SqliteJournalMode::Wal)
        // In WAL mode FULL is what syncs the log at every commit.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_MAX)
        .pragma("journal_size_limit", WAL_BYTES_MAX)
        .row_buffer_size(ROWS_AHEAD)
        .disable_statement_logging()
}

/// Options that change neither the file nor its log.
pub(crate) fn look_only(path: &Path, has_log: bool) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        // Without a log the file is complete, and `immutable` keeps SQLite from making one.
        .immutable(!has_log)
        .busy_timeout(BUSY_MAX)
        .disable_statement_logging()
}

/// Options of a database without a file.
pub(super) fn in_memory() -> Result<SqliteConnectOptions, sqlx::Error> {
    let options = "sqlite::memory:".parse::<SqliteConnectOptions>()?;
    Ok(options.foreign_keys(true).disable_statement_logging())
}

pub(super) fn options(options: SqliteConnectOptions) -> Options {
    Options::Sqlite(Box::new(options))
}
