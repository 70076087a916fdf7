//! Connections: one at a time writes, a few read.
//!
//! SQLite lets one connection write at a time. With one writer the queue for it is ours: it is fair, it has a
//! limit, and a transaction that began never meets `SQLITE_BUSY` from within the platform.
//!
//! On PostgreSQL a write transaction begins with a lock that all platforms of the database share, so that what it reads
//! before it writes is the newest there too, and no transaction is given up because of another one.

mod both;
mod changes;
mod postgres;
mod sqlite;
mod tx;

use std::path::Path;
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::pool::PoolOptions;

use crate::Error;

use changes::BoxChanges;

pub(crate) use both::{Both, Connection, ZeroByte};
pub(crate) use changes::Mark;
#[cfg(test)]
pub(crate) use changes::TABLES;
pub(crate) use postgres::{Server, code, is_lost};
pub(crate) use sqlite::{durable, look_only};
pub(crate) use tx::Tx;

/// The kind of database.
pub(crate) type Db = Both;

/// How long a call waits for its connection before it fails as busy.
const ACQUIRE_MAX: Duration = Duration::from_secs(10);

/// The connections to one database. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    writer: sqlx::Pool<Db>,
    reader: sqlx::Pool<Db>,
    /// Keeps a database in memory: one that no connection is open to is gone.
    anchor: Option<sqlx::Pool<Db>>,
    begin: Begin,
    changes: BoxChanges,
}

/// How write transactions begin.
#[derive(Clone, Copy, Debug)]
struct Begin {
    /// One whose commit is on the disk before it is acknowledged.
    durable: &'static str,
    /// One whose commit does not wait for the disk.
    fleeting: &'static str,
    /// Whether the database is on a server, which others use as well.
    is_shared: bool,
}

impl Database {
    /// Opens an existing file.
    pub(crate) async fn open(path: &Path) -> Result<Self, sqlx::Error> {
        let options = durable(path);
        let changes = BoxChanges::default();
        let writer = one_writer(&changes).connect_with(sqlite::options(options.clone())).await?;
        let reader = PoolOptions::<Db>::new()
            .max_connections(sqlite::READERS)
            .acquire_timeout(ACQUIRE_MAX)
            .connect_lazy_with(sqlite::options(options.pragma("query_only", "on")));
        Ok(Self { writer, reader, anchor: None, begin: sqlite::BEGIN, changes })
    }

    /// Connects to a database on a server, which is ready to be used.
    pub(crate) fn connect(server: &Server) -> Self {
        let pool = || {
            PoolOptions::<Db>::new()
                .acquire_timeout(ACQUIRE_MAX)
                .before_acquire(|connection: &mut Connection, _meta| ready(connection.is_usable()))
                .after_release(|connection, _meta| ready(connection.is_usable()))
        };
        // While one writes, the next one waits for the lock: not for the way of the connection back to its pool.
        let writer = pool().max_connections(postgres::WRITERS).connect_lazy_with(server.writer());
        let reader = pool().max_connections(server.readers()).connect_lazy_with(server.reader());
        Self { writer, reader, anchor: None, begin: postgres::BEGIN, changes: BoxChanges::default() }
    }

    /// Saves everything as one consistent file, which must not exist, while others go on reading and writing.
    pub(crate) async fn copy_to(&self, path: &Path) -> Result<(), Error> {
        if self.begin.is_shared {
            return Err(Error::Internal(
                "a database on a server is copied with the server's own tools".into(),
            ));
        }
        let mut connection = self.writer.acquire().await?;
        let path = path.to_string_lossy().into_owned();
        sqlx::query("vacuum into $1").bind(path).execute(&mut *connection).await?;
        Ok(())
    }

    /// A database that lives as long as this value. Its one connection reads and writes.
    pub(crate) async fn in_memory() -> Result<Self, sqlx::Error> {
        // Of a name of its own, which its connections share.
        let options = sqlite::options(sqlite::in_memory()?);
        // A caller that gives up in the middle of a query takes its connection with it.
        let anchor = one_connection().connect_with(options.clone()).await?;
        let changes = BoxChanges::default();
        let writer = one_writer(&changes).connect_with(options).await?;
        Ok(Self { reader: writer.clone(), writer, anchor: Some(anchor), begin: sqlite::BEGIN, changes })
    }

    /// Whether the database is on a server, which others use as well.
    pub(crate) const fn is_shared(&self) -> bool {
        self.begin.is_shared
    }

    /// A mark of this moment, unless a box may be changing, or others write as well.
    pub(crate) fn mark(&self) -> Option<Mark> {
        let mark = self.changes.mark();
        let is_quiet = self.writer.num_idle() == self.writer.size() as usize;
        (is_quiet && !self.begin.is_shared).then_some(mark)
    }

    /// Whether boxes that were read since are as they were read.
    pub(crate) fn is_unchanged_since(&self, mark: Mark) -> bool {
        self.changes.mark() == mark
    }

    async fn begin_with(&self, statement: &'static str) -> Result<sqlx::Transaction<'static, Db>, Error> {
        match self.writer.begin_with(statement).await {
            // Nothing has happened yet: a connection that was lost meanwhile, such as by a failover, is worth another try.
            Err(error) if self.begin.is_shared && is_lost(&error) => {
                Ok(self.writer.begin_with(statement).await?)
            }
            begun => Ok(begun?),
        }
    }

    /// The connection that writes, outside of a transaction: for migrations, which bring their own.
    pub(crate) async fn writer(&self) -> Result<sqlx::pool::PoolConnection<Db>, Error> {
        Ok(self.writer.acquire().await?)
    }

    /// A connection that reads what is committed. Never asked for by a task that holds a [`Tx`].
    pub(crate) async fn read(&self) -> Result<sqlx::pool::PoolConnection<Db>, Error> {
        Ok(self.reader.acquire().await?)
    }

    /// Ends every connection; the last one folds the write-ahead log of a file into it.
    pub(crate) async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
        if let Some(anchor) = &self.anchor {
            anchor.close().await;
        }
    }
}

/// How a write transaction begins on `connection`.
pub(crate) const fn begin_on(connection: &Connection) -> &'static str {
    match connection {
        Connection::Sqlite(_) => sqlite::BEGIN.durable,
        Connection::Postgres(_) => postgres::BEGIN.durable,
    }
}

/// Connects without a pool.
pub(crate) async fn connect_to(
    options: sqlx::sqlite::SqliteConnectOptions,
) -> Result<Connection, sqlx::Error> {
    sqlite::options(options).connect().await
}

type Answer<'c> = std::pin::Pin<Box<dyn Future<Output = Result<bool, sqlx::Error>> + Send + 'c>>;

fn ready<'c>(is_usable: bool) -> Answer<'c> {
    Box::pin(std::future::ready(Ok(is_usable)))
}

/// A pool of one connection that is never given up for its age.
fn one_connection() -> PoolOptions<Db> {
    PoolOptions::<Db>::new()
        .max_connections(1)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(ACQUIRE_MAX)
        // When the disk is full SQLite rolls back by itself, sqlx's rollback then fails, and sqlx believes for ever
        // that the connection is in a transaction. Such a connection is replaced.
        .before_acquire(|connection: &mut Connection, _meta| ready(connection.is_usable()))
}

/// The same for what is written, whose changes are counted.
fn one_writer(changes: &BoxChanges) -> PoolOptions<Db> {
    let changes = changes.clone();
    one_connection().after_connect(move |connection, _meta| {
        let changes = changes.clone();
        Box::pin(async move { changes.follow(connection).await })
    })
}

#[cfg(test)]
mod tests;
