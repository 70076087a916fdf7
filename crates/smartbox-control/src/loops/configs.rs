//! Gives gateways what their owners want, sees whether they are well with it, and takes it back if not.

mod give;

use std::time::Duration;

use smartbox_core::config_change::{ConfigFacts, ConfigMove, ConfigStage, ConfigStanding, next_config_move};
use smartbox_core::{DeathReason, Observed};
use smartbox_provider::LogSource;
use smartbox_store::{BoxError, ConfigState, Outcome, Smartbox};
use tokio_util::sync::CancellationToken;

use super::rounds::rounds;
use crate::configs::{ACTOR, Censor};
use crate::{Control, Error, Keeping};
use give::{Given, Verdict};

/// Between two looks.
const LOOK: Duration = Duration::from_secs(1);
/// The time of a stage that does not go on is begun anew this often.
const PAUSE_NOTED_EVERY: Duration = Duration::from_secs(30);
/// A running gateway that has not taken a file over after this time gets it with a new incarnation.
const TAKEN_WITHIN: Duration = Duration::from_mins(1);
/// Changes that are followed at the same time.
const WIDTH: usize = 8;
/// Lines of a gateway's log that tell why it refused.
const LAST_WORDS_LINES: u32 = 12;
/// Code of the error of an operation whose change was taken back.
const CODE: &str = "config-rolled-back";

/// The loop of configurations.
pub struct ConfigLoop {
    control: Control,
    keeping: Keeping,
}

impl ConfigLoop {
    /// A loop that acts on what its platform keeps.
    pub fn under(control: Control, keeping: impl Into<Keeping>) -> Self {
        let keeping = keeping.into();
        Self { control, keeping }
    }

    /// Runs until told to stop. How far each change is, is written down: the next start goes on from there.
    pub async fn run(self, stop: CancellationToken) {
        rounds(LOOK, &stop, "the configurations could not be looked at", || self.pass()).await;
    }

    /// One look at every change that is under way.
    ///
    /// # Errors
    /// The database fails.
    pub async fn pass(&self) -> Result<(), Error> {
        if !self.keeping.is_held() {
            return Ok(());
        }
        let mut open = self.control.config_fleet().open_config_changes().await?;
        open.retain(|state| self.keeping.epoch_of(state.box_id).is_some());
        for some in open.chunks(WIDTH) {
            let followed = some.iter().map(|state| self.follow_and_tell(state));
            futures_util::future::join_all(followed).await;
        }
        Ok(())
    }

