//! Connections: one that writes, a few that read.
//!
//! SQLite lets one connection write at a time. With one writer the queue for it is ours: it is fair, it has a
//! limit, and a transaction that began never meets `SQLITE_BUSY` from within the platform.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection as _};

use crate::Error;

/// The kind of database. What names it is in this module and in `open`.
pub(crate) type Db = sqlx::Sqlite;
/// A connection, or a transaction that is under way on it.
pub(crate) type Connection = <Db as sqlx::Database>::Connection;
/// A write transaction. Dropped without a commit, it never happened.
pub(crate) type Tx = sqlx::Transaction<'static, Db>;

/// Connections that read.
const READERS: u32 = 4;
/// How long a call waits for its connection before it fails as busy.
const ACQUIRE_MAX: Duration = Duration::from_secs(10);
/// How long a statement waits for another process that has the file locked, such as somebody's `sqlite3`.
const BUSY_MAX: Duration = Duration::from_secs(5);
/// The write-ahead log is cut back to this size after a checkpoint.
const WAL_BYTES_MAX: &str = "67108864";

/// The connections to one database. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    writer: sqlx::Pool<Db>,
    reader: sqlx::Pool<Db>,
    /// Keeps a database in memory: one that no connection is open to is gone.
    anchor: Option<sqlx::Pool<Db>>,
}

impl Database {
    /// Opens an existing file.
    pub(crate) async fn open(path: &Path) -> Result<Self, sqlx::Error> {
        let options = durable(path);
        let writer = one_connection().connect_with(options.clone()).await?;
        let reader = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(ACQUIRE_MAX)
            .connect_lazy_with(options.pragma("query_only", "on"));
        Ok(Self { writer, reader, anchor: None })
    }

    /// Saves everything as one consistent file, which must not exist, while others go on reading and writing.
    pub(crate) async fn copy_to(&self, path: &Path) -> Result<(), sqlx::Error> {
        let mut connection = self.writer.acquire().await?;
        let path = path.to_string_lossy().into_owned();
        sqlx::query("vacuum into $1").bind(path).execute(&mut *connection).await.map(drop)
    }

    /// A database that lives as long as this value. Its one connection reads and writes.
    pub(crate) async fn in_memory() -> Result<Self, sqlx::Error> {
        // Of a name of its own, which its connections share.
        let options = "sqlite::memory:".parse::<SqliteConnectOptions>()?;
        let options = options.foreign_keys(true).disable_statement_logging();
        // A caller that gives up in the middle of a query takes its connection with it.
        let anchor = one_connection().connect_with(options.clone()).await?;
        let writer = one_connection().connect_with(options).await?;
        Ok(Self { reader: writer.clone(), writer, anchor: Some(anchor) })
    }

    /// Begins a write transaction, when it is this caller's turn.
    pub(crate) async fn write(&self) -> Result<Tx, Error> {
        // A deferred transaction that begins to write later fails at once when somebody else wrote meanwhile.
        Ok(self.writer.begin_with("PRAGMA synchronous = FULL; BEGIN IMMEDIATE").await?)
    }

    /// Begins a write transaction of what means nothing after the machine has lost its power, such as a promise to a call that is gone
    /// then as well. Its commit does not wait for the disk. It survives the end of the process, and is never seen without what was
    /// committed before it; the next commit of [`Self::write`] takes it to the disk.
    pub(crate) async fn write_fleeting(&self) -> Result<Tx, Error> {
        // In WAL mode NORMAL leaves the log to the system (https://www.sqlite.org/pragma.html#pragma_synchronous).
        Ok(self.writer.begin_with("PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE").await?)
    }

    /// The connection that writes, outside of a transaction: for migrations, which bring their own.
    pub(crate) async fn writer(&self) -> Result<sqlx::pool::PoolConnection<Db>, Error> {
        Ok(self.writer.acquire().await?)
    }

    /// A connection that reads what is committed. Never asked for by a task that holds a [`Tx`].
    pub(crate) async fn read(&self) -> Result<sqlx::pool::PoolConnection<Db>, Error> {
        Ok(self.reader.acquire().await?)
    }

    /// Ends every connection; the last one folds the write-ahead log into the file.
    pub(crate) async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
        if let Some(anchor) = &self.anchor {
            anchor.close().await;
        }
    }
}

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

/// A pool of one connection that is never given up for its age.
fn one_connection() -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(1)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(ACQUIRE_MAX)
        // When the disk is full SQLite rolls back by itself, sqlx's rollback then fails, and sqlx believes for ever
        // that the connection is in a transaction. Such a connection is replaced.
        .before_acquire(|connection, _meta| {
            let is_clean = !connection.is_in_transaction();
            Box::pin(async move { Ok(is_clean) })
        })
}

#[cfg(test)]
mod tests;
