//! Money: whoever counts it gives room and takes it back.

use std::sync::{Arc, OnceLock};

use smartbox_control::Control;
use smartbox_egress::{Ask, Denied, Reservation, Spend, Spent};

/// Nobody limits spending yet: the ledger's seam (`Control::reserve_spend`) goes here.
pub(super) struct LedgerSpend(pub(super) Arc<OnceLock<Control>>);

#[async_trait::async_trait]
impl Spend for LedgerSpend {
    async fn reserve(&self, _ask: &Ask) -> Result<Reservation, Denied> {
        self.0.get().ok_or(Denied::Unavailable)?;
        Ok(Reservation(Arc::new(())))
    }

    async fn settle(&self, _reservation: &Reservation, _spent: &Spent) -> Result<(), String> {
        Ok(())
    }
}
