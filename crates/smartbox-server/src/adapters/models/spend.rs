//! Money: the ledger gives room and takes it back.

use std::sync::{Arc, OnceLock};

use smartbox_control::{Control, ModelSpent, Reservation as Room, SpendRefused};
use smartbox_egress::{Ask, Denied, Reservation, Spend, Spent};

/// Spending goes through control.
pub(super) struct LedgerSpend(pub(super) Arc<OnceLock<Control>>);

#[async_trait::async_trait]
impl Spend for LedgerSpend {
    async fn reserve(&self, ask: &Ask) -> Result<Reservation, Denied> {
        let control = self.0.get().ok_or(Denied::Unavailable)?;
        let room = control.reserve_spend(ask.box_id, ask.tokens, ask.nanos).await.map_err(denied)?;
        Ok(Reservation(Arc::new(room)))
    }

    async fn settle(&self, reservation: &Reservation, spent: &Spent) -> Result<(), String> {
        let Some(control) = self.0.get() else { return Err("the platform is not ready".to_owned()) };
        // Nobody else makes any.
        let Some(room) = reservation.0.downcast_ref::<Room>() else { return Ok(()) };
        let spent = ModelSpent {
            model: spent.model.clone(),
            provider: spent.provider.clone(),
            input: spent.tokens.input,
            output: spent.tokens.output,
            cache_read: spent.tokens.cache_read,
            cache_write: spent.tokens.cache_write,
            nanos: spent.nanos,
        };
        // What the database does not take now is kept there and put down later.
        if let Err(error) = control.settle_spend(room.clone(), spent).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "what a model call has cost waits");
        }
        Ok(())
    }
}

fn denied(refused: SpendRefused) -> Denied {
    match refused {
        SpendRefused::Over { what, scope, current, limit, resets_at, message } => Denied::Over {
            what: what.to_string(),
            scope: scope.as_str().to_owned(),
            current: current.to_string(),
            limit: limit.to_string(),
            resets_at: Some(resets_at),
            message,
        },
        SpendRefused::Unavailable => Denied::Unavailable,
    }
}
