//! A write transaction, and the span of it where somebody traces.

use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::panic::Location;

use smartbox_core::trace;
use tokio::time::Instant;
use tracing::field::Empty;
use tracing::{Level, Span};

use super::{Connection, Database, Db};
use crate::Error;

/// A write transaction. Dropped without a commit, it never happened.
pub(crate) struct Tx {
    inner: sqlx::Transaction<'static, Db>,
    /// Ends with the transaction, however that ends.
    span: Span,
}

impl Tx {
    /// Makes it happen.
    pub(crate) async fn commit(self) -> Result<(), sqlx::Error> {
        let committed = self.inner.commit().await;
        self.span.record("smartbox.committed", committed.is_ok());
        committed
    }
}

impl Deref for Tx {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.inner
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.inner
    }
}

impl Database {
    /// Begins a write transaction, when it is this caller's turn.
    #[track_caller]
    pub(crate) fn write(&self) -> impl Future<Output = Result<Tx, Error>> + Send {
        self.begin_traced(self.begin.durable, Location::caller())
    }

    /// Begins a write transaction of what means nothing after the machine has lost its power, such as a promise to a call that is gone
    /// then as well. Its commit does not wait for the disk. It survives the end of the process, and is never seen without what was
    /// committed before it; the next commit of [`Self::write`] takes it to the disk.
    #[track_caller]
    pub(crate) fn write_fleeting(&self) -> impl Future<Output = Result<Tx, Error>> + Send {
        self.begin_traced(self.begin.fleeting, Location::caller())
    }

    async fn begin_traced(&self, statement: &'static str, caller: &Location<'static>) -> Result<Tx, Error> {
        let span = span(caller);
        let asked = Instant::now();
        let inner = self.begin_with(statement).await?;
        if !span.is_disabled() {
            let waited = i64::try_from(asked.elapsed().as_millis()).unwrap_or(i64::MAX);
            span.record("smartbox.waited_ms", waited);
        }
        Ok(Tx { inner, span })
    }
}

/// A span within that of whoever asks. What nobody asked for, such as a look of a loop, has none: there are many of these, each alone.
fn span(caller: &Location<'static>) -> Span {
    let is_traced = tracing::enabled!(target: trace::TARGET, Level::TRACE);
    if !is_traced || Span::current().is_none() {
        return Span::none();
    }
    let module = module(caller.file());
    tracing::trace_span!(
        target: trace::TARGET, "transaction", otel.name = format!("transaction {module}"),
        code.file.path = module, code.line.number = i64::from(caller.line()),
        smartbox.waited_ms = Empty, smartbox.committed = Empty,
    )
}

/// The place of a file within its crate, without its ending: no place of the machine that built it.
fn module(file: &str) -> &str {
    let within = file.rsplit_once("src/").map_or(file, |(_, within)| within);
    within.strip_suffix(".rs").unwrap_or(within)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_is_called_by_its_place_in_the_crate() {
        assert_eq!(module("crates/smartbox-store/src/org/models.rs"), "org/models");
        assert_eq!(module("/home/a/src/b/crates/smartbox-store/src/org.rs"), "org");
    }
}
