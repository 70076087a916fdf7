//! What an answer cost in tokens, read while it passes.

mod estimate;
mod events;
mod json;
mod meter;

pub(crate) use estimate::{input_tokens, input_tokens_max, output_tokens};
pub(crate) use meter::AnswerMeter;
use smartbox_core::models::Tokens;

/// Counts as a vendor reports them: each the highest that was seen, because both vendors report sums that grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reported {
    /// Anthropic's and the Responses API's `input_tokens`, Chat Completions' `prompt_tokens`.
    pub(crate) input: Option<u64>,
    /// `output_tokens` or `completion_tokens`.
    pub(crate) output: Option<u64>,
    /// OpenAI's `cached_tokens`, which are part of `input`.
    pub(crate) cached: Option<u64>,
    /// Anthropic's `cache_read_input_tokens`, which are not.
    pub(crate) cache_read: Option<u64>,
    /// Anthropic's `cache_creation_input_tokens`, which are not either.
    pub(crate) cache_write: Option<u64>,
    /// Of these, `ephemeral_1h_input_tokens`: kept for an hour.
    pub(crate) cache_write_hour: Option<u64>,
}

impl Reported {
    /// Whether anything was reported.
    pub(crate) fn is_some(&self) -> bool {
        *self != Self::default()
    }

    pub(crate) fn merge(&mut self, other: Self) {
        // `None` is less than any number.
        self.input = self.input.max(other.input);
        self.output = self.output.max(other.output);
        self.cached = self.cached.max(other.cached);
        self.cache_read = self.cache_read.max(other.cache_read);
        self.cache_write = self.cache_write.max(other.cache_write);
        self.cache_write_hour = self.cache_write_hour.max(other.cache_write_hour);
    }

    /// The same in kinds that do not overlap; what was not reported counts as none.
    pub(crate) fn tokens(&self) -> Tokens {
        let cached = self.cached.unwrap_or(0);
        Tokens {
            input: self.input.unwrap_or(0).saturating_sub(cached),
            output: self.output.unwrap_or(0),
            cache_read: self.cache_read.unwrap_or(0).max(cached),
            cache_write: self.cache_write.max(self.cache_write_hour).unwrap_or(0),
        }
    }
}

/// For `fuzz/`: an event stream in any pieces never makes the meter fail, grow, or see other counts.
#[cfg(feature = "fuzzing")]
pub mod fuzzing {
    use bytes::Bytes;

    use super::meter::AnswerMeter;
    use crate::gateway::Endpoint;

    /// Reads the stream in pieces of these sizes; answers what was relayed, and the counts as text.
    pub fn model_stream(stream: &[u8], sizes: &[u8], strips: bool, is_events: bool) -> (Vec<u8>, String) {
        let mut meter = AnswerMeter::new(Endpoint::ChatCompletions, is_events, strips);
        let (mut relayed, mut rest, mut sizes) = (Vec::new(), stream, sizes.iter().cycle());
        while !rest.is_empty() {
            let size = usize::from(*sizes.next().unwrap_or(&255)).clamp(1, rest.len());
            let (piece, after) = rest.split_at(size);
            relayed.extend_from_slice(&meter.pass(Bytes::copy_from_slice(piece)));
            rest = after;
            assert!(meter.held_bytes() <= super::meter::HELD_BYTES_MAX);
        }
        relayed.extend_from_slice(&meter.finish());
        (relayed, format!("{:?} {}", meter.reported(), meter.text_bytes()))
    }
}
