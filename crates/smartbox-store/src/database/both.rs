//! SQLite and PostgreSQL as one kind of database, chosen when a connection is opened.
//!
//! The queries of this crate name [`Both`] and nothing else, so that there is one text of each and one type of connection,
//! row and transaction. sqlx's own `Any` cannot take this place: it reads no `boolean` column of SQLite. Values keep the
//! types that their own driver gives them; only what is bound waits, as a small enum, until it is known where it goes.

mod arguments;
mod connection;
mod row;
mod statement;
mod transaction;
mod types;
mod value;

use sqlx::Database;

use arguments::Arguments;
pub(crate) use arguments::{Argument, ZeroByte};
pub(crate) use connection::{Connection, Options};
use row::{Column, Row};
use statement::Statement;
use transaction::Transactions;
use types::TypeInfo;
use value::{Value, ValueRef};

/// SQLite or PostgreSQL.
#[derive(Debug)]
pub(crate) struct Both;

impl Database for Both {
    type Connection = Connection;
    type TransactionManager = Transactions;
    type Row = Row;
    type QueryResult = QueryResult;
    type Column = Column;
    type TypeInfo = TypeInfo;
    type Value = Value;
    type ValueRef<'r> = ValueRef<'r>;
    type Arguments = Arguments;
    type ArgumentBuffer = Vec<Argument>;
    type Statement = Statement;

    const NAME: &'static str = "SQLite or PostgreSQL";
    const URL_SCHEMES: &'static [&'static str] = &["postgres", "postgresql", "sqlite"];
}

/// What a statement has done.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct QueryResult {
    rows: u64,
}

impl QueryResult {
    /// How many rows it inserted, changed or removed.
    pub(crate) fn rows_affected(self) -> u64 {
        self.rows
    }
}

impl Extend<Self> for QueryResult {
    fn extend<T: IntoIterator<Item = Self>>(&mut self, results: T) {
        self.rows += results.into_iter().map(|result| result.rows).sum::<u64>();
    }
}
