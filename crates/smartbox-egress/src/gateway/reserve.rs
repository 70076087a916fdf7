//! Room for what a call can cost, before anybody is asked.

use jiff::tz::TimeZone;
use smartbox_core::models::Tariff;

use super::answer::Read;
use super::choose::Attempt;
use super::{AiGateway, Caller, Endpoint};
use crate::call::Call;
use crate::catalog;
use crate::ports::{Ask, Denied};
use crate::refusal::Refusal;
use crate::upstream::Upstream;
use crate::usage;

/// How Anthropic's clients ask for something to be kept for an hour: `"ttl": "1h"`.
const AN_HOUR: &[u8] = b"\"1h\"";

impl AiGateway {
    /// Asks for room for the most that the call can cost, whoever answers it in the end.
    pub(super) async fn reserve(
        &self,
        caller: &Caller,
        endpoint: Endpoint,
        read: &Read,
        attempts: &[Attempt],
        call: &mut Call,
    ) -> Result<(), Refusal> {
        let body = read.held.bytes();
        let bytes = body.len() as u64;
        let may_last = memchr::memmem::find(&body, AN_HOUR).is_some();
        let mut ask = Ask { box_id: caller.id, tokens: 0, nanos: 0 };
        for attempt in attempts {
            let id = attempt.model.as_deref().or(read.asked.model.as_deref()).unwrap_or_default();
            let listed = attempt.upstream.model(id).cloned();
            let model = listed
                .or_else(|| catalog::find(endpoint.dialect(), id))
                .unwrap_or_else(|| catalog::unknown(endpoint.dialect(), id));
            let input = usage::input_tokens_max(bytes, model.context_window);
            let longest = u64::from(model.output_tokens_max).saturating_mul(read.asked.answers);
            let output = match endpoint {
                Endpoint::Embeddings => 0,
                _ => read.asked.output_max.unwrap_or(longest),
            };
            ask.tokens = ask.tokens.max(input.saturating_add(output));
            let tariff = self.tariff(&attempt.upstream, id);
            ask.nanos = ask.nanos.max(tariff.at_most(input, output, may_last));
        }
        self.set_aside(&ask, call).await
    }

    /// Asks for room. Where nobody counts, there is room.
    pub(super) async fn set_aside(&self, ask: &Ask, call: &mut Call) -> Result<(), Refusal> {
        let Some(ports) = self.inner.ports.as_ref().filter(|_ports| !call.billing.is_free) else {
            return Ok(());
        };
        match ports.spend.reserve(ask).await {
            Ok(reservation) => {
                call.billing.reservation = Some(reservation);
                Ok(())
            }
            Err(Denied::Unavailable) => Err(Refusal::SpendUnknown),
            Err(Denied::Over { what, scope, current, limit, resets_at, message }) => {
                tracing::info!(box_id = %ask.box_id, %what, %scope, %current, %limit, "a model call is over its budget");
                let wait = resets_at.map(|at| at.as_second().saturating_sub(self.now().as_second()));
                let wait = wait.and_then(|secs| u64::try_from(secs).ok());
                Err(Refusal::OverBudget { message, resets_at, wait })
            }
        }
    }

    pub(super) fn tariff(&self, upstream: &Upstream, model: &str) -> Tariff {
        let Some(ports) = &self.inner.ports else { return Tariff::default() };
        upstream.price(model, &ports.prices, self.now().to_zoned(TimeZone::UTC).date())
    }
}
