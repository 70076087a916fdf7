//! Start, stop, restart, delete: changes of intent.

use smartbox_core::wake::WakeRefusal;
use smartbox_core::{Desired, Observed, OperationId, Permission, SleepTier};
use smartbox_store::{IntentChange, NewEvent, NewOperation, OperationKind, Smartbox};

use super::Intended;
use crate::entropy::id_parts;
use crate::{Control, Error, Op};

/// What a caller wants of an existing box.
#[derive(Clone, Copy)]
struct Wish {
    operation: OperationKind,
    action: &'static str,
    desired: Desired,
    new_generation: bool,
    asleep: Option<SleepTier>,
}

impl Control {
    /// Wants the box to run. Brings a deleted box back while its grace period lasts.
    pub async fn start_box(
        &self,
        op: &Op,
        reference: &str,
        if_version: Option<i64>,
    ) -> Result<Intended, Error> {
        let smartbox = self.resolve(op, Permission::BoxesOperate, reference).await?;
        let undeleted = self.undelete(&smartbox)?;
        self.wake_gate(&undeleted).await?;
        // A failed box is tried afresh: its next incarnation is not held back by the failures of the last.
        let new_generation = smartbox.last_error.is_some();
        let wish = Wish {
            operation: OperationKind::Start,
            action: if smartbox.desired == Desired::Deleted {
                "box.undeleted"
            } else {
                "box.start-requested"
            },
            desired: Desired::Running,
            new_generation,
            asleep: None,
        };
        self.intend(op, &smartbox, wish, if_version).await
    }

    /// Wants the box to be stopped. Brings a deleted box back, stopped, while its grace period lasts.
    pub async fn stop_box(
        &self,
        op: &Op,
        reference: &str,
        if_version: Option<i64>,
    ) -> Result<Intended, Error> {
        let smartbox = self.resolve(op, Permission::BoxesOperate, reference).await?;
        self.undelete(&smartbox)?;
        let wish = Wish {
            operation: OperationKind::Stop,
            action: if smartbox.desired == Desired::Deleted { "box.undeleted" } else { "box.stop-requested" },
            desired: Desired::Stopped,
            new_generation: false,
            asleep: None,
        };
        self.intend(op, &smartbox, wish, if_version).await
    }

    /// Wants a new incarnation of the box.
    pub async fn restart_box(
        &self,
        op: &Op,
        reference: &str,
        if_version: Option<i64>,
    ) -> Result<Intended, Error> {
        let smartbox = self.resolve(op, Permission::BoxesOperate, reference).await?;
        self.wake_gate(&smartbox).await?;
        let wish = Wish {
            operation: OperationKind::Restart,
            action: "box.restart-requested",
            desired: Desired::Running,
            new_generation: true,
            asleep: None,
        };
        self.intend(op, &smartbox, wish, if_version).await
    }

    /// Wants the box to sleep, as far down as `tier`. Its gateway ends what it does first.
    pub async fn sleep_box(
        &self,
        op: &Op,
        reference: &str,
        tier: SleepTier,
        if_version: Option<i64>,
    ) -> Result<Intended, Error> {
        let smartbox = self.resolve(op, Permission::BoxesOperate, reference).await?;
        let stands = |what: &str, remedy: &str| {
            Err(Error::Conflict { what: what.to_owned(), remedy: remedy.to_owned() })
        };
        match (smartbox.desired, &smartbox.observed) {
            (Desired::Deleted, _) => return Err(WakeRefusal::Deleted.into()),
            (Desired::Stopped, _) => return stands("the box is stopped", "start it first"),
            (_, Observed::Ready | Observed::Asleep(_)) => {}
            (Desired::Asleep, Observed::Stopped) => {}
            _ => return stands("the box is not ready yet", "wait until it runs, then try again"),
        }
        if tier.depth().is_some() && self.inner.provider.capabilities().deepest_sleep.is_none() {
            return stands("boxes cannot be frozen on this machine", "stop it, or see `smartbox doctor`");
        }
        let wish = Wish {
            operation: OperationKind::Sleep,
            action: "box.sleep-requested",
            desired: Desired::Asleep,
            new_generation: false,
            // A box that sleeps deeper than that is not woken for it.
            asleep: Some(if smartbox.desired == Desired::Asleep { tier.max(smartbox.asleep) } else { tier }),
        };
        self.intend(op, &smartbox, wish, if_version).await
    }

