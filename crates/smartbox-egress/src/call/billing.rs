//! What a call costs, and by which counts.

use http::StatusCode;
use jiff::Timestamp;
use smartbox_core::models::{Tariff, Tokens};

use super::Outcome;
use crate::ports::Reservation;
use crate::usage::{self, AnswerMeter, Reported};

/// Counts beyond this are no counts: ten times what the largest known model takes.
const COUNT_MAX: u64 = 10_000_000;
/// Bytes of text that no token is longer than on average. Whoever reports fewer tokens than that for its text does not count.
const BYTES_OF_TOKEN_MAX: u64 = 32;

/// What is needed to say in the end what a call has cost.
#[derive(Debug, Default)]
pub(crate) struct Billing {
    /// The token it came with.
    pub(crate) via: Option<String>,
    /// When it came.
    pub(crate) at: Timestamp,
    /// The beginning of what was said, if it is to be kept.
    pub(crate) prompt: Option<String>,
    /// The model that is asked, which is not the one that the caller named where that failed.
    pub(crate) model: Option<String>,
    /// What it costs.
    pub(crate) tariff: Tariff,
    /// Bytes of the request that was sent; `None`: none was.
    pub(crate) sent_bytes: Option<u64>,
    /// Counts that are known without an answer that reports any: those of the demo model, which costs nothing.
    pub(crate) counted: Option<Tokens>,
    /// Whether reading costs, and writing: counting tokens costs nothing, and embeddings write nothing.
    pub(crate) is_free: bool,
    /// Whether an earlier answer is given again.
    pub(crate) is_cached: bool,
    /// Room that was given.
    pub(crate) reservation: Option<Reservation>,
    /// Tokens that were taken from the minute's limit for now; `None`: there is none.
    pub(crate) taken: Option<u64>,
}

/// The cost of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Priced {
    pub(crate) tokens: Tokens,
    pub(crate) nanos: u64,
    pub(crate) is_estimated: bool,
}

impl Billing {
    /// What the call has cost, as it ended with this status.
    ///
    /// An answer that was refused costs nothing. One that was counted to its end costs what was counted. One that broke off or was
    /// left costs what was reported until then, and at least what its texts are likely to be. One that nobody counted, or
    /// with counts that cannot be, is estimated.
    pub(crate) fn price(
        &self,
        status: Option<StatusCode>,
        outcome: Outcome,
        meter: Option<&AnswerMeter>,
    ) -> Priced {
        if let Some(tokens) = self.counted {
            return Priced { tokens, nanos: 0, is_estimated: true };
        }
        let Some(sent_bytes) = self.sent_bytes.filter(|_bytes| !self.is_free && !self.is_cached) else {
            return Priced::default();
        };
        let Some(meter) = meter else {
            return match (status, outcome) {
                // The caller left before the answer began: the vendor has read the request all the same.
                (None, Outcome::Abandoned) => self.priced(estimate(sent_bytes, 0), 0, true),
                _ => Priced::default(),
            };
        };
        let (reported, text_bytes) = (meter.reported(), meter.text_bytes());
        let guessed = estimate(sent_bytes, text_bytes);
        let hour = reported.cache_write_hour.unwrap_or(0);
        match credible(reported, text_bytes) {
            None => self.priced(guessed, 0, true),
            Some(tokens) if outcome == Outcome::Complete && reported.output.is_some() => {
                self.priced(tokens, hour, false)
            }
            // Embeddings report what they read, and write nothing.
            Some(tokens) if outcome == Outcome::Complete && text_bytes == 0 => {
                self.priced(tokens, hour, false)
            }
            Some(tokens) => {
                let input = if reported.input.is_some() { tokens.input } else { guessed.input };
                self.priced(Tokens { input, output: tokens.output.max(guessed.output), ..tokens }, hour, true)
            }
        }
    }

    fn priced(&self, tokens: Tokens, hour: u64, is_estimated: bool) -> Priced {
        Priced { tokens, nanos: self.tariff.of(tokens, hour), is_estimated }
    }
}

fn estimate(sent_bytes: u64, text_bytes: u64) -> Tokens {
    Tokens {
        input: usage::input_tokens(sent_bytes),
        output: usage::output_tokens(text_bytes),
        ..Tokens::default()
    }
}

