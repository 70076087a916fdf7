//! Databases for tests: a new one for each, of the kind that the run is about.
//!
//! That is SQLite, or PostgreSQL when `SMARTBOX_TEST_DATABASE` is `postgres`. The server is started once for a whole run
//! (`scripts/with-postgres.sh`) and is the tests' own: databases of tests that have ended are removed by those that come later.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::panic,
    reason = "it configures tests, names databases, and fails as a test fails"
)]

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use secrecy::SecretString;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection};

use crate::open::MIGRATOR;
use crate::{Error, OpenError, Sealer, Store};

/// What a new database is a copy of: it has the tables, and nothing in them but what migrations put there.
const TEMPLATE: &str = "smartbox_template";
/// One process makes the template, others wait.
const TEMPLATE_LOCK: i64 = 1;
/// How often a connection is tried while the server's queue is full, and the pause in between.
const QUEUE_TRIES: u32 = 200;
const QUEUE_PAUSE: Duration = Duration::from_millis(50);
/// Connections that read.
const READERS: u32 = 4;
/// How many databases of others a test removes: two for each that it makes, at least.
const REMOVED_MAX: usize = 4;

/// Whether this run is about PostgreSQL.
///
/// # Panics
/// When `SMARTBOX_TEST_DATABASE` is none of the two.
pub fn is_postgres() -> bool {
    match std::env::var("SMARTBOX_TEST_DATABASE").as_deref() {
        Ok("postgres") => true,
        Ok("sqlite" | "") | Err(_) => false,
        Ok(other) => panic!("SMARTBOX_TEST_DATABASE is {other:?}; sqlite and postgres are known"),
    }
}

/// A store on a new database, with a key of its own.
///
/// # Panics
/// When there is no memory for one, or no server.
pub async fn store() -> Store {
    if !is_postgres() {
        return Store::in_memory().await.expect("a database in memory");
    }
    let sealer = Sealer::ephemeral().expect("random bytes");
    Store::connect(&new_database().await, READERS, sealer).await.expect("a database on the server")
}

/// A store whose database lies in `directory`, or belongs to it: the same one at every call.
///
/// # Errors
/// When it cannot be opened.
///
/// # Panics
/// When there is no server.
pub async fn open_in(directory: &Path, sealer: Sealer) -> Result<Store, OpenError> {
    if is_postgres() {
        Store::connect(&database_of(directory).await, READERS, sealer).await
    } else {
        Store::open(&directory.join("smartbox.db"), sealer).await
    }
}

/// The address of the database on the server that belongs to `directory`; a new one at the first call.
///
/// # Panics
/// When there is no server, or the directory cannot be used.
pub async fn database_of(directory: &Path) -> SecretString {
    let file = directory.join("database-url");
    if let Ok(known) = std::fs::read_to_string(&file) {
        return known.into();
    }
    let url = new_url().await;
    std::fs::write(&file, &url).expect("a file in the directory of the test");
    url.into()
}

/// The address of a new database on the server, with all tables.
///
/// # Panics
/// When there is no server.
pub async fn new_database() -> SecretString {
    new_url().await.into()
}

/// Does something to a database on the server that a store itself would not.
///
/// # Panics
/// When it fails.
pub async fn execute(url: &SecretString, sql: &'static str) {
    let mut connection = connect(secrecy::ExposeSecret::expose_secret(url)).await;
    sqlx::raw_sql(sql).execute(&mut connection).await.expect("a statement that works");
    connection.close().await.expect("a connection that closes");
}

/// Gives a table another name: until it has its own again, what needs it fails at once, on either database.
///
/// # Errors
/// Those of the database.
pub async fn rename(store: &Store, table: &str, name: &str) -> Result<(), Error> {
    let mut tx = store.database.write().await?;
    let renamed = format!("alter table {table} rename to {name}");
    sqlx::query(AssertSqlSafe(renamed)).execute(&mut *tx).await?;
    Ok(tx.commit().await?)
}

