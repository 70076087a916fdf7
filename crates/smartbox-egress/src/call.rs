//! One model call: what is known about it, and the one log event it ends in.

mod billing;
mod ended;
mod spans;
mod totals;

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use http_body_util::combinators::UnsyncBoxBody;
use smartbox_core::BoxId;
use smartbox_core::models::Tokens;
use tokio::time::Instant;

pub(crate) use billing::{Billing, Priced};
pub(crate) use ended::{Ended, EndedCalls, Place};

use crate::dialect::Dialect;
use crate::ports::CallRecord;
use crate::usage::AnswerMeter;

pub use totals::CallNumbers;
pub(crate) use totals::CallTotals;

/// Body of every answer. An error ends the connection, so that nobody takes a cut answer for a whole one.
pub type ReplyBody = UnsyncBoxBody<Bytes, io::Error>;

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

/// A call under way. Dropping it writes its log event and hands over what it cost: once, however the call ends.
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
    pub(crate) billing: Billing,
    /// Reads the counts of the answer.
    pub(crate) meter: Option<AnswerMeter>,
    /// Where the end of this call is told, if anybody is to know.
    place: Option<Place>,
    totals: Arc<CallTotals>,
    /// Ends with the call, and is nothing where nobody traces.
    pub(crate) span: tracing::Span,
}

impl Call {
    /// A call that has just arrived.
    pub(crate) fn begin(box_id: BoxId, dialect: Dialect, path: &'static str, place: Option<Place>) -> Self {
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
            billing: Billing::default(),
            meter: None,
            place,
            totals: Arc::default(),
            span: spans::begin(box_id),
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

    fn words(&self) -> (&'static str, Option<&'static str>) {
        match self.outcome {
            Outcome::Complete => ("complete", None),
            Outcome::Refused(code) => ("refused", Some(code)),
            Outcome::Broken(code) => ("broken", Some(code)),
            Outcome::Abandoned => ("abandoned", None),
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.totals.ended(self.outcome, self.status, self.began.elapsed());
        let (outcome, code) = self.words();
        let duration_ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let status = self.status.map(|status| status.as_u16());
        let priced = self.billing.price(self.status, self.outcome, self.meter.as_ref());
        self.totals.priced(&priced);
        spans::end(self, &priced);
        let Priced { tokens: Tokens { input, output, cache_read, cache_write }, nanos, is_estimated } =
            priced;
        tracing::info!(
            box_id = %self.box_id,
            dialect = %self.dialect,
            path = self.path,
            // Quoted, because the box chose it: no line break of its making reaches the log.
            model = ?self.model,
            upstream = self.upstream,
            status,
            outcome,
            code,
            answered_bytes = self.answered_bytes,
            input,
            output,
            cache_read,
            cache_write,
            nanos,
            is_estimated,
            duration_ms,
            "model call"
        );
        let Some(place) = self.place.take() else { return };
        let record = CallRecord {
            box_id: self.box_id,
            via: self.billing.via.take(),
            at: self.billing.at,
            dialect: self.dialect,
            path: self.path,
            model: std::mem::take(&mut self.model),
            provider: self.upstream.take(),
            status,
            outcome,
            code,
            tokens: priced.tokens,
            nanos,
            is_estimated,
            is_cached: self.billing.is_cached,
            duration_ms,
            prompt: self.billing.prompt.take(),
        };
        let model = self.billing.model.take();
        place.tell(Ended {
            record,
            model,
            reservation: self.billing.reservation.take(),
            taken: self.billing.taken,
        });
    }
}
