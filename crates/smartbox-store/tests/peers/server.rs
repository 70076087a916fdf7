//! Databases on the server, and doing things to them from outside.

use secrecy::{ExposeSecret, SecretString};
use smartbox_store::{OpenError, Sealer, Store, testing};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};

/// A database with all tables, and the keys of its secrets.
pub(crate) struct Server {
    pub(crate) url: SecretString,
    pub(crate) directory: tempfile::TempDir,
}

impl Server {
    pub(crate) async fn new() -> Self {
        Self { url: testing::new_database().await, directory: tempfile::tempdir().unwrap() }
    }

    /// The keys: the same ones at every call.
    pub(crate) fn sealer(&self) -> Sealer {
        crate::support::sealer(self.directory.path())
    }

    pub(crate) async fn try_open(&self) -> Result<Store, OpenError> {
        Store::connect(&self.url, 4, self.sealer()).await
    }

    pub(crate) async fn open(&self) -> Store {
        self.try_open().await.unwrap()
    }

    pub(crate) async fn execute(&self, sql: &'static str) {
        testing::execute(&self.url, sql).await;
    }

    /// A connection beside the store's.
    pub(crate) async fn connection(&self) -> PgConnection {
        let options: PgConnectOptions = self.url.expose_secret().parse().unwrap();
        options.connect().await.unwrap()
    }

    /// Ends every connection of stores to this database, as an administrator or a failover does; how many there were.
    pub(crate) async fn end_sessions(&self) -> i64 {
        let mut connection = self.connection().await;
        let ended = sqlx::query_scalar(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity
             where datname = current_database() and application_name = 'smartbox'",
        )
        .fetch_one(&mut connection)
        .await
        .unwrap();
        connection.close().await.unwrap();
        ended
    }

    /// The port of the server.
    pub(crate) fn port(&self) -> u16 {
        let options: PgConnectOptions = self.url.expose_secret().parse().unwrap();
        options.get_port()
    }

    /// The same database under another address.
    pub(crate) fn at(&self, change: impl FnOnce(&str) -> String) -> SecretString {
        change(self.url.expose_secret()).into()
    }
}
