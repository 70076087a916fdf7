//! Tries a version of the agent runtime on a backup of a box, in a sealed box, before the box itself is upgraded.

use std::time::Duration;

use smartbox_core::capacity::Admission;
use smartbox_core::upgrade::UpgradeStage;
use smartbox_core::{BoxId, Desired};
use smartbox_provider::Epoch;
use smartbox_store::{Backup, Drill, Smartbox, SystemActor, Upgrade};
use tokio_util::sync::CancellationToken;

use super::rounds::rounds;
use crate::backups::distrust;
use crate::entropy::id_parts;
use crate::error::chain;
use crate::room::Starts;
use crate::sealed::{Boot, boot, clean_up};
use crate::upgrades::{ACTOR, end_failed, go_on};
use crate::{Control, Error, Keeping};

/// Between two looks at whether one is wanted.
const LOOK: Duration = Duration::from_secs(2);

/// The loop of trials. It has one sealed box at a time, so upgrades of many boxes wait for each other here, and nowhere else.
pub struct TrialLoop {
    control: Control,
    keeping: Keeping,
}

/// What came of one.
enum Trial {
    /// This backup came up.
    Well(Box<Backup>),
    /// It did not.
    Unwell(String),
    /// There was none, and why.
    None(String),
    /// The host is busy now.
    Later,
}

impl TrialLoop {
    /// A loop that acts on what its platform keeps, with the fencing numbers of that.
    pub fn under(control: Control, keeping: impl Into<Keeping>) -> Self {
        let keeping = keeping.into();
        Self { control, keeping }
    }

    /// Runs until told to stop. A trial in the middle is dropped, and made again by the next start; its box is removed then.
    pub async fn run(self, stop: CancellationToken) {
        rounds(LOOK, &stop, "the trials could not be looked at", || self.pass()).await;
    }

    /// Makes the trials that are waited for, one after the other.
    ///
    /// # Errors
    /// The database fails.
    pub async fn pass(&self) -> Result<(), Error> {
        // One platform makes them for all: there is one sealed box at a time.
        let Some(epoch) = self.keeping.leading_epoch() else { return Ok(()) };
        let fleet = self.control.upgrade_fleet();
        let waiting = fleet.open_upgrades().await?;
        for upgrade in waiting.iter().filter(|upgrade| upgrade.stage == UpgradeStage::Trying) {
            let Some(row) = fleet.find_box(upgrade.box_id).await? else { continue };
            if row.desired == Desired::Deleted {
                continue;
            }
            let tried = self.try_on_backup(upgrade, &row, epoch).await.unwrap_or_else(|error| {
                let error = chain(&error);
                tracing::warn!(box.id = %row.id, error, "a version could not be tried before an upgrade");
                Trial::None("no sealed box could be made; the platform's log says why".to_owned())
            });
            if let Err(error) = self.conclude(upgrade, tried).await {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(box.id = %row.id, error, "an upgrade could not be taken further");
            }
        }
        Ok(())
    }

    async fn conclude(&self, upgrade: &Upgrade, tried: Trial) -> Result<(), Error> {
        match tried {
            Trial::Later => Ok(()),
            Trial::Well(backup) => {
                let what = format!(
                    "its backup of {} came up on OpenClaw {} in a sealed box; now the box itself is upgraded",
                    backup.made_at, upgrade.to
                );
                go_on(&self.control, upgrade, ("box.upgrade-tried", &what)).await
            }
            Trial::None(why) => {
                let what = format!("OpenClaw {} was not tried on a backup first: {why}", upgrade.to);
                go_on(&self.control, upgrade, ("box.upgrade-not-tried", &what)).await
            }
            Trial::Unwell(why) => {
                let told = format!(
                    "its newest good backup was booted on it in a sealed box and is not well: {why}; the box itself was not touched"
                );
                tracing::warn!(box.id = %upgrade.box_id, to = upgrade.to, why, "an upgrade ends before it has begun");
                let remedy = "wait for a version in which that is mended, and upgrade to it";
                end_failed(&self.control, upgrade, ("box.upgrade-failed", &told), remedy).await
            }
        }
    }

    async fn try_on_backup(&self, upgrade: &Upgrade, row: &Smartbox, epoch: Epoch) -> Result<Trial, Error> {
        let backups = self.control.backup_fleet().backups_of(row.id).await?;
        let Some(backup) = backups.into_iter().find(Backup::is_good) else {
            return Ok(Trial::None("it has no good backup".to_owned()));
        };
        let turn = self.control.inner.sealed.turn().await;
        clean_up(&self.control, epoch, &turn).await?;
        let mut starts = Starts::look(&self.control, [row], |_row| false).await?;
        match starts.admit(&self.control, row) {
            Admission::Admitted => {}
            Admission::Later => return Ok(Trial::Later),
            Admission::NoRoom { .. } => {
                return Ok(Trial::None("there is no room for another box on this machine".to_owned()));
            }
        }
        let now = self.control.inner.clock.now();
        let (at, random) = id_parts(&*self.control.inner.entropy, now);
        let trial = Drill {
            id: BoxId::from_parts(at, random),
            org: row.org,
            box_id: row.id,
            backup: backup.id,
            runtime_version: upgrade.to.clone(),
            begun_at: now,
        };
        let fleet = self.control.inner.store.fleet(SystemActor::new(ACTOR));
        fleet.begin_drill(&trial).await?;
        let sealed = (trial.id, epoch);
        let booted = boot(&self.control, (row, &backup), &upgrade.to, sealed).await?;
        // It was no drill: it says nothing of the backup on the version that saved it.
        fleet.drop_drill(&trial).await?;
        Ok(match booted {
            Boot::Well => Trial::Well(Box::new(backup)),
            Boot::Unwell(why) => Trial::Unwell(why),
            Boot::Broken(wrong) => {
                // That says nothing of the version: the next look takes the good one before it.
                distrust(&self.control, &backup, &wrong).await?;
                Trial::Later
            }
        })
    }
}