    async fn follow_and_tell(&self, state: &ConfigState) {
        if let Err(error) = self.follow(state).await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(box.id = %state.box_id, error, "a configuration could not be taken further");
        }
    }

    async fn follow(&self, state: &ConfigState) -> Result<(), Error> {
        let (Some(stage), fleet) = (state.stage, self.control.config_fleet()) else { return Ok(()) };
        let Some(row) = fleet.find_box(state.box_id).await? else { return Ok(()) };
        let backups = fleet.backup_state_of(row.id).await?;
        let facts = ConfigFacts {
            now: self.control.inner.clock.now(),
            stage,
            since: state.since,
            desired: row.desired,
            observed: &row.observed,
            observed_at: row.observed_at,
            is_current: row.observed_generation.is_some_and(|seen| seen >= row.generation),
            has_it: state.rendered == Some((state.version, row.generation)),
            is_left_alone: row.breaker.open.is_some(),
            is_busy: row.upgrade.is_some() || backups.restore_from.is_some(),
        };
        match next_config_move(&facts, &self.control.inner.limits.config) {
            ConfigMove::Wait => Ok(()),
            ConfigMove::Pause => self.pause(state, stage).await,
            ConfigMove::Apply => self.apply(state, &row).await,
            ConfigMove::Restart => self.restart(state, "its gateway gets it with a new start").await,
            ConfigMove::Prove => self.advance(state, ConfigStage::Proving).await,
            ConfigMove::Done => self.done(state, &row).await,
            ConfigMove::WentBack => self.went_back(state, &row).await,
            ConfigMove::GoBack(why) => self.go_back(state, &row, &self.last_words(&row, why).await).await,
            ConfigMove::Stuck(why) => self.stuck(state, &self.last_words(&row, why).await).await,
            ConfigMove::Drop => {
                let event = self.event(state, "box.config-dropped", "the box is being deleted");
                let outcome = (&Outcome::Superseded, None);
                fleet
                    .finish_config_change(state, outcome, event, self.control.inner.clock.now())
                    .await
                    .map_err(Error::from)?;
                Ok(())
            }
        }
    }

    fn event(&self, state: &ConfigState, action: &str, why: &str) -> smartbox_store::NewEvent {
        let detail = serde_json::json!({ "version": state.version, "failed_version": state.failed_version });
        self.control.event(ACTOR, action, why, detail)
    }

    fn age(&self, state: &ConfigState) -> Duration {
        let now = self.control.inner.clock.now();
        Duration::try_from(now.duration_since(state.since)).unwrap_or_default()
    }

    async fn pause(&self, state: &ConfigState, stage: ConfigStage) -> Result<(), Error> {
        if self.age(state) >= PAUSE_NOTED_EVERY { self.advance(state, stage).await } else { Ok(()) }
    }

    async fn advance(&self, state: &ConfigState, stage: ConfigStage) -> Result<(), Error> {
        let now = self.control.inner.clock.now();
        self.control.config_fleet().advance_config(state, stage, now).await?;
        Ok(())
    }

    /// Gives it to the running gateway, or, where that does not go, to the next incarnation.
    async fn apply(&self, state: &ConfigState, row: &Smartbox) -> Result<(), Error> {
        // While it falls asleep nothing begins: it gets it when it is awake again.
        let Some(_in_use) = self.control.inner.uses.begin(row.id) else { return Ok(()) };
        let Some(epoch) = self.keeping.epoch_of(row.id) else { return Ok(()) };
        match give::to_running(&self.control, epoch, row, state.version).await? {
            Given::Yes | Given::Overtaken => Ok(()),
            Given::No(why) => self.restart(state, why).await,
        }
    }

    async fn restart(&self, state: &ConfigState, why: &str) -> Result<(), Error> {
        let event = self.event(state, "box.config-restarts", why);
        let now = self.control.inner.clock.now();
        self.control.config_fleet().restart_for_config(state, event, now).await?;
        self.control.inner.changes.intent(state.box_id);
        Ok(())
    }

    /// What the gateway itself says of the file that it has. One that says nothing is judged by how it is.
    async fn is_taken(&self, row: &Smartbox) -> Result<Verdict, Error> {
        let Some(_in_use) = self.control.inner.uses.begin(row.id) else { return Ok(Verdict::NotYet) };
        give::ask(&self.control, row).await
    }

    async fn done(&self, state: &ConfigState, row: &Smartbox) -> Result<(), Error> {
        match self.is_taken(row).await? {
            Verdict::Taken | Verdict::Silent => {}
            Verdict::Refused(why) => return self.go_back(state, row, &why).await,
            Verdict::NotYet if self.age(state) > TAKEN_WITHIN => {
                return self.restart(state, "its gateway does not take it over while it runs").await;
            }
            Verdict::NotYet => return Ok(()),
        }
        let event =
            self.event(state, "box.config-applied", &format!("it is well with version {}", state.version));
        let outcome = (&Outcome::Succeeded, Some(ConfigStanding::Good));
        self.end(state, outcome, event).await
    }

    async fn go_back(&self, state: &ConfigState, row: &Smartbox, why: &str) -> Result<(), Error> {
        if state.stage == Some(ConfigStage::GoingBack) {
            return self.stuck(state, why).await;
        }
        let what = format!("version {} of its configuration is taken back: {why}", state.version);
        tracing::warn!(box.id = %row.id, version = state.version, "a configuration is taken back");
        let event = self.event(state, "box.config-rolls-back", &what);
        let restarts = row.observed != Observed::Ready;
        let now = self.control.inner.clock.now();
        self.control.config_fleet().begin_config_way_back(state, (why, restarts), event, now).await?;
        self.control.inner.changes.intent(state.box_id);
        Ok(())
    }

    async fn went_back(&self, state: &ConfigState, row: &Smartbox) -> Result<(), Error> {
        match self.is_taken(row).await? {
            Verdict::Taken | Verdict::Silent => {}
            Verdict::Refused(why) => return self.stuck(state, &why).await,
            Verdict::NotYet if self.age(state) > TAKEN_WITHIN => {
                return self.restart(state, "its gateway does not take it over while it runs").await;
            }
            Verdict::NotYet => return Ok(()),
        }
        let why = state.why.as_deref().unwrap_or("its gateway was not well with it");
        let failed = state.failed_version.unwrap_or_default();
        let what = format!("version {failed} of its configuration was taken back: {why}");
        let event = self.event(state, "box.config-rolled-back", &what);
        let remedy = "correct it and set it again; `smartbox box config history` shows the versions";
        let error = BoxError { code: CODE.to_owned(), what, remedy: Some(remedy.to_owned()) };
        self.end(state, (&Outcome::Failed(error), Some(ConfigStanding::Good)), event).await
    }

    async fn stuck(&self, state: &ConfigState, why: &str) -> Result<(), Error> {
        let first =
            state.why.as_deref().map(|first| format!("{first}; on the way back: ")).unwrap_or_default();
        let what = format!("its configuration could not be brought back: {first}{why}");
        tracing::error!(box.id = %state.box_id, "a configuration was taken back, and the box is not well with the one before");
        let event = self.event(state, "box.config-failed", &what);
        let remedy = "see `smartbox logs`; `smartbox box config rollback` takes any version that is kept";
        let error = BoxError { code: CODE.to_owned(), what, remedy: Some(remedy.to_owned()) };
        self.end(state, (&Outcome::Failed(error), None), event).await
    }

    async fn end(
        &self,
        state: &ConfigState,
        outcome: (&Outcome, Option<ConfigStanding>),
        event: smartbox_store::NewEvent,
    ) -> Result<(), Error> {
        let now = self.control.inner.clock.now();
        self.control.config_fleet().finish_config_change(state, outcome, event, now).await?;
        self.control.inner.changes.written();
        Ok(())
    }

    /// What is wrong, with the gateway's own words where it ended for its configuration.
    async fn last_words(&self, row: &Smartbox, why: String) -> String {
        if row.observed != Observed::Dead(DeathReason::Config) {
            return why;
        }
        let logs = self.control.inner.provider.logs(row.id, LogSource::Gateway, None, LAST_WORDS_LINES).await;
        let (Ok(chunk), Ok((_version, part))) = (logs, self.control.owner_part(row).await) else {
            return why;
        };
        let text = String::from_utf8_lossy(&chunk.bytes);
        let told = Censor::of(&part).tell(&text);
        if told.is_empty() { why } else { format!("{why}. The gateway said: {told}") }
    }
}