    /// Wakes a box that sleeps. One that runs is left alone; one that its owner has stopped is started.
    pub async fn wake_box_now(
        &self,
        op: &Op,
        reference: &str,
        if_version: Option<i64>,
    ) -> Result<Intended, Error> {
        let smartbox = self.resolve(op, Permission::BoxesOperate, reference).await?;
        self.wake_gate(&smartbox).await?;
        let wish = Wish {
            operation: OperationKind::Wake,
            action: "box.wake-requested",
            desired: Desired::Running,
            new_generation: smartbox.last_error.is_some(),
            asleep: None,
        };
        self.intend(op, &smartbox, wish, if_version).await
    }

    /// Wants the box to be gone. It is stopped at once and removed with its data after the grace period.
    pub async fn delete_box(
        &self,
        op: &Op,
        reference: &str,
        if_version: Option<i64>,
    ) -> Result<Intended, Error> {
        let smartbox = self.resolve(op, Permission::BoxesManage, reference).await?;
        if smartbox.desired == Desired::Deleted {
            return Err(Error::Conflict {
                what: "the box is deleted already".to_owned(),
                remedy: "start it to bring it back".to_owned(),
            });
        }
        let wish = Wish {
            operation: OperationKind::Delete,
            action: "box.delete-requested",
            desired: Desired::Deleted,
            new_generation: false,
            asleep: None,
        };
        self.intend(op, &smartbox, wish, if_version).await
    }

    /// The row as it would be without its deletion.
    fn undelete(&self, smartbox: &Smartbox) -> Result<Smartbox, Error> {
        let mut row = smartbox.clone();
        if row.desired == Desired::Deleted {
            if row.purge_at.is_some_and(|purge_at| purge_at <= self.inner.clock.now()) {
                return Err(Error::Conflict {
                    what: "the box is being removed; its grace period is over".to_owned(),
                    remedy: "create a new box".to_owned(),
                });
            }
            row.desired = row.desired_before_delete.unwrap_or(Desired::Stopped);
        }
        Ok(row)
    }

    async fn intend(
        &self,
        op: &Op,
        smartbox: &Smartbox,
        wish: Wish,
        if_version: Option<i64>,
    ) -> Result<Intended, Error> {
        // Whoever wakes a box that a hold has stopped in the middle of an upgrade lets the upgrade go on.
        let goes_on = smartbox.desired != Desired::Running && wish.desired == Desired::Running;
        if wish.desired != Desired::Deleted && !goes_on {
            crate::upgrades::require_none(smartbox)?;
        }
        let now = self.inner.clock.now();
        let (at, random) = id_parts(&*self.inner.entropy, now);
        let operation = NewOperation { id: OperationId::from_parts(at, random), kind: wish.operation };
        let purge_at = (wish.desired == Desired::Deleted)
            .then(|| now.checked_add(self.inner.limits.delete_grace).map_err(Error::internal))
            .transpose()?;
        let event = self.event_by(op, wish.action, "asked for");
        self.inner.uses.call(smartbox.id);
        let change = IntentChange {
            bump_generation: wish.new_generation,
            purge_at,
            asleep: wish.asleep.map(|tier| (tier, now)),
            ..IntentChange::to(wish.desired)
        };
        let (smartbox, operation) =
            self.write_intent(smartbox, change, if_version, Some(operation), event).await?;
        let operation = operation.ok_or_else(|| Error::internal("the store returned no operation"))?;
        Ok(Intended { smartbox, operation })
    }

    /// Writes intent and event, and wakes the loop.
    pub(crate) async fn write_intent(
        &self,
        smartbox: &Smartbox,
        change: IntentChange,
        if_version: Option<i64>,
        operation: Option<NewOperation>,
        event: NewEvent,
    ) -> Result<(Smartbox, Option<smartbox_store::Operation>), Error> {
        let now = self.inner.clock.now();
        let org = self.inner.store.org(smartbox.org);
        let written = org.change_intent(smartbox.id, change, if_version, operation, event, now).await?;
        self.inner.changes.intent(smartbox.id);
        Ok(written)
    }
}
