//! Calls of models, read as lines of a log.

use std::time::Duration;

use jiff::Timestamp;
use smartbox_store::{ModelCall, Smartbox};

use super::parts::{Line, Piece, one_line};
use crate::{Control, Error};

/// Nano-dollars of a dollar.
const NANOS: u64 = 1_000_000_000;

impl Control {
    /// A piece of the log of calls. Its positions are those in the list of calls.
    pub(super) async fn calls(
        &self,
        smartbox: &Smartbox,
        from: Option<u64>,
        tail_lines: u32,
    ) -> Result<Piece, Error> {
        let store = self.inner.store.org(smartbox.org);
        let calls = match from {
            Some(from) => {
                store.model_calls_after(smartbox.id, i64::try_from(from).unwrap_or(i64::MAX)).await?
            }
            // One, so that there is a position behind it.
            None => store.last_model_calls(smartbox.id, tail_lines.max(1)).await?,
        };
        let newest = calls.last().and_then(|(position, _)| u64::try_from(*position).ok());
        let lines = calls.iter().map(|(_, call)| line(call));
        let wanted = if from.is_none() && tail_lines == 0 { 0 } else { calls.len() };
        Ok(Piece { lines: lines.take(wanted).collect(), next: newest.or(from).unwrap_or(0) })
    }
}

/// A call by the time of its end: when it was put down. Nothing of what was said.
fn line(call: &ModelCall) -> Line {
    let at = ended(call);
    let who = call.via.as_deref().unwrap_or("box");
    let provider = call.provider.as_deref().unwrap_or("nobody");
    let facts = serde_json::json!({
        "status": call.status,
        "code": call.code,
        "input": call.tokens.input,
        "output": call.tokens.output,
        "cache_read": call.tokens.cache_read,
        "cache_write": call.tokens.cache_write,
        "is_estimated": call.is_estimated,
        "is_cached": call.is_cached,
        "usd": dollars(call.nanos),
        "ms": call.duration_ms,
    });
    let text = format!("{at} model.call {who}: {} of {provider} {} {facts}", call.model, call.outcome);
    Line { at: Some(at), text: one_line(&text) }
}

fn ended(call: &ModelCall) -> Timestamp {
    call.at.checked_add(Duration::from_millis(call.duration_ms)).unwrap_or(call.at)
}

/// Exact, as a decimal number.
fn dollars(nanos: u64) -> String {
    format!("{}.{:09}", nanos / NANOS, nanos % NANOS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_exact() {
        assert_eq!(dollars(0), "0.000000000");
        assert_eq!(dollars(12_345_000_001), "12.345000001");
    }
}