/// Commits a transaction one of whose statements has failed.
///
/// # Errors
/// That it was not made, on PostgreSQL.
///
/// # Panics
/// When what should fail does not.
pub async fn commit_after_a_failure(store: &Store) -> Result<(), Error> {
    const HALF: &str = "insert into meta (name, value) values ('half', '1')";
    let mut tx = store.database.write().await?;
    sqlx::query(HALF).execute(&mut *tx).await?;
    let twice = sqlx::query(HALF).execute(&mut *tx).await;
    assert!(twice.is_err(), "a name is there once");
    Ok(tx.commit().await?)
}

/// What PostgreSQL's `synchronous_commit` is in a write transaction.
///
/// # Errors
/// Those of the server.
pub async fn waits_for_the_disk(store: &Store, is_fleeting: bool) -> Result<String, Error> {
    let database = &store.database;
    let mut tx = if is_fleeting { database.write_fleeting().await? } else { database.write().await? };
    Ok(sqlx::query_scalar("select current_setting('synchronous_commit')").fetch_one(&mut *tx).await?)
}

async fn new_url() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let server = server_url();
    let mut server_connection = connect(&server).await;
    make_template(&mut server_connection, &server).await;
    let name = format!("t_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
    let made = format!("create database {name} template {TEMPLATE} strategy file_copy");
    server_connection.execute(AssertSqlSafe(made)).await.expect("a new database");
    remove_old(&mut server_connection).await;
    server_connection.close().await.expect("a connection that closes");
    at_database(&server, &name)
}

fn server_url() -> String {
    std::env::var("SMARTBOX_TEST_POSTGRES_URL").unwrap_or_else(|_missing| {
        panic!("there is no PostgreSQL server for this test: run it by scripts/with-postgres.sh")
    })
}

/// The address of another database on the same server.
fn at_database(server: &str, name: &str) -> String {
    let mut url: sqlx_core::Url = server.parse().expect("the address of a server");
    url.set_path(name);
    url.into()
}

async fn connect(url: &str) -> PgConnection {
    let options: PgConnectOptions = url.parse().expect("the address of a database");
    let options = options.disable_statement_logging();
    for _ in 0..QUEUE_TRIES {
        match options.connect().await {
            // Its queue is full for a moment: a socket of this machine says so instead of waiting.
            Err(sqlx::Error::Io(error)) if error.kind() == std::io::ErrorKind::WouldBlock => {
                tokio::time::sleep(QUEUE_PAUSE).await;
            }
            connected => return connected.expect("a PostgreSQL server that answers"),
        }
    }
    panic!("the server's queue stays full")
}

async fn make_template(server: &mut PgConnection, url: &str) {
    let lock = sqlx::query("select pg_advisory_lock($1)").bind(TEMPLATE_LOCK);
    lock.execute(&mut *server).await.expect("the lock of the template");
    let is_there: bool = sqlx::query_scalar("select exists (select 1 from pg_database where datname = $1)")
        .bind(TEMPLATE)
        .fetch_one(&mut *server)
        .await
        .expect("the names of databases");
    if !is_there {
        let made = format!("create database {TEMPLATE} template template0 encoding 'UTF8' locale 'C'");
        server.execute(AssertSqlSafe(made)).await.expect("the template");
        let mut template = connect(&at_database(url, TEMPLATE)).await;
        MIGRATOR.run(&mut template).await.expect("migrations that work");
        template.close().await.expect("a connection that closes");
    }
    let unlock = sqlx::query("select pg_advisory_unlock($1)").bind(TEMPLATE_LOCK);
    unlock.execute(&mut *server).await.expect("the lock of the template");
}

/// Removes databases of processes that have ended. Another test may be at it, too.
async fn remove_old(server: &mut PgConnection) {
    let names: Vec<String> =
        sqlx::query_scalar("select cast(datname as text) from pg_database where datname like 't\\_%'")
            .fetch_all(&mut *server)
            .await
            .expect("the names of databases");
    let has_ended = |name: &&String| {
        let process = name.split('_').nth(1).unwrap_or_default();
        !Path::new("/proc").join(process).exists()
    };
    for name in names.iter().filter(has_ended).take(REMOVED_MAX) {
        let removed =
            server.execute(AssertSqlSafe(format!("drop database if exists {name} with (force)"))).await;
        drop(removed);
    }
}
