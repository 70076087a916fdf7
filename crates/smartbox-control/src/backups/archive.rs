//! Boxes that nobody uses give their disk back: a last backup is read back as a whole, then the disk is removed. The next start
//! puts the backup in its place, as it does with a disk that was lost.
//!
//! Saving is the loop's of backups, which has room for a few at a time. Removing is a step of the reconcile loop, as starting is:
//! so the two never meet. Before anything is removed it is put down that the disk counts as lost (`freeing`); whatever is killed
//! after that ends with the backup, and before it with the disk.

mod free;
mod save;

use std::time::Duration;

use jiff::Timestamp;
use smartbox_core::{ArchiveStage, Desired, Observed, OperationId, Permission};
use smartbox_store::{
    Archive, ArchiveReason, Backup, BackupState, NewEvent, NewOperation, OperationKind, Smartbox,
};

pub(crate) use free::free;
pub(super) use free::{see_through, to_bring_back};
pub(crate) use save::{is_to_be_saved, save};

use super::ACTOR;
use crate::boxes::Intended;
use crate::entropy::id_parts;
use crate::{Control, Error, Op};

/// A box that has to be awake this soon is not archived for its rest.
const DUE_MIN: Duration = Duration::from_hours(1);

impl Control {
    /// Wants a box that sleeps or is stopped to give its disk back: its last backup is read back first, and comes back at its next
    /// start.
    ///
    /// # Errors
    /// [`Error::Conflict`] while it runs, is archived already, is being upgraded or restored, or has a restore that can still be
    /// undone; [`Error::VersionMismatch`].
    pub async fn archive_box(
        &self,
        op: &Op,
        reference: &str,
        if_version: Option<i64>,
    ) -> Result<Intended, Error> {
        let smartbox = self.resolve(op, Permission::BoxesManage, reference).await?;
        if if_version.is_some_and(|version| version != smartbox.version) {
            return Err(Error::VersionMismatch);
        }
        let state = self.inner.store.org(smartbox.org).backup_state(smartbox.id).await?;
        if let Some((what, remedy)) = stands_against(&smartbox, &state, self.inner.clock.now()) {
            return Err(Error::Conflict { what, remedy });
        }
        let event = self.event_by(op, "box.archive-requested", "asked for");
        let now = self.inner.clock.now();
        let (at, random) = id_parts(&*self.inner.entropy, now);
        let operation =
            NewOperation { id: OperationId::from_parts(at, random), kind: OperationKind::Archive };
        self.ask_archive(&smartbox, ArchiveReason::Asked, Some(operation), event).await
    }

    /// The same for a box that nobody has used for as long as its policy says.
    pub(crate) async fn archive_unused(&self, row: &Smartbox, since: Timestamp) -> Result<(), Error> {
        let what = format!("nobody has used it since {since}");
        let event = self.event(ACTOR, "box.archive-requested", &what, serde_json::json!({}));
        let org = self.inner.store.org(row.org);
        let now = self.inner.clock.now();
        match org.ask_archive(row.id, ArchiveReason::Unused, row.version, (None, event), now).await {
            Ok(_) => {}
            Err(smartbox_store::Error::VersionMismatch { .. } | smartbox_store::Error::NotFound(_)) => {
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        }
        self.inner.changes.intent(row.id);
        Ok(())
    }

    async fn ask_archive(
        &self,
        row: &Smartbox,
        reason: ArchiveReason,
        operation: Option<NewOperation>,
        event: NewEvent,
    ) -> Result<Intended, Error> {
        let org = self.inner.store.org(row.org);
        let now = self.inner.clock.now();
        let asked = org.ask_archive(row.id, reason, row.version, (operation, event), now).await?;
        self.inner.changes.intent(row.id);
        self.inner.backups.wake.notify_one();
        let (smartbox, operation) = asked;
        let operation = operation.ok_or_else(|| Error::internal("the store returned no operation"))?;
        Ok(Intended { smartbox, operation })
    }
}

/// What keeps a box from being archived, and what to do about it.
fn stands_against(row: &Smartbox, state: &BackupState, now: Timestamp) -> Option<(String, String)> {
    let told = |what: &str, remedy: &str| Some((what.to_owned(), remedy.to_owned()));
    if let Some(stage) = row.archive {
        let what = if stage.is_off_disk() { "the box is archived already" } else { "it is being archived" };
        return told(what, "`smartbox why` tells how far it is");
    }
    if let Err(Error::Conflict { what, remedy }) = crate::upgrades::require_none(row) {
        return Some((what, remedy));
    }
    match row.desired {
        Desired::Deleted => return told("the box is deleted", "start it to bring it back"),
        Desired::Running => return told("the box is to run", "stop it or put it to sleep first"),
        Desired::Asleep | Desired::Stopped => {}
    }
    if state.restore_from.is_some() {
        return told("a backup is to take the place of its disk", "start it first, and let it come to rest");
    }
    let undo_until = state.restored.and_then(|restored| restored.undo_until).filter(|until| *until > now)?;
    Some((
        "its last restore can still be undone, and what it would go back to lies on its disk".to_owned(),
        format!("undo it, or try again after {undo_until}"),
    ))
}

/// Since when nobody has used a box that may be archived for it; `None`: it is used, or something stands against it.
pub(crate) fn unused_since(
    row: &Smartbox,
    state: &BackupState,
    watching: u32,
    now: Timestamp,
) -> Option<Timestamp> {
    let is_at_rest = matches!(row.observed, Observed::Stopped | Observed::Asleep(_));
    let is_due_soon = row.due.as_ref().is_some_and(|due| {
        Duration::try_from(due.at.duration_since(now)).map_or(true, |left| left < DUE_MIN)
    });
    // Who keeps a socket open to a sleeping box would bring it back at once.
    if !is_at_rest || is_due_soon || watching > 0 || stands_against(row, state, now).is_some() {
        return None;
    }
    row.idle_since.filter(|_| row.desired == Desired::Asleep).or(row.observed_at)
}

/// Whether this backup is all there is of its box, or about to be.
pub(crate) fn rests_on(archive: Option<&Archive>, backup: &Backup) -> bool {
    archive.is_some_and(|archive| archive.stage != ArchiveStage::Asked && archive.backup == Some(backup.id))
}
