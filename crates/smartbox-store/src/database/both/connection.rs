//! Connections and how they are opened.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use futures_util::future::{BoxFuture, TryFutureExt};
use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use log::LevelFilter;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgQueryResult, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteQueryResult, SqliteRow};
use sqlx::{
    ConnectOptions, Connection as _, Describe, Either, Error, Execute, Executor, PgConnection, SqlStr,
    SqliteConnection, Transaction,
};
use sqlx_core::Url;

use super::{Arguments, Both, QueryResult, Row, Statement, TypeInfo};

/// A connection, or a transaction that is under way on it.
#[derive(Debug)]
pub(crate) enum Connection {
    Sqlite(Box<SqliteConnection>),
    Postgres(Box<Session>),
}

/// A connection to PostgreSQL, and what sqlx does not remember of it.
#[derive(Debug)]
pub(crate) struct Session {
    pub(super) inner: PgConnection,
    /// A statement of the transaction failed: the server has given it up, and answers a commit as if it had been made.
    pub(super) is_failed: bool,
    /// What state the session is in is not known, or it is of no use any more: it is closed and not used again.
    pub(super) is_spent: bool,
}

impl Session {
    fn new(inner: PgConnection) -> Self {
        Self { inner, is_failed: false, is_spent: false }
    }

    /// The connection itself, for what is asked of PostgreSQL alone.
    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        &mut self.inner
    }
}

impl Connection {
    /// Whether the next one may have it.
    pub(crate) fn is_usable(&self) -> bool {
        match self {
            Self::Sqlite(connection) => !connection.is_in_transaction(),
            Self::Postgres(session) => !session.is_spent,
        }
    }
}

/// How to connect.
#[derive(Clone)]
pub(crate) enum Options {
    Sqlite(Box<SqliteConnectOptions>),
    Postgres(Box<PgConnectOptions>),
}

/// `read_only_sql_transaction` (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
const READ_ONLY: &str = "25006";

type Step = Either<QueryResult, Row>;

impl<'c> Executor<'c> for &'c mut Connection {
    type Database = Both;

    fn fetch_many<'e, 'q: 'e, E>(self, mut query: E) -> BoxStream<'e, Result<Step, Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Both>,
    {
        let arguments = match query.take_arguments() {
            Ok(arguments) => arguments,
            Err(error) => return failed(Error::Encode(error)),
        };
        match self {
            Connection::Sqlite(connection) => match arguments.map(SqliteArguments::try_from).transpose() {
                Ok(arguments) => connection.fetch_many((query.sql(), arguments)).map_ok(from_sqlite).boxed(),
                Err(error) => failed(Error::Encode(error)),
            },
            Connection::Postgres(session) => match arguments.map(PgArguments::try_from).transpose() {
                Ok(arguments) => {
                    let Session { inner, is_failed, is_spent } = &mut **session;
                    inner
                        .fetch_many((query.sql(), arguments))
                        .map_ok(from_postgres)
                        .inspect_err(|error| note(error, is_failed, is_spent))
                        .boxed()
                }
                Err(error) => failed(Error::Encode(error)),
            },
        }
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, mut query: E) -> BoxFuture<'e, Result<Option<Row>, Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Both>,
    {
        let arguments: Result<Option<Arguments>, _> = query.take_arguments().map_err(Error::Encode);
        Box::pin(async move {
            let arguments = arguments?;
            let row = match self {
                Connection::Sqlite(connection) => {
                    let arguments = arguments.map(SqliteArguments::try_from).transpose();
                    let query = (query.sql(), arguments.map_err(Error::Encode)?);
                    connection.fetch_optional(query).await?.map(Row::from)
                }
                Connection::Postgres(session) => {
                    let arguments = arguments.map(PgArguments::try_from).transpose();
                    let query = (query.sql(), arguments.map_err(Error::Encode)?);
                    let Session { inner, is_failed, is_spent } = &mut **session;
                    let row = inner.fetch_optional(query).await;
                    row.inspect_err(|error| note(error, is_failed, is_spent))?.map(Row::from)
                }
            };
            Ok(row)
        })
    }

    fn prepare_with<'e>(
        self,
        _sql: SqlStr,
        _parameters: &'e [TypeInfo],
    ) -> BoxFuture<'e, Result<Statement, Error>>
    where
        'c: 'e,
    {
        Box::pin(std::future::ready(Err(unused("statements are not prepared by hand"))))
    }

    fn describe<'e>(self, _sql: SqlStr) -> BoxFuture<'e, Result<Describe<Both>, Error>>
    where
        'c: 'e,
    {
        Box::pin(std::future::ready(Err(unused("statements are not described"))))
    }
}

