//! What is bound to a query, before it is known which database it goes to.

use sqlx::encode::Encode;
use sqlx::error::BoxDynError;
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use sqlx::{IntoArguments, Type};

use super::Both;

/// A value in one of the column types that both databases know; `None` is null.
#[derive(Clone, Debug)]
pub(crate) enum Argument {
    Bool(Option<bool>),
    Bigint(Option<i64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
}

/// A text that PostgreSQL cannot keep. It is refused for SQLite as well, so that both know the same texts.
#[derive(Debug, thiserror::Error)]
#[error("a text has the character U+0000, which cannot be kept")]
pub(crate) struct ZeroByte;

/// The values of one query, in order.
#[derive(Debug, Default)]
pub(crate) struct Arguments(Vec<Argument>);

impl sqlx::Arguments for Arguments {
    type Database = Both;

    fn reserve(&mut self, additional: usize, _size: usize) {
        self.0.reserve(additional);
    }

    fn add<'t, T>(&mut self, value: T) -> Result<(), BoxDynError>
    where
        T: Encode<'t, Both> + Type<Both>,
    {
        let _is_null = value.encode(&mut self.0)?;
        Ok(())
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}

impl IntoArguments<Both> for Arguments {
    fn into_arguments(self) -> Self {
        self
    }
}

/// Into the arguments of one of the drivers.
macro_rules! into_arguments {
    ($driver:ty) => {
        impl TryFrom<Arguments> for $driver {
            type Error = BoxDynError;

            fn try_from(arguments: Arguments) -> Result<Self, BoxDynError> {
                let mut made = Self::default();
                for argument in arguments.0 {
                    match argument {
                        Argument::Bool(value) => sqlx::Arguments::add(&mut made, value),
                        Argument::Bigint(value) => sqlx::Arguments::add(&mut made, value),
                        // Not when it is bound: sqlx forgets why that failed when the next value is.
                        Argument::Text(Some(text)) if text.contains('\0') => return Err(ZeroByte.into()),
                        Argument::Text(value) => sqlx::Arguments::add(&mut made, value),
                        Argument::Bytes(value) => sqlx::Arguments::add(&mut made, value),
                    }?;
                }
                Ok(made)
            }
        }
    };
}

into_arguments!(SqliteArguments);
into_arguments!(PgArguments);
