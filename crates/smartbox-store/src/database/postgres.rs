//! What is particular to PostgreSQL.

use secrecy::{ExposeSecret, SecretString};
use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgDatabaseError, PgSslMode};

use super::both::{Connection, Options};
use super::{ACQUIRE_MAX, Begin};

/// Connections that write, or wait for it.
pub(super) const WRITERS: u32 = 2;
/// How long a statement may take, and with it a caller wait for the lock of those who write. Milliseconds.
const STATEMENT_MS_MAX: &str = "30000";
/// How long a write transaction waits for its turn. Milliseconds.
const LOCK_MS_MAX: &str = "10000";
/// How long a platform that does not go on may keep a transaction open, and everybody else from writing. Milliseconds.
const IDLE_MS_MAX: &str = "5000";
/// How long a migration may wait for those of another platform that starts at the same time, and how long it may take.
/// Milliseconds.
const MIGRATION_MS_MAX: &str = "600000";

/// The number of the lock is `smartbox` in ASCII. Locks of this kind belong to one database of the server.
pub(super) const BEGIN: Begin = Begin {
    durable: "begin isolation level read committed; select pg_advisory_xact_lock(8317411231029948280)",
    fleeting: "begin isolation level read committed; select pg_advisory_xact_lock(8317411231029948280); \
               set local synchronous_commit = off",
    is_shared: true,
};

/// A database on a server, and how it is reached.
#[derive(Clone)]
pub(crate) struct Server {
    options: PgConnectOptions,
    readers: u32,
}

impl Server {
    /// Reads an address such as `postgres://user:password@host:5432/database?sslmode=verify-full`.
    ///
    /// Without `sslmode` the certificate of another machine is checked, and its name: what goes there is not for others.
    pub(crate) fn new(url: &SecretString, readers: u32) -> Option<Self> {
        let text = url.expose_secret();
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return None;
        }
        let mut options: PgConnectOptions = text.parse().ok()?;
        if matches!(options.get_ssl_mode(), PgSslMode::Prefer | PgSslMode::Allow) {
            let is_here = options.get_socket().is_some() || is_loopback(options.get_host());
            options = options.ssl_mode(if is_here { PgSslMode::Disable } else { PgSslMode::VerifyFull });
        }
        let options = options.application_name("smartbox").disable_statement_logging();
        Some(Self { options, readers })
    }

    /// The address without what is secret in it.
    pub(crate) fn address(&self) -> String {
        let database = self.options.get_database().unwrap_or_else(|| self.options.get_username());
        match self.options.get_socket() {
            Some(socket) => format!("postgres://{}:{}/{database}", socket.display(), self.options.get_port()),
            None => format!("postgres://{}:{}/{database}", self.options.get_host(), self.options.get_port()),
        }
    }

    pub(super) const fn readers(&self) -> u32 {
        self.readers
    }

    pub(super) fn writer(&self) -> Options {
        bounded(self.options.clone(), STATEMENT_MS_MAX, LOCK_MS_MAX, &[])
    }

    pub(super) fn reader(&self) -> Options {
        let only = [("default_transaction_read_only", "on")];
        bounded(self.options.clone(), STATEMENT_MS_MAX, LOCK_MS_MAX, &only)
    }

    /// A connection of its own, for what takes longer.
    pub(crate) async fn connect_alone(&self) -> Result<Connection, sqlx::Error> {
        let options = bounded(self.options.clone(), MIGRATION_MS_MAX, MIGRATION_MS_MAX, &[]);
        tokio::time::timeout(ACQUIRE_MAX, options.connect())
            .await
            .map_err(|_elapsed| sqlx::Error::PoolTimedOut)?
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("address", &self.address()).finish_non_exhaustive()
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// The bounds are kept by the server, so that they hold when this process does not go on.
fn bounded(options: PgConnectOptions, statement: &str, lock: &str, more: &[(&str, &str)]) -> Options {
    let bounds = [
        ("statement_timeout", statement),
        ("lock_timeout", lock),
        ("idle_in_transaction_session_timeout", IDLE_MS_MAX),
    ];
    Options::Postgres(Box::new(options.options(bounds.iter().chain(more).copied())))
}

/// Whether the connection is gone, or the server does not do this work any more.
pub(crate) fn is_lost(error: &sqlx::Error) -> bool {
    if matches!(error, sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::BeginFailed) {
        return true;
    }
    // Classes of https://www.postgresql.org/docs/current/errcodes-appendix.html: connection exception; shut down, crashed,
    // starting; too many connections; not the one that takes writes.
    code(error).is_some_and(|code| {
        code.starts_with("08") || code.starts_with("57P") || code == "53300" || code == "25006"
    })
}

/// What PostgreSQL calls the error.
pub(crate) fn code(error: &sqlx::Error) -> Option<&str> {
    Some(error.as_database_error()?.try_downcast_ref::<PgDatabaseError>()?.code())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(url: &str) -> PgSslMode {
        Server::new(&SecretString::from(url.to_owned()), 1).unwrap().options.get_ssl_mode()
    }

    #[test]
    fn what_goes_to_another_machine_is_encrypted_and_the_machine_checked_unless_somebody_says_otherwise() {
        for here in [
            "postgres://localhost/d",
            "postgres://[::1]/d",
            "postgres://127.0.0.9/d",
            "postgres:///d?host=/run",
        ] {
            assert!(matches!(mode(here), PgSslMode::Disable), "{here}");
        }
        for elsewhere in
            ["postgres://db/d", "postgres://10.0.0.1/d?sslmode=prefer", "postgres://db/d?sslmode=allow"]
        {
            assert!(matches!(mode(elsewhere), PgSslMode::VerifyFull), "{elsewhere}");
        }
        assert!(matches!(mode("postgres://db/d?sslmode=disable"), PgSslMode::Disable));
        assert!(matches!(mode("postgres://db/d?sslmode=require"), PgSslMode::Require));
    }

    #[test]
    fn nothing_shows_the_password() {
        let server = Server::new(&SecretString::from("postgres://u:the-word@db/d".to_owned()), 1).unwrap();
        let shown = format!("{server:?} {:?} {:?}", server.writer(), server.reader());
        assert!(shown.contains("postgres://db:5432/d") && !shown.contains("the-word"), "{shown}");
    }
}
