//! Upgrades of the agent runtime of a box: asking for one, and the step that is taken before the box starts.
//!
//! The version is tried on a backup first (`loops/trials.rs`), apart from the box. Then an upgrade is an intent that the next start carries
//! out, like a restore (0021): the box is stopped, its state is saved, its version is changed, it is started. What comes after that is the
//! loop's (`loops/upgrades.rs`). The way back is a restore.

use std::cmp::Ordering;

use smartbox_core::backup::Reason;
use smartbox_core::upgrade::UpgradeStage;
use smartbox_core::wake::WakeRefusal;
use smartbox_core::{BackupId, Desired, Permission, runtime};
use smartbox_provider::{Epoch, ProviderError};
use smartbox_store::{BoxError, NewEvent, OperationKind, Outcome, Smartbox, SystemActor, Upgrade};

use crate::backups::{swap_in::NotSwapped, take};
use crate::boxes::Intended;
use crate::runtimes::RESTORE_ADVICE;
use crate::{Control, Error, Op};

/// Who writes what is done by itself.
pub(crate) const ACTOR: &str = "upgrades";
/// Code of the error of an operation whose upgrade failed.
const CODE: &str = "upgrade-failed";

impl Control {
    /// Wants the box on another version of the agent runtime; without one, on that of new boxes.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it has it already, for an older one, for one that is not installed, and while something else is
    /// done with its disk; [`Error::RuntimeTooOld`]; what the gate refuses.
    pub async fn upgrade_box(
        &self,
        op: &Op,
        reference: &str,
        to: Option<&str>,
        if_version: Option<i64>,
    ) -> Result<Intended, Error> {
        let smartbox = self.resolve(op, Permission::BoxesManage, reference).await?;
        if if_version.is_some_and(|version| version != smartbox.version) {
            return Err(Error::VersionMismatch);
        }
        let to = to.unwrap_or_else(|| self.inner.runtime.version());
        let detail = serde_json::json!({ "from": smartbox.runtime_version, "to": to });
        let event = self.event_of(op, "box.upgrade-requested", "asked for", detail);
        self.inner.uses.call(smartbox.id);
        self.begin_upgrade(&smartbox, to, event).await
    }

    /// Checks and writes the intent.
    pub(crate) async fn begin_upgrade(
        &self,
        smartbox: &Smartbox,
        to: &str,
        event: NewEvent,
    ) -> Result<Intended, Error> {
        self.check_upgrade(smartbox, to).await?;
        let now = self.inner.clock.now();
        let operation = self.new_operation(OperationKind::Upgrade);
        let org = self.inner.store.org(smartbox.org);
        let begun = org.intend_upgrade(smartbox.id, to, smartbox.version, (operation, event), now).await;
        let (smartbox, operation) = begun?;
        self.inner.changes.intent(smartbox.id);
        Ok(Intended { smartbox, operation })
    }

    /// Whether the box may be upgraded to this version now.
    async fn check_upgrade(&self, smartbox: &Smartbox, to: &str) -> Result<(), Error> {
        if smartbox.desired == Desired::Deleted {
            return Err(WakeRefusal::Deleted.into());
        }
        require_none(smartbox)?;
        let present = &smartbox.runtime_version;
        match runtime::compare(to, present) {
            Some(Ordering::Less) => {
                return Err(Error::Conflict {
                    what: format!(
                        "the box has OpenClaw {present}, and {to} cannot read the state that it leaves"
                    ),
                    remedy: RESTORE_ADVICE.to_owned(),
                });
            }
            Some(Ordering::Equal) => {
                return Err(Error::Conflict {
                    what: format!("the box has OpenClaw {present} already"),
                    remedy: "`smartbox runtime list` shows what else there is".to_owned(),
                });
            }
            Some(Ordering::Greater) | None => {}
        }
        self.require_usable("to", to).await?;
        let state = self.inner.store.org(smartbox.org).backup_state(smartbox.id).await?;
        if state.restore_from.is_some() {
            return Err(Error::Conflict {
                what: "a backup is being put in the place of its disk".to_owned(),
                remedy: "wait until the box runs, then try again".to_owned(),
            });
        }
        self.wake_gate(&Smartbox { runtime_version: to.to_owned(), ..smartbox.clone() }).await
    }

    pub(crate) fn upgrade_fleet(&self) -> smartbox_store::FleetStore {
        self.inner.store.fleet(SystemActor::new(ACTOR))
    }
}

/// Refuses while an upgrade is under way: it ends by itself, soon, well or as it began.
pub(crate) fn require_none(smartbox: &Smartbox) -> Result<(), Error> {
    match smartbox.upgrade {
        None => Ok(()),
        Some(stage) => Err(Error::Conflict {
            what: format!("its agent runtime is being upgraded ({stage})"),
            remedy: format!("wait for its end; `smartbox why {}` tells how far it is", smartbox.name),
        }),
    }
}

