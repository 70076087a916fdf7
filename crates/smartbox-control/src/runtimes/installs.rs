//! Installations: asked for by people, carried out one after the other by a loop.
//!
//! What waits is gone with the process: nothing depends on it, and whoever asked sees that the version is not there.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use smartbox_store::SystemActor;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::ACTOR;
use crate::{Control, Error};

/// Versions that wait to be installed.
const WAITING_MAX: usize = 4;

/// How an installation that somebody asked for stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Another one is under way.
    Waiting,
    /// It is under way.
    Going,
    /// It did not work.
    Failed(String),
}

#[derive(Default)]
struct State {
    waiting: VecDeque<String>,
    going: Option<String>,
    /// By version: no more than this program can install.
    failed: BTreeMap<String, String>,
}

/// What people asked for.
#[derive(Default)]
pub(crate) struct Installs {
    state: Mutex<State>,
    wake: Notify,
}

impl Installs {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for one. False: too many wait. Asking twice is asking once.
    pub(crate) fn ask(&self, version: &str) -> bool {
        let mut state = self.state();
        let is_known =
            state.going.as_deref() == Some(version) || state.waiting.iter().any(|one| one == version);
        if is_known {
            return true;
        }
        if state.waiting.len() >= WAITING_MAX {
            return false;
        }
        state.failed.remove(version);
        state.waiting.push_back(version.to_owned());
        drop(state);
        self.wake.notify_one();
        true
    }

    /// How one stands; `None`: nobody asked, or it is there.
    pub(crate) fn standing(&self, version: &str) -> Option<Standing> {
        let state = self.state();
        if state.going.as_deref() == Some(version) {
            return Some(Standing::Going);
        }
        if state.waiting.iter().any(|one| one == version) {
            return Some(Standing::Waiting);
        }
        state.failed.get(version).cloned().map(Standing::Failed)
    }

    fn begin(&self) -> Option<String> {
        let mut state = self.state();
        let next = state.waiting.pop_front();
        state.going.clone_from(&next);
        next
    }

    fn end(&self, version: &str, failure: Option<&str>) {
        let mut state = self.state();
        state.going = None;
        if let Some(why) = failure {
            state.failed.insert(version.to_owned(), why.to_owned());
        }
    }
}

/// The loop that installs runtimes.
pub struct RuntimeInstaller {
    control: Control,
}

impl RuntimeInstaller {
    /// A loop that has not begun.
    pub fn new(control: Control) -> Self {
        Self { control }
    }

    /// Runs until told to stop. An installation in the middle is dropped, and leaves nothing that counts.
    pub async fn run(self, stop: CancellationToken) {
        let inner = &self.control.inner;
        loop {
            tokio::select! { biased;
                () = stop.cancelled() => return,
                () = inner.installs.wake.notified() => {}
            }
            tokio::select! { biased;
                () = stop.cancelled() => return,
                done = self.pass() => {
                    if let Err(error) = done {
                        let error = &error as &dyn std::error::Error;
                        tracing::warn!(error, "what became of an installation could not be written down");
                    }
                }
            }
        }
    }

    /// Installs everything that was asked for.
    ///
    /// # Errors
    /// The database fails. What fails to install is no error: it is told to whoever asks.
    pub async fn pass(&self) -> Result<(), Error> {
        let inner = &self.control.inner;
        while let Some(version) = inner.installs.begin() {
            let installed = inner.runtimes.install(&version).await;
            let failure = installed.err();
            inner.installs.end(&version, failure.as_deref());
            let (action, reason) = match &failure {
                None => ("runtime.installed", "boxes can be pinned to it"),
                Some(why) => {
                    tracing::warn!(version, why, "an agent runtime could not be installed");
                    ("runtime.install-failed", "the platform's log says why")
                }
            };
            let event = self.control.event(ACTOR, action, reason, serde_json::json!({ "version": version }));
            let fleet = inner.store.fleet(SystemActor::new(ACTOR));
            fleet.append_event(None, None, event, inner.clock.now()).await?;
            inner.changes.written();
        }
        Ok(())
    }
}
