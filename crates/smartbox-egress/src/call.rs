//! One model call: what is known about it, and the one log event it ends in.

mod totals;

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use http_body_util::combinators::UnsyncBoxBody;
use smartbox_core::BoxId;
use tokio::time::Instant;

use crate::dialect::Dialect;

pub use totals::CallNumbers;
pub(crate) use totals::CallTotals;

/// Body of every answer. An error ends the connection, so that nobody takes a cut answer for a whole one.
pub(crate) type ReplyBody = UnsyncBoxBody<Bytes, io::Error>;

/// Longest model id that is logged; ids come from the box.
const LOGGED_MODEL_CHARS_MAX: usize = 128;

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The answer, good or bad, was handed over whole.
    Complete,
    /// The gateway itself answered.
    Refused(&'static str),
    /// The upstream failed after its answer had begun.
    Broken(&'static str),
    /// Nobody waited for the answer any more.
    Abandoned,
}

/// A call under way. Dropping it writes its log event: once, however the call ends.
#[derive(Debug)]
pub(crate) struct Call {
    box_id: BoxId,
    dialect: Dialect,
    path: &'static str,
    model: String,
    upstream: Option<String>,
    status: Option<StatusCode>,
    outcome: Outcome,
    answered_bytes: u64,
    began: Instant,
    totals: Arc<CallTotals>,
}

impl Call {
    /// A call that has just arrived.
    pub(crate) fn begin(box_id: BoxId, dialect: Dialect, path: &'static str) -> Self {
        Self {
            box_id,
            dialect,
            path,
            model: String::new(),
            upstream: None,
            status: None,
            outcome: Outcome::Abandoned,
            answered_bytes: 0,
            began: Instant::now(),
            totals: Arc::default(),
        }
    }

    /// Adds it to these when it ends.
    pub(crate) fn counted_in(mut self, totals: &Arc<CallTotals>) -> Self {
        self.totals = Arc::clone(totals);
        self
    }

    /// The model that is asked for, in the caller's words.
    pub(crate) fn asks_for(&mut self, model: &str) {
        self.model = model.chars().take(LOGGED_MODEL_CHARS_MAX).collect();
    }

    /// Who answers.
    pub(crate) fn goes_to(&mut self, upstream: &str) {
        self.upstream = Some(upstream.to_owned());
    }

    /// The status that is answered.
    pub(crate) fn answers(&mut self, status: StatusCode) {
        self.status = Some(status);
    }

    /// Counts a piece of the answer.
    pub(crate) fn relays(&mut self, bytes: u64) {
        self.answered_bytes = self.answered_bytes.saturating_add(bytes);
    }

    /// How the call ends. Unless this is called, it counts as abandoned.
    pub(crate) fn ends(&mut self, outcome: Outcome) {
        self.outcome = outcome;
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.totals.ended(self.outcome, self.status, self.began.elapsed());
        let (outcome, code) = match self.outcome {
            Outcome::Complete => ("complete", None),
            Outcome::Refused(code) => ("refused", Some(code)),
            Outcome::Broken(code) => ("broken", Some(code)),
            Outcome::Abandoned => ("abandoned", None),
        };
        tracing::info!(
            box_id = %self.box_id,
            dialect = %self.dialect,
            path = self.path,
            // Quoted, because the box chose it: no line break of its making reaches the log.
            model = ?self.model,
            upstream = self.upstream,
            status = self.status.map(|status| status.as_u16()),
            outcome,
            code,
            answered_bytes = self.answered_bytes,
            duration_ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX),
            "model call"
        );
    }
}
