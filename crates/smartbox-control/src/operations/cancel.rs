//! Taking back what is under way: what can be is put back to a whole state, and what cannot says so.

use smartbox_core::{Desired, OperationId, Permission};
use smartbox_store::{NewEvent, Operation, OperationKind};

use crate::{Control, Error, Op};

impl Control {
    /// Cancels an operation that is under way. A box that is created or started is stopped, and keeps its disk; one that is to fall asleep
    /// stays awake; a backup is not made; a box that is restored keeps the disk it has, as long as that was not replaced.
    ///
    /// # Errors
    /// [`Error::Conflict`] for one that has ended, or whose kind cannot be taken back, with what can be done in its place;
    /// [`Error::NotFound`].
    pub async fn cancel_operation(&self, op: &Op, id: OperationId) -> Result<Operation, Error> {
        op.require_for_boxes(Permission::BoxesOperate)?;
        let operation = self.find_operation(op, id).await?;
        if operation.finished_at.is_some() {
            return Err(over());
        }
        let way = way_back(operation.kind)
            .map_err(|(what, remedy)| Error::Conflict { what: what.to_owned(), remedy: remedy.to_owned() })?;
        let smartbox = self.resolve(op, Permission::BoxesOperate, &operation.box_id.to_string()).await?;
        let back = match way {
            Way::To(back) => back,
            Way::Unsaved => return self.cancel_backup(op, &operation).await,
            Way::Unrestored => return self.cancel_restore(op, &operation).await,
        };
        crate::upgrades::require_none(&smartbox)?;
        if back == Desired::Running {
            // It is awake still, and whatever lets it stay so passes the one gate.
            self.wake_gate(&smartbox).await?;
        }
        let event = self.cancel_event(op, &operation);
        let store = self.inner.store.org(operation.org);
        let cancelled = store.cancel_operation(id, back, event, self.inner.clock.now()).await?;
        let (smartbox, ended) = cancelled.ok_or_else(over)?;
        // A box that was to begin with another's state, or comes back from a backup, does not wait for all of it.
        self.inner.backups.take_back(smartbox.id, false);
        self.inner.changes.intent(smartbox.id);
        Ok(ended)
    }

    fn cancel_event(&self, op: &Op, operation: &Operation) -> NewEvent {
        let detail =
            serde_json::json!({ "operation": operation.id.to_string(), "kind": operation.kind.as_str() });
        self.event_of(op, "box.operation-cancelled", "asked for", detail)
    }

    async fn cancel_backup(&self, op: &Op, operation: &Operation) -> Result<Operation, Error> {
        let event = self.cancel_event(op, operation);
        let store = self.inner.store.org(operation.org);
        let ended =
            store.cancel_backup(operation.id, event, self.inner.clock.now()).await?.ok_or_else(over)?;
        // What is being made has looked at the operation already, or will.
        self.inner.backups.take_back(operation.box_id, true);
        self.inner.changes.written();
        Ok(ended)
    }

    /// Until the disk is replaced, nothing has happened to it.
    async fn cancel_restore(&self, op: &Op, operation: &Operation) -> Result<Operation, Error> {
        let _decided = self.inner.backups.deciding.lock(operation.box_id).await;
        let event = self.cancel_event(op, operation);
        let store = self.inner.store.org(operation.org);
        let ended = store.cancel_restore(operation.id, event, self.inner.clock.now()).await?;
        let (smartbox, ended) = ended.ok_or_else(replaced)?;
        self.inner.backups.take_back(smartbox.id, false);
        self.inner.changes.intent(smartbox.id);
        Ok(ended)
    }
}

/// How something is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// The box is wanted like that.
    To(Desired),
    /// No backup is made.
    Unsaved,
    /// The box keeps the disk it has.
    Unrestored,
}

fn replaced() -> Error {
    Error::Conflict {
        what: "the disk is replaced already, or something else is wanted of the box by now".to_owned(),
        remedy: "go back when the box runs: `smartbox backup restore undo`".to_owned(),
    }
}

fn over() -> Error {
    Error::Conflict {
        what: "the operation has ended, or something else is wanted of the box by now".to_owned(),
        remedy: "look at the box: `smartbox box show`".to_owned(),
    }
}

/// How an operation is taken back, or why it cannot be, and what can be done.
fn way_back(kind: OperationKind) -> Result<Way, (&'static str, &'static str)> {
    match kind {
        OperationKind::Create | OperationKind::Start => Ok(Way::To(Desired::Stopped)),
        OperationKind::Sleep => Ok(Way::To(Desired::Running)),
        OperationKind::Backup => Ok(Way::Unsaved),
        OperationKind::Restore => Ok(Way::Unrestored),
        OperationKind::Wake => {
            Err(("a box wakes in a moment", "put it to sleep again: `smartbox box sleep`"))
        }
        OperationKind::Stop => {
            Err(("its processes are being ended already", "start it again: `smartbox box start`"))
        }
        OperationKind::Restart => Err((
            "the processes from before are ended already",
            "stop it if it should not come up: `smartbox box stop`",
        )),
        OperationKind::Delete => {
            Err(("the box is stopped already", "until it is removed, bring it back: `smartbox box start`"))
        }
        OperationKind::Upgrade => Err((
            "an upgrade goes through, or goes back with the state by itself",
            "wait for its end: `smartbox why`",
        )),
        OperationKind::Archive => {
            Err(("its last backup is being made", "bring the box back: `smartbox box start`"))
        }
        OperationKind::Configure => Err((
            "the gateway may have the configuration already",
            "go back to the version before: `smartbox box config rollback`",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_way_back_or_says_what_to_do() {
        let ways = OperationKind::ALL.map(way_back);
        assert_eq!(ways.iter().filter(|way| way.is_ok()).count(), 5);
        for (what, remedy) in ways.into_iter().filter_map(Result::err) {
            assert!(!what.is_empty() && !remedy.is_empty());
        }
    }
}
