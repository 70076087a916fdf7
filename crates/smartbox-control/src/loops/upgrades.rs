//! Sees upgrades through: whether a box is well on its new version, and back to the old one if it is not.

use std::time::Duration;

use smartbox_core::upgrade::{NextMove, UpgradeFacts, next_move};
use smartbox_provider::Epoch;
use smartbox_store::{Outcome, Smartbox, Upgrade};
use tokio_util::sync::CancellationToken;

use super::rollouts;
use super::rounds::rounds;
use crate::backups::take;
use crate::upgrades::{ACTOR, end, end_failed, give_up, go_on};
use crate::{Control, Error, Keeping};

/// Between two looks. A boot takes ten seconds and more.
const LOOK: Duration = Duration::from_secs(2);
/// The time of a stage that does not go on is begun anew this often.
const PAUSE_NOTED_EVERY: Duration = Duration::from_secs(30);

/// The loop of upgrades. It looks at one box after the other; what takes long, the boxes' starts, is the reconciler's.
pub struct UpgradeLoop {
    control: Control,
    keeping: Keeping,
}

impl UpgradeLoop {
    /// A loop that acts on what its platform keeps, with the fencing numbers of that.
    pub fn under(control: Control, keeping: impl Into<Keeping>) -> Self {
        let keeping = keeping.into();
        Self { control, keeping }
    }

    /// Runs until told to stop. How far each upgrade is, is written down: the next start goes on from there.
    pub async fn run(self, stop: CancellationToken) {
        rounds(LOOK, &stop, "the upgrades could not be looked at", || self.pass()).await;
    }

    /// One look at every upgrade that is under way.
    ///
    /// # Errors
    /// The database fails.
    pub async fn pass(&self) -> Result<(), Error> {
        if !self.keeping.is_held() {
            return Ok(());
        }
        let open = self.control.upgrade_fleet().open_upgrades().await?;
        for (upgrade, epoch) in open.iter().filter_map(|one| Some((one, self.keeping.epoch_of(one.box_id)?)))
        {
            if let Err(error) = self.follow(upgrade, epoch).await {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(box.id = %upgrade.box_id, error, "an upgrade could not be taken further");
            }
        }
        // Rollouts are about boxes of all platforms.
        if self.keeping.leading_epoch().is_some() { rollouts::pass(&self.control).await } else { Ok(()) }
    }

    async fn follow(&self, upgrade: &Upgrade, epoch: Epoch) -> Result<(), Error> {
        let fleet = self.control.upgrade_fleet();
        let Some(row) = fleet.find_box(upgrade.box_id).await? else { return Ok(()) };
        let state = fleet.backup_state_of(row.id).await?;
        let now = self.control.inner.clock.now();
        let facts = UpgradeFacts {
            now,
            stage: upgrade.stage,
            since: upgrade.since,
            desired: row.desired,
            observed: &row.observed,
            observed_at: row.observed_at,
            is_current: row.observed_generation.is_some_and(|seen| seen >= row.generation),
            restarts: row.restarts,
            is_left_alone: row.breaker.open.is_some(),
            is_restoring: state.restore_from.is_some(),
            is_on_new: row.runtime_version == upgrade.to,
        };
        match next_move(&facts, &self.control.inner.limits.upgrade) {
            NextMove::Wait => Ok(()),
            NextMove::SkipTrial => {
                let what =
                    format!("OpenClaw {} was not tried on a backup first: its turn did not come", upgrade.to);
                go_on(&self.control, upgrade, ("box.upgrade-not-tried", &what)).await
            }
            NextMove::Pause => self.pause(upgrade).await,
            NextMove::LookAtState => self.look_at_state(upgrade, &row, epoch).await,
            NextMove::GoBack(why) => self.go_back(upgrade, &why).await,
            NextMove::GiveUp(why) => give_up(&self.control, upgrade, &why).await,
            NextMove::WentBack => self.went_back(upgrade).await,
            NextMove::Stuck(why) => self.stuck(upgrade, &row, &why).await,
            NextMove::Drop => {
                let what = "the box is being deleted";
                let event = self.control.event(ACTOR, "box.upgrade-dropped", what, serde_json::json!({}));
                end(&self.control, upgrade, (&Outcome::Superseded, Some(what)), event).await
            }
        }
    }

