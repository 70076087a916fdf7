//! Asking for a restore, and for going back.

use smartbox_core::{Desired, OperationId, Permission};
use smartbox_store::{NewOperation, OperationKind, RestoreFrom, Smartbox, SystemActor};

use super::ACTOR;
use crate::boxes::Intended;
use crate::entropy::id_parts;
use crate::{Control, Error, Op};

/// What takes the place of a box's disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestoreWish {
    /// A backup, or what was there before the last restore.
    pub from: RestoreFrom,
    /// Also a backup that is not trusted.
    pub is_forced: bool,
}

impl Control {
    /// Wants another disk for the box: it is stopped, the saved state takes the place of its disk, and it is started, on the
    /// version of the agent runtime that saved it. What was there is kept for a while.
    ///
    /// # Errors
    /// [`Error::NotFound`] without such a backup; [`Error::Conflict`] when it is not trusted and nobody insists, when there
    /// is nothing to go back to, when no version of the agent runtime here can read it, or while an upgrade is under way.
    pub async fn restore_box(
        &self,
        op: &Op,
        reference: &str,
        wish: RestoreWish,
        if_version: Option<i64>,
    ) -> Result<Intended, Error> {
        let smartbox = self.resolve(op, Permission::BoxesManage, reference).await?;
        if smartbox.desired == Desired::Deleted {
            return Err(smartbox_core::wake::WakeRefusal::Deleted.into());
        }
        crate::upgrades::require_none(&smartbox)?;
        let org = self.inner.store.org(smartbox.org);
        let runtime = match wish.from {
            RestoreFrom::Backup(id) => {
                let backup = org.find_backup(smartbox.id, id).await?.ok_or(Error::NotFound("backup"))?;
                if !backup.is_good() && !wish.is_forced {
                    return Err(Error::Conflict {
                        what: "this backup is not trusted".to_owned(),
                        remedy: "choose a good one, or insist with `force`".to_owned(),
                    });
                }
                self.runtime_for_state(&smartbox.runtime_version, &backup.runtime_version).await?
            }
            RestoreFrom::Undo => {
                let state = org.backup_state(smartbox.id).await?;
                if state.restored.and_then(|restored| restored.undo_until).is_none() {
                    return Err(Error::Conflict {
                        what: "there is no restore that could be undone".to_owned(),
                        remedy: "choose a backup instead".to_owned(),
                    });
                }
                state.undo_version.unwrap_or_else(|| smartbox.runtime_version.clone())
            }
        };
        // It has to be fit to run as it will be.
        self.wake_gate(&Smartbox { runtime_version: runtime, ..smartbox.clone() }).await?;
        let now = self.inner.clock.now();
        let (at, random) = id_parts(&*self.inner.entropy, now);
        let operation =
            NewOperation { id: OperationId::from_parts(at, random), kind: OperationKind::Restore };
        let detail = serde_json::json!({ "from": wish.from.to_string() });
        let event = self.event_of(op, "box.restore-requested", "asked for", detail);
        self.inner.uses.call(smartbox.id);
        let (smartbox, operation) =
            org.intend_restore(smartbox.id, wish.from, if_version, (Some(operation), event), now).await?;
        self.inner.changes.intent(smartbox.id);
        let operation = operation.ok_or_else(|| Error::internal("the store returned no operation"))?;
        Ok(Intended { smartbox, operation })
    }

    /// Puts back what was there before a restore that the box does not come up on.
    pub(crate) async fn roll_back(&self, row: &Smartbox, why: &str) -> Result<(), Error> {
        let detail = serde_json::json!({ "from": "undo" });
        let what = format!("it does not come up on what was restored, and goes back: {why}");
        let event = self.event(ACTOR, "box.restore-rolled-back", &what, detail);
        let org = self.inner.store.org(row.org);
        let now = self.inner.clock.now();
        match org.intend_restore(row.id, RestoreFrom::Undo, Some(row.version), (None, event), now).await {
            Ok(_) => {}
            Err(smartbox_store::Error::VersionMismatch { .. } | smartbox_store::Error::NotFound(_)) => {
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        }
        self.inner.changes.intent(row.id);
        Ok(())
    }

    /// The system as it writes of backups.
    pub(crate) fn backup_fleet(&self) -> smartbox_store::FleetStore {
        self.inner.store.fleet(SystemActor::new(ACTOR))
    }
}
