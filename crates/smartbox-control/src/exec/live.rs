//! Commands that this process of the platform runs by itself, and how they are told something.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use smartbox_core::ExecId;
use smartbox_store::ExecOutput;
use tokio::sync::{mpsc, watch};

use super::CommandKept;
use super::runner::Job;
use super::slots::Slots;
use crate::{Entropy, random_token};

/// Commands that wait to be taken up by the runner.
const JOBS_MAX: usize = 64;
/// Things that wait to be told to one command.
pub(super) const ORDERS_MAX: usize = 16;

/// Something to tell a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// End, at once.
    Kill,
    /// This signal, a name without `SIG`.
    Signal(String),
    /// The new size of its terminal.
    Resize {
        /// In characters.
        columns: u16,
        /// In characters.
        rows: u16,
    },
}

/// A command that this process runs, as others see it.
#[derive(Clone)]
pub(crate) struct Live {
    pub(super) orders: mpsc::Sender<Order>,
    pub(super) kept: Arc<Mutex<CommandKept>>,
    /// Its row is in the database.
    pub(super) is_down: bool,
    /// Closed when its end is down in the database.
    pub(super) ended: watch::Receiver<()>,
}

impl Live {
    pub(super) fn output(&self) -> ExecOutput {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).output()
    }
}

/// The commands that run by themselves, and the way to whoever runs them.
pub(crate) struct Execs {
    pub(crate) slots: Slots,
    live: Mutex<HashMap<ExecId, Live>>,
    pub(super) jobs: mpsc::Sender<Job>,
    waiting: Mutex<Option<mpsc::Receiver<Job>>>,
    runner: OnceLock<String>,
}

impl Default for Execs {
    fn default() -> Self {
        let (jobs, waiting) = mpsc::channel(JOBS_MAX);
        Self {
            slots: Slots::default(),
            live: Mutex::default(),
            jobs,
            waiting: Mutex::new(Some(waiting)),
            runner: OnceLock::new(),
        }
    }
}

impl Execs {
    /// What this process is called in the rows of its commands. No other process has the name.
    pub(super) fn runner(&self, entropy: &dyn Entropy) -> &str {
        self.runner.get_or_init(|| random_token(entropy))
    }

    /// What waits for the runner. There is one runner: a second one gets nothing.
    pub(super) fn take_jobs(&self) -> mpsc::Receiver<Job> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        waiting.unwrap_or_else(|| mpsc::channel(1).1)
    }

    pub(super) fn insert(&self, id: ExecId, live: Live) {
        self.live().insert(id, live);
    }

    /// Its row is in the database from now on.
    pub(super) fn is_down(&self, id: ExecId) {
        if let Some(live) = self.live().get_mut(&id) {
            live.is_down = true;
        }
    }

    pub(super) fn remove(&self, id: ExecId) {
        self.live().remove(&id);
    }

    pub(super) fn find(&self, id: ExecId) -> Option<Live> {
        self.live().get(&id).cloned()
    }

    /// Those whose rows are in the database.
    pub(super) fn down(&self) -> Vec<ExecId> {
        self.live().iter().filter(|(_, live)| live.is_down).map(|(id, _)| *id).collect()
    }

    fn live(&self) -> MutexGuard<'_, HashMap<ExecId, Live>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
