//! Rows and their columns.

use std::sync::OnceLock;

use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Column as _, ColumnIndex, Error, Row as _};

use super::{Both, TypeInfo, ValueRef};

/// A row of a result.
pub(crate) struct Row {
    inner: Inner,
    /// Made when somebody asks: queries find their columns by name in the driver's own row.
    columns: OnceLock<Vec<Column>>,
}

enum Inner {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// A column of a result.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    ordinal: usize,
    name: String,
    type_info: TypeInfo,
}

impl From<SqliteRow> for Row {
    fn from(row: SqliteRow) -> Self {
        Self { inner: Inner::Sqlite(row), columns: OnceLock::new() }
    }
}

impl From<PgRow> for Row {
    fn from(row: PgRow) -> Self {
        Self { inner: Inner::Postgres(row), columns: OnceLock::new() }
    }
}

impl Row {
    fn make_columns(&self) -> Vec<Column> {
        match &self.inner {
            Inner::Sqlite(row) => row
                .columns()
                .iter()
                .map(|column| Column {
                    ordinal: column.ordinal(),
                    name: column.name().to_owned(),
                    type_info: TypeInfo::Sqlite(column.type_info().clone()),
                })
                .collect(),
            Inner::Postgres(row) => row
                .columns()
                .iter()
                .map(|column| Column {
                    ordinal: column.ordinal(),
                    name: column.name().to_owned(),
                    type_info: TypeInfo::Postgres(column.type_info().clone()),
                })
                .collect(),
        }
    }
}

impl sqlx::Row for Row {
    type Database = Both;

    fn columns(&self) -> &[Column] {
        self.columns.get_or_init(|| self.make_columns())
    }

    fn len(&self) -> usize {
        match &self.inner {
            Inner::Sqlite(row) => row.len(),
            Inner::Postgres(row) => row.len(),
        }
    }

    fn try_get_raw<I>(&self, index: I) -> Result<ValueRef<'_>, Error>
    where
        I: ColumnIndex<Self>,
    {
        let index = index.index(self)?;
        match &self.inner {
            Inner::Sqlite(row) => row.try_get_raw(index).map(ValueRef::Sqlite),
            Inner::Postgres(row) => row.try_get_raw(index).map(ValueRef::Postgres),
        }
    }
}

impl ColumnIndex<Row> for usize {
    fn index(&self, row: &Row) -> Result<usize, Error> {
        let len = sqlx::Row::len(row);
        if *self < len { Ok(*self) } else { Err(Error::ColumnIndexOutOfBounds { index: *self, len }) }
    }
}

impl ColumnIndex<Row> for &str {
    fn index(&self, row: &Row) -> Result<usize, Error> {
        match &row.inner {
            Inner::Sqlite(row) => self.index(row),
            Inner::Postgres(row) => self.index(row),
        }
    }
}

impl sqlx::Column for Column {
    type Database = Both;

    fn ordinal(&self) -> usize {
        self.ordinal
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn type_info(&self) -> &TypeInfo {
        &self.type_info
    }
}