/// Saves the state of a box that is to be upgraded and is about to start, and changes its version. What cannot be saved is not
/// upgraded: it starts as it was.
pub(crate) async fn before_start(control: &Control, row: &Smartbox, epoch: Epoch) -> Result<(), NotSwapped> {
    let fleet = control.upgrade_fleet();
    let Some(upgrade) = fleet.open_upgrade_of(row.id).await? else { return Ok(()) };
    if upgrade.stage != UpgradeStage::Saving {
        return Ok(());
    }
    control.inner.provider.ensure_stopped(row.id, epoch).await?;
    match save(control, row, epoch).await {
        Ok(backup) => {
            let detail = serde_json::json!({
                "from": upgrade.from, "to": upgrade.to, "backup": backup.map(|id| id.to_string()),
            });
            let what = format!("its state is saved, and it starts on OpenClaw {}", upgrade.to);
            let event = control.event(ACTOR, "box.runtime-changed", &what, detail);
            fleet.switch_runtime(&upgrade, backup, event, control.inner.clock.now()).await?;
        }
        Err(NotSaved::Fenced) => return Err(NotSwapped::Provider(ProviderError::Fenced)),
        Err(NotSaved::Because(why)) => {
            tracing::warn!(box.id = %row.id, why, "a box is not upgraded, because its state cannot be saved");
            give_up(control, &upgrade, "its state could not be saved, and nothing was changed").await?;
        }
    }
    control.inner.changes.written();
    Ok(())
}

enum NotSaved {
    /// Somebody else acts: this platform says nothing any more.
    Fenced,
    /// For the log.
    Because(String),
}

/// A backup of the box as it is now that can be trusted. `None`: there is nothing to save.
async fn save(control: &Control, row: &Smartbox, epoch: Epoch) -> Result<Option<BackupId>, NotSaved> {
    let because = |what: String| NotSaved::Because(what);
    let volumes = &control.inner.backups.volumes;
    let home = volumes.home(row.id).await.map_err(|error| because(error.to_string()))?;
    let known = async || {
        let found = control.backup_fleet().backups_of(row.id).await;
        found.map_err(|error| because(error.to_string()))
    };
    if home.is_none() {
        return match known().await?.is_empty() {
            false => Err(because("its disk is lost and comes back first".to_owned())),
            true => Ok(None),
        };
    }
    let limit = control.inner.limits.upgrade.save_within;
    let taken = tokio::time::timeout(limit, take::take(control, row, epoch, Reason::BeforeUpgrade)).await;
    let backup = match taken {
        Ok(Ok(Some(made))) => made,
        // Nothing has changed since the newest.
        Ok(Ok(None)) => {
            known().await?.into_iter().next().ok_or_else(|| because("it is gone again".to_owned()))?
        }
        Ok(Err(error)) if is_fenced(&error) => return Err(NotSaved::Fenced),
        Ok(Err(error)) => return Err(because(crate::error::chain(&error))),
        Err(_elapsed) => return Err(because("it takes too long".to_owned())),
    };
    match &backup.suspicion {
        None if backup.is_good() => Ok(Some(backup.id)),
        why => {
            Err(because(format!("the backup is not trusted: {}", why.as_deref().unwrap_or("it is broken"))))
        }
    }
}

fn is_fenced(error: &Error) -> bool {
    let Error::Internal(cause) = error else { return false };
    matches!(cause.downcast_ref::<ProviderError>(), Some(ProviderError::Fenced))
}

/// Goes on from the trial to the box itself, and says why.
pub(crate) async fn go_on(
    control: &Control,
    upgrade: &Upgrade,
    (action, what): (&str, &str),
) -> Result<(), Error> {
    let detail = serde_json::json!({ "from": upgrade.from, "to": upgrade.to });
    let event = control.event(ACTOR, action, what, detail);
    let begun = control.upgrade_fleet().begin_saving(upgrade, event, control.inner.clock.now()).await;
    match begun {
        Ok(_is_so) => {
            control.inner.changes.intent(upgrade.box_id);
            Ok(())
        }
        Err(smartbox_store::Error::TierFull { max }) => {
            let why = format!("nothing was changed: {max} boxes of its tier run, as many as may");
            give_up(control, upgrade, &why).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Ends an upgrade that changed nothing.
pub(crate) async fn give_up(control: &Control, upgrade: &Upgrade, why: &str) -> Result<(), Error> {
    let remedy = "see `smartbox backup list`, then try again";
    end_failed(control, upgrade, ("box.upgrade-failed", why), remedy).await
}

/// Ends an upgrade that failed, and says so: in the timeline, and to who waits for it.
pub(crate) async fn end_failed(
    control: &Control,
    upgrade: &Upgrade,
    (action, why): (&str, &str),
    remedy: &str,
) -> Result<(), Error> {
    let what = format!("the upgrade from OpenClaw {} to {} failed: {why}", upgrade.from, upgrade.to);
    let detail = serde_json::json!({ "from": upgrade.from, "to": upgrade.to });
    let event = control.event(ACTOR, action, &what, detail);
    let outcome = Outcome::Failed(BoxError { code: CODE.to_owned(), what, remedy: Some(remedy.to_owned()) });
    end(control, upgrade, (&outcome, Some(why)), event).await
}

/// Ends an upgrade. Nothing happens when it is over, or further than it was when it was looked at.
pub(crate) async fn end(
    control: &Control,
    upgrade: &Upgrade,
    outcome: (&Outcome, Option<&str>),
    event: NewEvent,
) -> Result<(), Error> {
    let fleet = control.upgrade_fleet();
    fleet.finish_upgrade(upgrade, outcome, event, control.inner.clock.now()).await?;
    control.inner.changes.intent(upgrade.box_id);
    Ok(())
}