/// Remembers that a statement failed, and whether the session is of any use.
fn note(error: &Error, is_failed: &mut bool, is_spent: &mut bool) {
    *is_failed = true;
    // A session of a server that takes no writes any more, since another one has taken its place, stays like that.
    let is_read_only =
        error.as_database_error().is_some_and(|error| error.code().is_some_and(|code| code == READ_ONLY));
    *is_spent |= is_read_only || error.as_database_error().is_none();
}

/// For what sqlx wants to have and nobody here calls.
fn unused(what: &'static str) -> Error {
    Error::Protocol(what.to_owned())
}

fn failed<'e>(error: Error) -> BoxStream<'e, Result<Step, Error>> {
    stream::once(std::future::ready(Err(error))).boxed()
}

fn from_sqlite(step: Either<SqliteQueryResult, SqliteRow>) -> Step {
    match step {
        Either::Left(result) => Either::Left(QueryResult { rows: result.rows_affected() }),
        Either::Right(row) => Either::Right(Row::from(row)),
    }
}

fn from_postgres(step: Either<PgQueryResult, PgRow>) -> Step {
    match step {
        Either::Left(result) => Either::Left(QueryResult { rows: result.rows_affected() }),
        Either::Right(row) => Either::Right(Row::from(row)),
    }
}

impl sqlx::Connection for Connection {
    type Database = Both;
    type Options = Options;

    async fn close(self) -> Result<(), Error> {
        match self {
            Self::Sqlite(connection) => connection.close().await,
            Self::Postgres(session) => session.inner.close().await,
        }
    }

    async fn close_hard(self) -> Result<(), Error> {
        match self {
            Self::Sqlite(connection) => connection.close_hard().await,
            Self::Postgres(session) => session.inner.close_hard().await,
        }
    }

    async fn ping(&mut self) -> Result<(), Error> {
        match self {
            Self::Sqlite(connection) => connection.ping().await,
            Self::Postgres(session) => session.inner.ping().await,
        }
    }

    async fn begin(&mut self) -> Result<Transaction<'_, Both>, Error> {
        Transaction::begin(self, None).await
    }

    fn shrink_buffers(&mut self) {
        match self {
            Self::Sqlite(connection) => connection.shrink_buffers(),
            Self::Postgres(session) => session.inner.shrink_buffers(),
        }
    }

    async fn flush(&mut self) -> Result<(), Error> {
        match self {
            Self::Sqlite(connection) => connection.flush().await,
            Self::Postgres(session) => session.inner.flush().await,
        }
    }

    fn should_flush(&self) -> bool {
        match self {
            Self::Sqlite(connection) => connection.should_flush(),
            Self::Postgres(session) => session.inner.should_flush(),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Those of PostgreSQL have a password, and show it.
        f.write_str(match self {
            Self::Sqlite(_) => "Sqlite",
            Self::Postgres(_) => "Postgres",
        })
    }
}

impl FromStr for Options {
    type Err = Error;

    fn from_str(url: &str) -> Result<Self, Error> {
        if url.starts_with("sqlite:") {
            url.parse().map(|options| Self::Sqlite(Box::new(options)))
        } else {
            url.parse().map(|options| Self::Postgres(Box::new(options)))
        }
    }
}

impl ConnectOptions for Options {
    type Connection = Connection;

    fn from_url(url: &Url) -> Result<Self, Error> {
        url.as_str().parse()
    }

    async fn connect(&self) -> Result<Connection, Error> {
        match self {
            Self::Sqlite(options) => options.connect().map_ok(|it| Connection::Sqlite(Box::new(it))).await,
            Self::Postgres(options) => {
                options.connect().map_ok(|it| Connection::Postgres(Box::new(Session::new(it)))).await
            }
        }
    }

    fn log_statements(self, level: LevelFilter) -> Self {
        match self {
            Self::Sqlite(options) => Self::Sqlite(Box::new(options.log_statements(level))),
            Self::Postgres(options) => Self::Postgres(Box::new(options.log_statements(level))),
        }
    }

    fn log_slow_statements(self, level: LevelFilter, duration: Duration) -> Self {
        match self {
            Self::Sqlite(options) => Self::Sqlite(Box::new(options.log_slow_statements(level, duration))),
            Self::Postgres(options) => Self::Postgres(Box::new(options.log_slow_statements(level, duration))),
        }
    }
}
