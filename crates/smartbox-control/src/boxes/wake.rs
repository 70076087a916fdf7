//! Wake a box because somebody needs it, and wait for it.

use std::time::Duration;

use smartbox_core::{BoxId, Desired, Observed, Permission, Principal, Stage, trace};
use smartbox_store::{IntentChange, Smartbox, SystemActor};
use tokio::time::Instant;

use crate::fleet_view::phase_of;
use crate::uses::Use;
use crate::{Control, Error, Op};

/// How ready a caller needs the box to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Its first process runs: enough for commands.
    Alive,
    /// Its gateway answers.
    Ready,
}

impl Need {
    fn is_met_by(self, observed: &Observed) -> bool {
        match self {
            // boxd listens from the moment the gateway's process exists.
            Self::Alive => matches!(
                observed,
                Observed::Ready
                    | Observed::Unready
                    | Observed::Starting { stage: Stage::Process | Stage::Listening | Stage::Ready }
            ),
            Self::Ready => matches!(observed, Observed::Ready),
        }
    }
}

impl Control {
    /// Wants a stopped box to run because a request reached it. Does nothing for a box that runs or is about to.
    ///
    /// # Errors
    /// [`Error::WakeRefused`] by the one gate, [`Error::BoxFailed`] when it needs a person first.
    pub async fn wake_box(&self, op: &Op, id: BoxId, reason: &str) -> Result<(), Error> {
        // Whoever may talk to a box needs it awake for that.
        op.require_for_boxes(Permission::BoxesTalk)
            .or_else(|_lacks| op.require_for_boxes(Permission::BoxesOperate))?;
        self.inner.uses.call(id);
        let smartbox = self.find_for(op, id).await?;
        self.wake(op, &smartbox, reason).await
    }

    async fn find_for(&self, op: &Op, id: BoxId) -> Result<Smartbox, Error> {
        let found = match &op.principal {
            Principal::Member { org, .. } => self.inner.store.org(*org).find_box(id).await?,
            Principal::Admin => {
                self.inner.store.fleet(SystemActor::new("admin request")).find_box(id).await?
            }
        };
        let found = found.filter(|found| op.principal.sees_box(found.org, found.id));
        found.ok_or(Error::NotFound("box"))
    }

    /// Refuses what would be refused when a box is woken. A box that runs need not be.
    pub(crate) async fn require_wakeable(&self, smartbox: &Smartbox) -> Result<(), Error> {
        match failure_of(smartbox) {
            Some(failure) => Err(failure),
            None if smartbox.desired == Desired::Running => Ok(()),
            None => self.wake_gate(smartbox).await,
        }
    }

    async fn wake(&self, op: &Op, smartbox: &Smartbox, reason: &str) -> Result<(), Error> {
        if let Some(failure) = failure_of(smartbox) {
            return Err(failure);
        }
        if smartbox.desired == Desired::Running {
            return Ok(());
        }
        self.wake_gate(smartbox).await?;
        let event = self.event_by(op, "box.woken", reason);
        // Somebody else may change the box at the same moment; their intent is newer than what was read here.
        let change = IntentChange::to(Desired::Running);
        match self.write_intent(smartbox, change, Some(smartbox.version), None, event).await {
            Ok(_) | Err(Error::VersionMismatch) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Wakes the box, waits until it is as ready as needed and keeps it awake. `on_change` sees each state on the way.
    pub(crate) async fn ready_box(
        &self,
        op: &Op,
        (may, reference): (Permission, &str),
        need: Need,
        reason: &str,
        mut on_change: impl FnMut(&Smartbox),
    ) -> Result<(Smartbox, Use), Error> {
        let mut changes = self.inner.changes.subscribe();
        let deadline = Instant::now() + self.inner.limits.ready_wait;
        let mut last = None;
        // Ends when the box is ready, and is nothing where nobody traces.
        let mut _waits = tracing::Span::none();
        let mut smartbox = self.resolve(op, may, reference).await?;
        loop {
            let is_ready = smartbox.desired == Desired::Running && need.is_met_by(&smartbox.observed);
            // While it falls asleep nothing begins: that it is needed is said, and then its row is read again.
            if is_ready && let Some(in_use) = self.inner.uses.begin(smartbox.id) {
                return Ok((smartbox, in_use));
            }
            self.wake(op, &smartbox, reason).await?;
            let state = (phase_of(&smartbox), smartbox.observed.clone());
            if last.as_ref() != Some(&state) {
                if last.is_none() {
                    _waits = tracing::trace_span!(target: trace::TARGET, "wait for box", smartbox.box.id = %smartbox.id);
                }
                on_change(&smartbox);
                last = Some(state);
            }
            // What was read before the box began to fall asleep is looked at once more, and not waited for.
            let is_old = is_ready && self.find_for(op, smartbox.id).await?.version != smartbox.version;
            if !is_old && !matches!(tokio::time::timeout_at(deadline, changes.changed()).await, Ok(Ok(()))) {
                return Err(Error::Unavailable {
                    what: "the box did not become ready in time".to_owned(),
                    retry_after: Duration::from_secs(10),
                });
            }
            smartbox = self.find_for(op, smartbox.id).await?;
        }
    }
}

/// Why the box needs a person before it can run, if it does.
fn failure_of(smartbox: &Smartbox) -> Option<Error> {
    let failed = phase_of(smartbox) == smartbox_core::Phase::Failed;
    let error = smartbox.last_error.as_ref()?;
    failed.then(|| Error::BoxFailed {
        what: error.what.clone(),
        remedy: error
            .remedy
            .clone()
            .unwrap_or_else(|| "see `smartbox logs`, then start the box again".to_owned()),
    })
}
