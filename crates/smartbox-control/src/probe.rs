//! Whether gateways answer at this moment: asked over HTTP, not read from what was seen.
//!
//! A box that sleeps is never asked: its gateway could not answer, and it is not woken for a look.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use jiff::Timestamp;
use smartbox_boxd::GATEWAY_PORT;
use smartbox_core::{BoxId, Permission, Phase};
use smartbox_openclaw::probe::{Finding, Probe, probe};
use smartbox_store::Smartbox;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

use crate::{Control, Error, Op};

/// How long a look may take, all in all.
const BUDGET: Duration = Duration::from_millis(500);
/// How long what was found counts. Whoever asks more often gets the same answer.
const FRESH: Duration = Duration::from_secs(1);
/// Looks at the same time.
const LOOKS_MAX: usize = 128;
/// Boxes of which something is remembered. Beyond that, what nobody waits for is forgotten.
const KNOWN_MAX: usize = 4096;

/// What a look at a gateway found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayLook {
    /// Whether it answered at all.
    pub answers: bool,
    /// Whether it takes work.
    pub is_ready: bool,
    /// What it names as the reason if not, or why there was no answer.
    pub failing: Vec<String>,
    /// How long the answer took, or the wait for it.
    pub latency: Duration,
    /// When it was asked.
    pub checked_at: Timestamp,
}

/// A box as it is at this moment.
#[derive(Clone, Debug)]
pub struct LiveState {
    /// The row.
    pub smartbox: Smartbox,
    /// What a look at its gateway found; `None` for a box that does not run.
    pub gateway: Option<GatewayLook>,
}

/// What the processes of a box take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoxLoad {
    /// How many there are.
    pub processes: u32,
    /// Their memory, pages shared with others counted by their share.
    pub memory_bytes: u64,
}

/// What is remembered of a box; whoever holds the lock is asking.
type Slot = Arc<tokio::sync::Mutex<Option<Seen>>>;

struct Seen {
    /// On the steady clock.
    at: Duration,
    generation: Option<i64>,
    look: GatewayLook,
}

/// What the looks share.
pub(crate) struct Looks {
    known: Mutex<HashMap<BoxId, Slot>>,
    places: Semaphore,
}

impl Default for Looks {
    fn default() -> Self {
        Self { known: Mutex::default(), places: Semaphore::new(LOOKS_MAX) }
    }
}

impl Looks {
    fn slot(&self, id: BoxId) -> Slot {
        let mut known = self.known();
        if known.len() >= KNOWN_MAX && !known.contains_key(&id) {
            known.retain(|_id, slot| Arc::strong_count(slot) > 1);
        }
        Arc::clone(known.entry(id).or_default())
    }

    fn known(&self) -> MutexGuard<'_, HashMap<BoxId, Slot>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether something answers in a box in this phase, or should.
pub(crate) const fn is_asked(phase: Phase) -> bool {
    matches!(phase, Phase::Running | Phase::Degraded | Phase::Starting)
}

impl Control {
    /// A box with what its gateway says at this moment. Never wakes it.
    pub async fn live_state(&self, op: &Op, reference: &str) -> Result<LiveState, Error> {
        let smartbox = self.resolve(op, Permission::BoxesRead, reference).await?;
        let gateway = if is_asked(smartbox.phase()) {
            Some(self.look_at_gateway(smartbox.id, smartbox.observed_generation).await)
        } else {
            None
        };
        Ok(LiveState { smartbox, gateway })
    }

    /// What the processes of a box take at this moment; `None` where nothing runs, or nobody can say.
    pub async fn box_load(&self, smartbox: &Smartbox) -> Option<BoxLoad> {
        let memory = timeout(BUDGET, self.inner.provider.memory(smartbox.id)).await.ok()?.ok()??;
        Some(BoxLoad { processes: memory.processes, memory_bytes: memory.pss_bytes })
    }

    /// Looks at many gateways at the same time, out of the published picture. Those that do not run are left out.
    pub async fn look_at_gateways(&self, boxes: &[Arc<crate::BoxState>]) -> HashMap<BoxId, GatewayLook> {
        let asked = boxes.iter().filter(|state| is_asked(state.phase));
        let looks = asked
            .map(|state| async move { (state.id, self.look_at_gateway(state.id, state.generation).await) });
        // Boxed: its place in the caller's future would be large.
        Box::pin(stream::iter(looks.collect::<Vec<_>>()).buffer_unordered(LOOKS_MAX).collect()).await
    }

    /// One look at a time for each box; who comes meanwhile gets what it finds.
    async fn look_at_gateway(&self, id: BoxId, generation: Option<i64>) -> GatewayLook {
        let slot = self.inner.looks.slot(id);
        let mut seen = slot.lock().await;
        let now = self.inner.clock.steady();
        if let Some(seen) = &*seen
            && seen.generation == generation
            && now.saturating_sub(seen.at) < FRESH
        {
            return seen.look.clone();
        }
        let begun = Instant::now();
        let checked_at = self.inner.clock.now();
        let found = timeout(BUDGET, self.ask_gateway(id)).await;
        let latency = begun.elapsed();
        let no_answer = |why: &str| GatewayLook {
            answers: false,
            is_ready: false,
            failing: vec![why.to_owned()],
            latency,
            checked_at,
        };
        let look = match found {
            Ok(Some(Finding { ok, failing })) => {
                GatewayLook { answers: true, is_ready: ok, failing, latency, checked_at }
            }
            Ok(None) => no_answer("it cannot be reached"),
            Err(_elapsed) => no_answer("it did not answer in time"),
        };
        *seen = Some(Seen { at: now, generation, look: look.clone() });
        look
    }

    async fn ask_gateway(&self, id: BoxId) -> Option<Finding> {
        let _place = self.inner.looks.places.acquire().await.ok()?;
        let stream = self.inner.link.dial(id, GATEWAY_PORT).await.ok()?;
        probe(stream, Probe::Ready).await.ok()
    }
}
