//! Values that a database has returned.

use std::borrow::Cow;

use sqlx::postgres::{PgValue, PgValueRef};
use sqlx::sqlite::{SqliteValue, SqliteValueRef};

use super::{Both, TypeInfo};

/// A value of its own.
pub(crate) enum Value {
    Sqlite(SqliteValue),
    Postgres(PgValue),
}

/// A value in its row.
pub(crate) enum ValueRef<'r> {
    Sqlite(SqliteValueRef<'r>),
    Postgres(PgValueRef<'r>),
}

impl sqlx::Value for Value {
    type Database = Both;

    fn as_ref(&self) -> ValueRef<'_> {
        match self {
            Self::Sqlite(value) => ValueRef::Sqlite(value.as_ref()),
            Self::Postgres(value) => ValueRef::Postgres(value.as_ref()),
        }
    }

    fn type_info(&self) -> Cow<'_, TypeInfo> {
        Cow::Owned(match self {
            Self::Sqlite(value) => TypeInfo::Sqlite(value.type_info().into_owned()),
            Self::Postgres(value) => TypeInfo::Postgres(value.type_info().into_owned()),
        })
    }

    fn is_null(&self) -> bool {
        match self {
            Self::Sqlite(value) => value.is_null(),
            Self::Postgres(value) => value.is_null(),
        }
    }
}

impl<'r> sqlx::ValueRef<'r> for ValueRef<'r> {
    type Database = Both;

    fn to_owned(&self) -> Value {
        match self {
            Self::Sqlite(value) => Value::Sqlite(sqlx::ValueRef::to_owned(value)),
            Self::Postgres(value) => Value::Postgres(sqlx::ValueRef::to_owned(value)),
        }
    }

    fn type_info(&self) -> Cow<'_, TypeInfo> {
        Cow::Owned(match self {
            Self::Sqlite(value) => TypeInfo::Sqlite(value.type_info().into_owned()),
            Self::Postgres(value) => TypeInfo::Postgres(value.type_info().into_owned()),
        })
    }

    fn is_null(&self) -> bool {
        match self {
            Self::Sqlite(value) => value.is_null(),
            Self::Postgres(value) => value.is_null(),
        }
    }
}
