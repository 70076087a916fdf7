//! How transactions begin and end.

use sqlx::postgres::PgTransactionManager;
use sqlx::sqlite::SqliteTransactionManager;
use sqlx::{Error, SqlStr};
use sqlx_core::transaction::TransactionManager;

use super::{Both, Connection};

/// Hands on to the manager of each driver.
pub(crate) struct Transactions;

impl TransactionManager for Transactions {
    type Database = Both;

    async fn begin(connection: &mut Connection, statement: Option<SqlStr>) -> Result<(), Error> {
        match connection {
            Connection::Sqlite(connection) => SqliteTransactionManager::begin(connection, statement).await,
            Connection::Postgres(session) => {
                // A caller that gives up here leaves a session that may wait for its turn, or have it: sqlx would keep it.
                session.is_spent = true;
                PgTransactionManager::begin(&mut session.inner, statement).await?;
                (session.is_spent, session.is_failed) = (false, false);
                Ok(())
            }
        }
    }

    async fn commit(connection: &mut Connection) -> Result<(), Error> {
        match connection {
            Connection::Sqlite(connection) => SqliteTransactionManager::commit(connection).await,
            Connection::Postgres(session) if session.is_failed => {
                PgTransactionManager::rollback(&mut session.inner).await?;
                Err(Error::Protocol("a transaction was committed of which a statement had failed".to_owned()))
            }
            Connection::Postgres(session) => PgTransactionManager::commit(&mut session.inner).await,
        }
    }

    async fn rollback(connection: &mut Connection) -> Result<(), Error> {
        match connection {
            Connection::Sqlite(connection) => SqliteTransactionManager::rollback(connection).await,
            Connection::Postgres(session) => PgTransactionManager::rollback(&mut session.inner).await,
        }
    }

    fn start_rollback(connection: &mut Connection) {
        match connection {
            Connection::Sqlite(connection) => SqliteTransactionManager::start_rollback(connection),
            Connection::Postgres(session) => PgTransactionManager::start_rollback(&mut session.inner),
        }
    }

    fn get_transaction_depth(connection: &Connection) -> usize {
        match connection {
            Connection::Sqlite(connection) => SqliteTransactionManager::get_transaction_depth(connection),
            Connection::Postgres(session) => PgTransactionManager::get_transaction_depth(&session.inner),
        }
    }
}