    async fn pause(&self, upgrade: &Upgrade) -> Result<(), Error> {
        let now = self.control.inner.clock.now();
        let age = Duration::try_from(now.duration_since(upgrade.since)).unwrap_or_default();
        if age >= PAUSE_NOTED_EVERY {
            self.control.upgrade_fleet().restart_upgrade_clock(upgrade.id, now).await?;
        }
        Ok(())
    }

    /// Compares what the new version made of the state with what was saved.
    async fn look_at_state(&self, upgrade: &Upgrade, row: &Smartbox, epoch: Epoch) -> Result<(), Error> {
        let backups = self.control.backup_fleet().backups_of(row.id).await?;
        let saved = backups.iter().find(|backup| Some(backup.id) == upgrade.backup);
        match take::inspect(&self.control, row.id, epoch).await {
            Ok(found) => match take::compare(saved.map(|backup| &backup.facts), &found) {
                None => self.done(upgrade).await,
                Some(why) => self.go_back(upgrade, &format!("its state did not come through: {why}")).await,
            },
            Err(error) => {
                let now = self.control.inner.clock.now();
                let age = Duration::try_from(now.duration_since(upgrade.since)).unwrap_or_default();
                let times = &self.control.inner.limits.upgrade;
                if age <= times.ready_within + times.steady_for {
                    return Err(error);
                }
                tracing::warn!(box.id = %row.id, error = &error as &dyn std::error::Error, "a state could not be looked at");
                self.go_back(upgrade, "its state could not be looked at").await
            }
        }
    }

    async fn done(&self, upgrade: &Upgrade) -> Result<(), Error> {
        let what = format!("it is well on OpenClaw {}, and its state came through", upgrade.to);
        let detail = serde_json::json!({ "from": upgrade.from, "to": upgrade.to });
        let event = self.control.event(ACTOR, "box.upgraded", &what, detail);
        end(&self.control, upgrade, (&Outcome::Succeeded, None), event).await
    }

    async fn go_back(&self, upgrade: &Upgrade, why: &str) -> Result<(), Error> {
        if upgrade.backup.is_none() {
            let told = format!("{why}; it had no state before, so there is nothing to go back to");
            let remedy = "read the last log lines; `smartbox logs` shows more";
            return end_failed(&self.control, upgrade, ("box.upgrade-failed", &told), remedy).await;
        }
        let what = format!(
            "it is not well on OpenClaw {}, and goes back to {} with the state from before: {why}",
            upgrade.to, upgrade.from
        );
        tracing::warn!(box.id = %upgrade.box_id, from = upgrade.from, to = upgrade.to, why, "an upgrade is rolled back");
        let detail = serde_json::json!({ "from": upgrade.from, "to": upgrade.to });
        let event = self.control.event(ACTOR, "box.upgrade-rolls-back", &what, detail);
        let now = self.control.inner.clock.now();
        self.control.upgrade_fleet().begin_going_back(upgrade, why, event, now).await?;
        self.control.inner.changes.intent(upgrade.box_id);
        Ok(())
    }

    async fn went_back(&self, upgrade: &Upgrade) -> Result<(), Error> {
        let why = upgrade.why.as_deref().unwrap_or("it was not well");
        let told = format!("{why}; version and state are those from before");
        let remedy =
            "the timeline and the log of the box tell more; then upgrade again, or to another version";
        end_failed(&self.control, upgrade, ("box.upgrade-rolled-back", &told), remedy).await
    }

    async fn stuck(&self, upgrade: &Upgrade, row: &Smartbox, why: &str) -> Result<(), Error> {
        let told = match &upgrade.why {
            Some(first) => format!("{first}; on the way back: {why}"),
            None => why.to_owned(),
        };
        tracing::error!(box.id = %row.id, why = told, "an upgrade failed and could not be rolled back");
        let remedy = "`smartbox backup list` shows the state from before (before-upgrade); `smartbox backup restore` puts it \
                      in place together with its version";
        end_failed(&self.control, upgrade, ("box.upgrade-failed", &told), remedy).await
    }
}
