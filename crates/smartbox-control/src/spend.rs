//! Spending: set aside before it is spent, and put down as what it really was.
//!
//! Where nothing limits a box, which the published picture says, nothing is asked of the database before a call. Else calls that come
//! together are decided in one transaction (`spend/desk.rs`).

mod bytes;
mod desk;
pub(crate) mod words;

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use smartbox_core::ledger::{Ask, Measure, Scope};
use smartbox_core::{BoxId, SpendId};
use smartbox_store::{Granted, NewEvent, Reached, Settled, SpendAsk, SpendBlock, Spent, SystemActor};

use crate::entropy::id_parts;
use crate::{Control, Error};
use desk::Desk;

/// Who acts here.
const ACTOR: &str = "spend";
/// What is set aside for this long and not settled is worth nothing any more. Three times as long as a model may take for a whole
/// answer (`docs/limits.md`).
pub(crate) const RESERVATION_TTL: Duration = Duration::from_mins(30);
/// Ended calls that are kept until the database takes them. What comes then is logged and not billed.
const OWED_MAX: usize = 10_000;

/// Something that was set aside for one call of a model. To be given back to [`Control::settle_spend`], however the call ends;
/// one that is not is worth nothing any more after half an hour.
#[derive(Clone, Debug)]
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

/// What is asked of the database, and what is still to be told it.
pub(crate) struct Spending {
    reserving: Desk<SpendAsk, Option<Result<Granted, SpendBlock>>>,
    settling: Desk<Settled, bool>,
    owed: Mutex<VecDeque<Settled>>,
}

impl Default for Spending {
    fn default() -> Self {
        Self { reserving: Desk::asking(), settling: Desk::telling(), owed: Mutex::default() }
    }
}