/// The reported counts, if they can be.
fn credible(reported: Reported, text_bytes: u64) -> Option<Tokens> {
    if !reported.is_some() {
        return None;
    }
    let tokens = reported.tokens();
    let counts = [tokens.input, tokens.output, tokens.cache_read, tokens.cache_write];
    let is_too_much = counts.iter().any(|count| *count > COUNT_MAX);
    let is_too_little = reported.output.is_some_and(|output| {
        // A broken stream may not have got to its counts.
        text_bytes > output.saturating_add(16).saturating_mul(BYTES_OF_TOKEN_MAX)
    });
    (!is_too_much && !is_too_little).then_some(tokens)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use smartbox_core::models::{Price, Rates};

    use super::*;
    use crate::gateway::Endpoint;

    fn billing() -> Billing {
        let price = Price { input: 1_000_000, output: 10_000_000, cache_read: 100_000, cache_write: 0 };
        Billing { tariff: price.into(), sent_bytes: Some(400), ..Billing::default() }
    }

    fn meter(answer: &str) -> AnswerMeter {
        let mut meter = AnswerMeter::new(Endpoint::ChatCompletions, false, false);
        meter.pass(Bytes::copy_from_slice(answer.as_bytes()));
        meter.finish();
        meter
    }

    fn cost(answer: &str, outcome: Outcome) -> (u64, u64, u64, bool) {
        let priced = billing().price(Some(StatusCode::OK), outcome, Some(&meter(answer)));
        (priced.tokens.input, priced.tokens.output, priced.nanos, priced.is_estimated)
    }

    #[test]
    fn what_was_counted_to_the_end_is_what_it_costs() {
        let answer = r#"{"usage":{"prompt_tokens":30,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":20}}}"#;
        assert_eq!(cost(answer, Outcome::Complete), (10, 5, 10 + 50 + 2, false));
    }

    #[test]
    fn what_nobody_counted_is_estimated_and_marked() {
        let answer = r#"{"choices":[{"message":{"content":"twelve bytes"}}]}"#;
        assert_eq!(cost(answer, Outcome::Complete), (100, 3, 130, true));
    }

    #[test]
    fn counts_that_cannot_be_are_not_believed() {
        for usage in [
            r#"{"prompt_tokens":99999999999,"completion_tokens":5}"#.to_owned(),
            r#"{"prompt_tokens":1,"completion_tokens":0}"#.to_owned(),
        ] {
            let answer = format!(
                r#"{{"choices":[{{"message":{{"content":"{}"}}}}],"usage":{usage}}}"#,
                "x".repeat(4000)
            );
            assert_eq!(cost(&answer, Outcome::Complete), (100, 1000, 100 + 10_000, true), "{usage}");
        }
    }

    #[test]
    fn an_answer_that_breaks_off_costs_what_was_seen_of_it() {
        let answer =
            r#"{"usage":{"input_tokens":50,"output_tokens":1},"content":[{"text":"0123456789abcdef"}"#;
        for outcome in [Outcome::Broken("upstream_cut"), Outcome::Abandoned] {
            assert_eq!(cost(answer, outcome), (50, 4, 90, true));
        }
    }

    #[test]
    fn what_the_vendor_keeps_for_an_hour_costs_what_an_hour_costs() {
        let price = Price { input: 1_000_000, cache_write: 1_250_000, ..Price::FREE };
        let rates = Rates { price, cache_write_hour: 2_000_000 };
        let billing = Billing { tariff: Tariff { rates, long: None }, ..billing() };
        let answer = r#"{"usage":{"input_tokens":0,"cache_creation_input_tokens":100,"output_tokens":1,
            "cache_creation":{"ephemeral_5m_input_tokens":60,"ephemeral_1h_input_tokens":40}}}"#;
        let priced = billing.price(Some(StatusCode::OK), Outcome::Complete, Some(&meter(answer)));
        assert_eq!((priced.tokens.cache_write, priced.nanos), (100, 75 + 80));
    }

    #[test]
    fn who_leaves_before_the_answer_pays_for_what_was_read_and_a_refusal_costs_nothing() {
        let priced = billing().price(None, Outcome::Abandoned, None);
        assert_eq!((priced.tokens.input, priced.nanos, priced.is_estimated), (100, 100, true));
        for (status, outcome) in
            [(Some(StatusCode::TOO_MANY_REQUESTS), Outcome::Complete), (None, Outcome::Refused("x"))]
        {
            assert_eq!(billing().price(status, outcome, None), Priced::default());
        }
        let unsent = Billing { sent_bytes: None, ..billing() };
        assert_eq!(unsent.price(None, Outcome::Abandoned, None), Priced::default());
    }
}
