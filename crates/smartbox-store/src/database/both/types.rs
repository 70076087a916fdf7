//! The types of columns, and the Rust types that go into them and come out.

use std::fmt;

use sqlx::decode::Decode;
use sqlx::encode::{Encode, IsNull};
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgTypeInfo, PgValueRef};
use sqlx::sqlite::SqliteTypeInfo;
use sqlx::{Postgres, Sqlite, Type, TypeInfo as _, ValueRef as _};

use super::{Argument, Both, ValueRef};

/// The type of a value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TypeInfo {
    /// Of one that is bound.
    Bound(Kind),
    /// Of one that SQLite has returned.
    Sqlite(SqliteTypeInfo),
    /// Of one that PostgreSQL has returned.
    Postgres(PgTypeInfo),
}

/// The types that both databases know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Bool,
    Bigint,
    Text,
    Bytes,
}

impl Kind {
    const fn null(self) -> Argument {
        match self {
            Self::Bool => Argument::Bool(None),
            Self::Bigint => Argument::Bigint(None),
            Self::Text => Argument::Text(None),
            Self::Bytes => Argument::Bytes(None),
        }
    }
}

impl sqlx::TypeInfo for TypeInfo {
    fn is_null(&self) -> bool {
        match self {
            Self::Bound(_) => false,
            Self::Sqlite(info) => info.is_null(),
            Self::Postgres(info) => info.is_null(),
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Bound(Kind::Bool) => "boolean",
            Self::Bound(Kind::Bigint) => "bigint",
            Self::Bound(Kind::Text) => "text",
            Self::Bound(Kind::Bytes) => "bytes",
            Self::Sqlite(info) => info.name(),
            Self::Postgres(info) => info.name(),
        }
    }
}

impl fmt::Display for TypeInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A Rust type of a column: bound as an argument of `$kind`, read as the driver of the database reads it.
macro_rules! column_type {
    ($rust:ty, $kind:ident) => {
        column_type!(
            $rust,
            $kind,
            <$rust as Type<Postgres>>::compatible,
            <$rust as Decode<Postgres>>::decode
        );
    };
    ($rust:ty, $kind:ident, $fits:expr, $decode:expr) => {
        impl Type<Both> for $rust {
            fn type_info() -> TypeInfo {
                TypeInfo::Bound(Kind::$kind)
            }

            fn compatible(info: &TypeInfo) -> bool {
                match info {
                    TypeInfo::Bound(kind) => *kind == Kind::$kind,
                    TypeInfo::Sqlite(info) => <Self as Type<Sqlite>>::compatible(info),
                    TypeInfo::Postgres(info) => $fits(info),
                }
            }
        }

        impl<'r> Decode<'r, Both> for $rust {
            fn decode(value: ValueRef<'r>) -> Result<Self, BoxDynError> {
                match value {
                    ValueRef::Sqlite(value) => <Self as Decode<'r, Sqlite>>::decode(value),
                    ValueRef::Postgres(value) => $decode(value),
                }
            }
        }

        impl Encode<'_, Both> for $rust {
            fn encode_by_ref(&self, buffer: &mut Vec<Argument>) -> Result<IsNull, BoxDynError> {
                buffer.push(Argument::$kind(Some(ToOwned::to_owned(self))));
                Ok(IsNull::No)
            }
        }
    };
}

column_type!(bool, Bool);
column_type!(i64, Bigint, is_whole, whole);
column_type!(String, Text);
column_type!(Vec<u8>, Bytes);

/// A number that stands in a query is no `bigint` on PostgreSQL.
fn is_whole(info: &PgTypeInfo) -> bool {
    <i64 as Type<Postgres>>::compatible(info) || <i32 as Type<Postgres>>::compatible(info)
}

fn whole(value: PgValueRef<'_>) -> Result<i64, BoxDynError> {
    if <i32 as Type<Postgres>>::compatible(&value.type_info()) {
        <i32 as Decode<Postgres>>::decode(value).map(i64::from)
    } else {
        <i64 as Decode<Postgres>>::decode(value)
    }
}

impl Type<Both> for str {
    fn type_info() -> TypeInfo {
        TypeInfo::Bound(Kind::Text)
    }

    fn compatible(info: &TypeInfo) -> bool {
        <String as Type<Both>>::compatible(info)
    }
}

impl Encode<'_, Both> for &str {
    fn encode_by_ref(&self, buffer: &mut Vec<Argument>) -> Result<IsNull, BoxDynError> {
        buffer.push(Argument::Text(Some((*self).to_owned())));
        Ok(IsNull::No)
    }
}

impl<'q, T> Encode<'q, Both> for Option<T>
where
    T: Encode<'q, Both> + Type<Both>,
{
    fn encode_by_ref(&self, buffer: &mut Vec<Argument>) -> Result<IsNull, BoxDynError> {
        if let Some(value) = self {
            return value.encode_by_ref(buffer);
        }
        let TypeInfo::Bound(kind) = T::type_info() else { return Err("a bound value has no type".into()) };
        // PostgreSQL wants to know of which type a null is.
        buffer.push(kind.null());
        Ok(IsNull::Yes)
    }
}