impl Spending {
    fn owed(&self) -> MutexGuard<'_, VecDeque<Settled>> {
        self.owed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Control {
    /// Sets aside what one call of a model may use at most. Must be settled, also when the call fails.
    ///
    /// # Errors
    /// [`SpendRefused::Over`] when it does not fit into what is left, [`SpendRefused::Unavailable`] when the database does not answer.
    pub async fn reserve_spend(
        &self,
        box_id: BoxId,
        tokens: u64,
        nanos: u64,
    ) -> Result<Reservation, SpendRefused> {
        let now = self.inner.clock.now();
        let (at, random) = id_parts(&*self.inner.entropy, now);
        let reservation = Reservation { id: SpendId::from_parts(at, random), box_id };
        if self.is_unlimited(box_id) {
            return Ok(reservation);
        }
        let ask = Ask { bytes: 0, tokens, nanos };
        let expires_at =
            now.checked_add(RESERVATION_TTL).map_err(|_end_of_time| SpendRefused::Unavailable)?;
        let asked = SpendAsk { id: reservation.id, box_id, ask, expires_at };
        let answer = self.inner.spending.reserving.ask(asked, |asks| self.reserve(asks)).await;
        match answer.flatten() {
            Some(Ok(_granted)) => Ok(reservation),
            Some(Err(block)) => Err(refused(&block, &ask)),
            None => Err(SpendRefused::Unavailable),
        }
    }

    async fn reserve(&self, asks: Vec<SpendAsk>) -> Vec<Option<Result<Granted, SpendBlock>>> {
        let fleet = self.inner.store.fleet(SystemActor::new(ACTOR));
        match fleet.reserve(&asks, self.inner.clock.now()).await {
            Ok(answers) => answers.into_iter().map(Some).collect(),
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "nothing could be set aside");
                asks.iter().map(|_| None).collect()
            }
        }
    }

    /// Puts down what a call has used, and gives back the rest of what was set aside, both or neither. Once for each reservation:
    /// settled again, it counts nothing.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database does not take it. It is kept and put down later; settling again does no harm.
    pub async fn settle_spend(&self, reservation: Reservation, spent: ModelSpent) -> Result<(), Error> {
        let ModelSpent { model, provider, input, output, cache_read, cache_write, nanos } = spent;
        let spent = Spent { model, provider, input, output, cache_read, cache_write, nanos };
        let settled = Settled { id: reservation.id, box_id: reservation.box_id, spent };
        let desk = &self.inner.spending.settling;
        let is_done = desk.ask(settled.clone(), |settled| self.settle(settled)).await;
        if is_done == Some(true) {
            return Ok(());
        }
        let mut owed = self.inner.spending.owed();
        if owed.len() < OWED_MAX {
            owed.push_back(settled);
        } else {
            tracing::error!(box.id = %settled.box_id, reservation = %settled.id, "the use of a model is not billed: too much waits");
        }
        Err(Error::Unavailable {
            what: "the database does not take what was used".to_owned(),
            retry_after: Duration::from_secs(1),
        })
    }

    async fn settle(&self, settled: Vec<Settled>) -> Vec<bool> {
        let fleet = self.inner.store.fleet(SystemActor::new(ACTOR));
        let tell = |reached: &Reached| self.budget_event(reached);
        let done = fleet.settle(&settled, &tell, self.inner.clock.now()).await;
        if let Err(error) = &done {
            tracing::warn!(error = error as &dyn std::error::Error, "what was used could not be put down");
        }
        vec![done.is_ok(); settled.len()]
    }

    /// Puts down what the database did not take before.
    ///
    /// # Errors
    /// It still does not. What is left is kept.
    pub(crate) async fn settle_owed(&self) -> Result<(), Error> {
        const AT_ONCE: usize = 256;
        self.inner.spending.owed().extend(self.inner.spending.settling.abandoned());
        loop {
            let some: Vec<_> = {
                let owed = self.inner.spending.owed();
                owed.iter().take(AT_ONCE).cloned().collect()
            };
            if some.is_empty() {
                return Ok(());
            }
            let fleet = self.inner.store.fleet(SystemActor::new(ACTOR));
            let tell = |reached: &Reached| self.budget_event(reached);
            fleet.settle(&some, &tell, self.inner.clock.now()).await?;
            // Only the front is taken away, and only here: what came meanwhile stands behind it.
            self.inner.spending.owed().drain(..some.len());
        }
    }

    /// The line that tells the owner of a budget how much of it is spent.
    pub(crate) fn budget_event(&self, reached: &Reached) -> NewEvent {
        let Reached { bound, percent, resets_at, .. } = reached;
        let what = format!(
            "{percent} % of {} {} budget for {} is spent: {} of {}; counting begins anew at {}",
            bound.scope.as_str(),
            bound.span,
            bound.measure,
            bound.measure.words(bound.current),
            bound.measure.words(bound.limit),
            words::moment(*resets_at)
        );
        let detail = serde_json::json!({
            "scope": bound.scope.as_str(), "span": bound.span.as_str(), "measure": bound.measure.as_str(),
            "percent": percent, "current": bound.current, "limit": bound.limit, "resets_at": resets_at.to_string(),
        });
        self.event(ACTOR, "budget.reached", &what, detail)
    }
}

/// Why it may not be spent, for the caller.
fn refused(block: &SpendBlock, ask: &Ask) -> SpendRefused {
    match block {
        SpendBlock::NoBox => SpendRefused::Unavailable,
        SpendBlock::Budget { bound, resets_at } => {
            // How much traffic there will be nobody knows.
            let more =
                Some(ask.amounts().get(bound.measure)).filter(|_more| bound.measure != Measure::Bandwidth);
            let message = words::budget(bound, more, *resets_at);
            SpendRefused::Over {
                what: bound.measure,
                scope: bound.scope,
                current: bound.current,
                limit: bound.limit,
                resets_at: *resets_at,
                message,
            }
        }
        SpendBlock::Plan { plan, excess, resets_at, overage_nanos } => SpendRefused::Over {
            what: excess.measure,
            scope: Scope::Org,
            current: excess.current,
            limit: excess.limit,
            resets_at: *resets_at,
            message: words::plan(plan, excess, *overage_nanos, *resets_at),
        },
    }
}
