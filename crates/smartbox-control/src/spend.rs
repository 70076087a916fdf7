//! Spending: set aside before it is spent, and put down as what it really was.

use jiff::Timestamp;
use smartbox_core::ledger::{Measure, Scope};
use smartbox_core::{BoxId, SpendId};

use crate::{Control, Error};

/// Something that was set aside for one call of a model. To be given back to [`Control::settle_spend`], however the call ends;
/// one that is not is worth nothing any more after a while.
#[derive(Debug)]
#[must_use = "what is set aside is missing to others until it is settled"]
pub struct Reservation {
    pub(crate) id: SpendId,
    pub(crate) box_id: BoxId,
}

impl Reservation {
    /// Its identity: what is settled under it is billed once.
    pub const fn id(&self) -> SpendId {
        self.id
    }

    /// Whose it is.
    pub const fn box_id(&self) -> BoxId {
        self.box_id
    }
}

/// What a call of a model has used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelSpent {
    /// The model that answered.
    pub model: String,
    /// Who serves it.
    pub provider: String,
    /// Tokens read, cached ones left out.
    pub input: u64,
    /// Tokens written.
    pub output: u64,
    /// Tokens that came out of the provider's cache.
    pub cache_read: u64,
    /// Tokens that were put into it.
    pub cache_write: u64,
    /// The price of it all, in nano-dollars (1e-9 USD).
    pub nanos: u64,
}

/// Why nothing can be spent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpendRefused {
    /// A budget or the plan does not allow it.
    #[error("{message}")]
    Over {
        /// Of what it would be too much.
        what: Measure,
        /// Whose limit it is.
        scope: Scope,
        /// How much is spent or set aside already, in the measure's own unit.
        current: u64,
        /// How much there may be.
        limit: u64,
        /// When counting begins anew.
        resets_at: Timestamp,
        /// All of it in a sentence for people and agents.
        message: String,
    },
    /// Nobody can say now. A box that has limits spends nothing meanwhile.
    #[error("what may be spent cannot be looked up now; try again")]
    Unavailable,
}

impl Control {
    /// Sets aside what one call of a model may use at most. Must be settled, also when the call fails.
    ///
    /// # Errors
    /// [`SpendRefused::Over`] when it does not fit into what is left, [`SpendRefused::Unavailable`] when the database does not answer.
    #[expect(
        clippy::unused_async,
        reason = "the seam for the AI gateway; what is behind it follows, and until then nothing is granted"
    )]
    pub async fn reserve_spend(
        &self,
        _box_id: BoxId,
        _tokens: u64,
        _nanos: u64,
    ) -> Result<Reservation, SpendRefused> {
        Err(SpendRefused::Unavailable)
    }

    /// Puts down what a call has used, and gives back the rest of what was set aside, both or neither. Once for each reservation:
    /// asked again, it does nothing.
    ///
    /// # Errors
    /// Nothing was put down; try again with the same reservation.
    #[expect(clippy::unused_async, reason = "see `reserve_spend`")]
    pub async fn settle_spend(&self, _reservation: &Reservation, _spent: &ModelSpent) -> Result<(), Error> {
        Err(Error::internal("not reserved"))
    }
}
