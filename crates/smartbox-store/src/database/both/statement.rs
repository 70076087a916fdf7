//! Prepared statements that are held by hand: there are none. The drivers prepare and keep what is asked again.

use sqlx::query::{Query, QueryAs, QueryScalar};
use sqlx::{ColumnIndex, Either, Error, FromRow, IntoArguments, SqlStr};

use super::{Arguments, Both, Column, Row, TypeInfo};

/// No value of this type exists.
#[derive(Clone, Debug)]
pub(crate) enum Statement {}

impl ColumnIndex<Statement> for usize {
    fn index(&self, statement: &Statement) -> Result<usize, Error> {
        match *statement {}
    }
}

impl ColumnIndex<Statement> for &str {
    fn index(&self, statement: &Statement) -> Result<usize, Error> {
        match *statement {}
    }
}

impl sqlx::Statement for Statement {
    type Database = Both;

    fn into_sql(self) -> SqlStr {
        match self {}
    }

    fn sql(&self) -> &SqlStr {
        match *self {}
    }

    fn parameters(&self) -> Option<Either<&[TypeInfo], usize>> {
        match *self {}
    }

    fn columns(&self) -> &[Column] {
        match *self {}
    }

    fn query(&self) -> Query<'_, Both, Arguments> {
        match *self {}
    }

    fn query_with<A: IntoArguments<Both>>(&self, _arguments: A) -> Query<'_, Both, A> {
        match *self {}
    }

    fn query_as<O>(&self) -> QueryAs<'_, Both, O, Arguments>
    where
        O: for<'r> FromRow<'r, Row>,
    {
        match *self {}
    }

    fn query_as_with<'s, O, A>(&'s self, _arguments: A) -> QueryAs<'s, Both, O, A>
    where
        O: for<'r> FromRow<'r, Row>,
        A: IntoArguments<Both>,
    {
        match *self {}
    }

    fn query_scalar<O>(&self) -> QueryScalar<'_, Both, O, Arguments>
    where
        (O,): for<'r> FromRow<'r, Row>,
    {
        match *self {}
    }

    fn query_scalar_with<'s, O, A>(&'s self, _arguments: A) -> QueryScalar<'s, Both, O, A>
    where
        (O,): for<'r> FromRow<'r, Row>,
        A: IntoArguments<Both>,
    {
        match *self {}
    }
}
