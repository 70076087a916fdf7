//! Databases that somebody else wrote: copies of those of a box.
//!
//! Everything in them is foreign. The precautions are those of <https://www.sqlite.org/security.html> ("Untrusted SQLite
//! Database Files"): no functions in the schema, sizes of cells are checked, nothing is mapped into memory.

mod held;
mod identity;

use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{ConnectOptions, Connection as _, SqliteConnection};

pub use held::{HeldBack, hold_back};
pub use identity::renew_identity;

/// Findings that are told.
const FINDINGS_MAX: i64 = 3;

/// What was found out about a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignDatabase {
    /// Its own version of its schema (`user_version`).
    pub schema_version: i64,
    /// Sessions in it; 0 in one that keeps none, or keeps them otherwise than is known.
    pub sessions: u64,
    /// What is wrong with it; `None`: nothing.
    pub wrong: Option<String>,
}

/// Looks through a copy of a database, with its write-ahead log beside it if it has one, and folds the log into it, so that one
/// file is all of it.
///
/// A file that is no database, or a damaged one, is an answer and no error. How long it may take is the caller's.
pub async fn look_at_copy(path: &Path) -> ForeignDatabase {
    look(path).await.unwrap_or_else(|error| ForeignDatabase {
        schema_version: 0,
        sessions: 0,
        wrong: Some(format!("it cannot be read: {error}")),
    })
}

/// How a foreign database is opened.
fn guarded(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .foreign_keys(false)
        .pragma("trusted_schema", "off")
        .pragma("cell_size_check", "on")
        .pragma("mmap_size", "0")
        .disable_statement_logging()
}

async fn look(path: &Path) -> Result<ForeignDatabase, sqlx::Error> {
    let mut connection = guarded(path).connect().await?;
    let findings: Vec<String> =
        sqlx::query_scalar("select integrity_check from pragma_integrity_check limit $1")
            .bind(FINDINGS_MAX)
            .fetch_all(&mut connection)
            .await?;
    let schema_version: i64 =
        sqlx::query_scalar("select user_version from pragma_user_version").fetch_one(&mut connection).await?;
    let sessions = if findings == ["ok"] { sessions(&mut connection).await } else { 0 };
    // A copy in one file: the log is played and goes.
    let wrong = (findings != ["ok"]).then(|| findings.join("; "));
    connection.close().await?;
    if wrong.is_none() {
        fold(path).await?;
    }
    Ok(ForeignDatabase { schema_version, sessions, wrong })
}

/// How many sessions it has. The schema is private to the agent runtime: where it is another one, nothing is counted.
async fn sessions(connection: &mut SqliteConnection) -> u64 {
    if !has_table(connection, "session_nodes").await.unwrap_or(false) {
        return 0;
    }
    let counted: Result<i64, sqlx::Error> =
        sqlx::query_scalar("select count(*) from session_nodes").fetch_one(connection).await;
    counted.ok().and_then(|count| u64::try_from(count).ok()).unwrap_or(0)
}

async fn fold(path: &Path) -> Result<(), sqlx::Error> {
    let mut connection = guarded(path).journal_mode(SqliteJournalMode::Wal).connect().await?;
    sqlx::query("pragma wal_checkpoint(truncate)").execute(&mut connection).await?;
    connection.close().await
}

/// Whether there is a table of this name; a view is none.
async fn has_table(connection: &mut SqliteConnection, table: &str) -> Result<bool, sqlx::Error> {
    let found =
        sqlx::query_scalar::<_, i64>("select 1 from sqlite_schema where type = 'table' and name = $1");
    Ok(found.bind(table).fetch_optional(connection).await?.is_some())
}
