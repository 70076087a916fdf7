//! Runs the commands that run by themselves, and looks after those of platforms that are gone.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use smartbox_core::ExecId;
use smartbox_core::exec::ExecEnd;
use smartbox_store::{ExecOutput, SystemActor};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

use super::live::Order;
use super::run::carry_out;
use super::{CommandKept, NewExec};
use crate::{Control, Error, Op};

/// Between two words that this process is alive.
const BEAT: Duration = Duration::from_secs(5);
/// A process that has said nothing for so long is gone.
const SILENCE_MAX: Duration = Duration::from_secs(20);
/// Commands of such processes that are looked after in one pass.
const LOST_MAX: u32 = 100;
/// Who writes it.
const ACTOR: &str = "commands";
/// What is said of a command whose process of the platform is gone.
const GONE: &str = "the platform ended while the command ran; the command was ended with its connection";
/// The same, when that process could say so itself.
const STOPPED: &str =
    "the platform was stopped while the command ran; the command was ended with its connection";
/// What is said when nobody runs commands.
const NOBODY: &str = "the platform has too much to do, or is stopping";

/// A command on its way. Its end is put down whatever becomes of it, unless the process is killed; then others do.
pub(crate) struct Job {
    control: Control,
    pub(super) id: ExecId,
    pub(super) op: Op,
    pub(super) reference: String,
    pub(super) new: NewExec,
    pub(super) timeout: Duration,
    pub(super) orders: mpsc::Receiver<Order>,
    pub(super) kept: Arc<Mutex<CommandKept>>,
    /// Dropped when it has ended.
    _ends: watch::Sender<()>,
}

impl Drop for Job {
    fn drop(&mut self) {
        self.control.inner.execs.remove(self.id);
    }
}

impl Job {
    pub(super) fn new(
        control: Control,
        id: ExecId,
        (op, reference): (Op, String),
        (new, timeout): (NewExec, Duration),
        (orders, kept, ends): (mpsc::Receiver<Order>, Arc<Mutex<CommandKept>>, watch::Sender<()>),
    ) -> Self {
        Self { control, id, op, reference, new, timeout, orders, kept, _ends: ends }
    }

    /// Nobody takes it.
    pub(super) async fn refuse(self) {
        self.end(&ExecEnd::Failed(NOBODY.to_owned())).await;
    }

    async fn run(mut self, stop: CancellationToken) {
        let control = self.control.clone();
        let end = tokio::select! {
            end = carry_out(&control, &mut self) => end,
            () = stop.cancelled() => ExecEnd::Lost(STOPPED.to_owned()),
        };
        self.end(&end).await;
    }

    async fn end(self, end: &ExecEnd) {
        let inner = &self.control.inner;
        let output = self.kept.lock().unwrap_or_else(PoisonError::into_inner).output();
        let fleet = inner.store.fleet(SystemActor::new(ACTOR));
        if let Err(error) = fleet.end_exec(self.id, end, &output, inner.clock.now()).await {
            // Its row has no end and no process that says that it has it: it will be found to be lost.
            tracing::warn!(
                exec = %self.id,
                error = &error as &dyn std::error::Error,
                "the end of a command could not be put down"
            );
        }
    }
}

/// The loop that runs commands.
pub struct CommandRunner {
    control: Control,
    jobs: mpsc::Receiver<Job>,
}

impl CommandRunner {
    /// A loop that has not begun. There is one for each [`Control`].
    pub fn new(control: Control) -> Self {
        let jobs = control.inner.execs.take_jobs();
        Self { control, jobs }
    }

    /// Runs until told to stop, and then until the end of every command is put down.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut running = JoinSet::new();
        let mut beat = interval_at(Instant::now() + BEAT, BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! { biased;
                () = stop.cancelled() => break,
                Some(job) = self.jobs.recv() => {
                    running.spawn(job.run(stop.clone()));
                }
                Some(_ended) = running.join_next() => {}
                _ = beat.tick() => {
                    if let Err(error) = self.control.look_after_execs().await {
                        tell(&error);
                    }
                }
            }
        }
        self.jobs.close();
        while let Some(job) = self.jobs.recv().await {
            job.refuse().await;
        }
        while running.join_next().await.is_some() {}
    }
}

fn tell(error: &Error) {
    let is_passing = matches!(error, Error::Unavailable { .. });
    let error: &dyn std::error::Error = error;
    if is_passing {
        // The next round is soon, and three of them may be missed.
        tracing::info!(error, "commands wait for the database");
    } else {
        tracing::warn!(error, "commands could not be looked after");
    }
}

impl Control {
    /// Says which commands this process runs, ends those that somebody wants to end, and puts down that those of processes
    /// which are gone are lost.
    ///
    /// # Errors
    /// The database fails.
    pub async fn look_after_execs(&self) -> Result<(), Error> {
        let inner = &self.inner;
        let (fleet, now) = (inner.store.fleet(SystemActor::new(ACTOR)), inner.clock.now());
        let mine = inner.execs.down();
        if !mine.is_empty() {
            self.beat(&mine).await?;
        }
        let silent_since = now.checked_sub(SILENCE_MAX).map_err(Error::internal)?;
        let lost = fleet.lose_execs(silent_since, GONE, now, LOST_MAX).await?;
        if lost > 0 {
            tracing::info!(lost, "commands of a platform that is gone are lost");
        }
        Ok(())
    }

    /// Says that this process has these commands.
    async fn beat(&self, mine: &[ExecId]) -> Result<(), Error> {
        let inner = &self.inner;
        let (fleet, now) = (inner.store.fleet(SystemActor::new(ACTOR)), inner.clock.now());
        let known = fleet.beat_execs(inner.execs.runner(&*inner.entropy), now).await?;
        for id in mine {
            // One that has an end already was given up by others.
            let is_wanted = known.iter().any(|(known, is_unwanted)| known == id && !is_unwanted);
            if !is_wanted && let Some(live) = inner.execs.find(*id) {
                // One that has that many orders is told at the next pass.
                let _full = live.orders.try_send(Order::Kill);
            }
        }
        for (id, _) in known {
            // What is in the database was known here before, so it has ended, and that could not be put down.
            if inner.execs.find(id).is_none() {
                let end = ExecEnd::Lost(GONE.to_owned());
                fleet.end_exec(id, &end, &ExecOutput::default(), now).await?;
            }
        }
        Ok(())
    }
}
