//! Files of boxes. What is done with them needs no processes: a box that sleeps or is stopped goes on doing so.
//!
//! Who may run commands in a box may do this: the files hold every credential that the box has, so whoever only looks at boxes may not
//! read them.

mod change;
mod read;
mod search;
mod trash;

use std::sync::Arc;
use std::time::Duration;

use smartbox_core::wake::WakeRefusal;
use smartbox_core::{Desired, Permission};
use smartbox_files::FileHome;
use smartbox_provider::Files;
use smartbox_store::{Smartbox, SystemActor};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

pub use change::{FILE_BYTES_MAX, FileWriting};
pub use read::{Looked, PAGE_ENTRIES_MAX};
pub use search::FileSearch;
pub use trash::Thrown;

use crate::{Control, Error, Op};

/// Searches, copies and removals that are under way at the same time: each takes a thread for as long as it lasts.
const HEAVY_MAX: usize = 4;
/// How long one waits for its turn.
const TURN_WAIT: Duration = Duration::from_secs(10);

/// What the use-cases of files share.
pub(crate) struct FileWork {
    /// Where the files are.
    port: Arc<dyn Files>,
    heavy: Arc<Semaphore>,
}

impl FileWork {
    pub(crate) fn new(port: Arc<dyn Files>) -> Self {
        Self { port, heavy: Arc::new(Semaphore::new(HEAVY_MAX)) }
    }

    /// Waits for a turn for work that takes long.
    async fn turn(&self) -> Result<OwnedSemaphorePermit, Error> {
        match timeout(TURN_WAIT, Arc::clone(&self.heavy).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(Error::Unavailable {
                what: "other work on files is under way".to_owned(),
                retry_after: TURN_WAIT,
            }),
        }
    }
}

impl Control {
    /// The home of a box, for somebody who may look into it.
    async fn home_of(&self, op: &Op, reference: &str) -> Result<(Smartbox, Arc<dyn FileHome>), Error> {
        let smartbox = self.resolve(op, Permission::BoxesExec, reference).await?;
        if smartbox.desired == Desired::Deleted {
            return Err(WakeRefusal::Deleted.into());
        }
        let state = self.inner.store.org(smartbox.org).backup_state(smartbox.id).await?;
        if state.restore_from.is_some() {
            return Err(Error::Conflict {
                what: "the box is being restored: its disk is about to be replaced".to_owned(),
                remedy: format!("wait until it is; `smartbox why {}` tells how far it is", smartbox.name),
            });
        }
        let home = self.inner.files.port.files(smartbox.id).await.map_err(Error::internal)?;
        let home = home.ok_or_else(|| Error::Conflict {
            what: "there is no disk of the box here: it was never started, or lies in its backup".to_owned(),
            remedy: "start it: then there is".to_owned(),
        })?;
        Ok((smartbox, home))
    }

    /// The same, for somebody who wants to change something in it.
    async fn home_to_change(&self, op: &Op, reference: &str) -> Result<(Smartbox, Arc<dyn FileHome>), Error> {
        let (smartbox, home) = self.home_of(op, reference).await?;
        // It may be put back as it was before the upgrade, without what is changed now.
        crate::upgrades::require_none(&smartbox)?;
        Ok((smartbox, home))
    }

    /// The same, for somebody who wants to put more onto the disk: what may not run may not grow.
    async fn home_to_fill(&self, op: &Op, reference: &str) -> Result<(Smartbox, Arc<dyn FileHome>), Error> {
        let (smartbox, home) = self.home_to_change(op, reference).await?;
        let org = self.inner.store.org(smartbox.org);
        let holds = org.wake_holds().await?.into_iter().chain(org.box_hold(smartbox.id).await?);
        match holds.map(|hold| hold.kind).next() {
            Some(kind) => Err(WakeRefusal::Held(kind).into()),
            None => Ok((smartbox, home)),
        }
    }

    /// Puts down that somebody has changed files of a box.
    async fn note_files(
        &self,
        op: &Op,
        smartbox: &Smartbox,
        action: &str,
        detail: serde_json::Value,
    ) -> Result<(), Error> {
        let event = self.event_of(op, action, "asked for", detail);
        let fleet = self.inner.store.fleet(SystemActor::new("files"));
        Ok(fleet.append_event(Some(smartbox.org), Some(smartbox.id), event, self.inner.clock.now()).await?)
    }
}

impl From<smartbox_files::Error> for Error {
    fn from(error: smartbox_files::Error) -> Self {
        use smartbox_files::Error as Files;
        let what = error.to_string();
        let stands = |remedy: &str| Self::Conflict { what: what.clone(), remedy: remedy.to_owned() };
        match error {
            Files::NotFound => Self::NotFound("box file"),
            Files::NotAFile => {
                stands("name a regular file; a directory is listed, and what else there is cannot be opened")
            }
            Files::NotADirectory => stands("name a directory"),
            Files::LeadsOut => stands("links are not followed: name the place that the link points to"),
            Files::Exists => stands("choose another name, or say `replace`, which replaces files"),
            Files::NotEmpty => stands("remove what is in it first"),
            Files::Changed => Self::VersionMismatch,
            Files::Senseless(_) => Self::field("path", what),
            Files::TooMuch { .. } => Self::FileTooLarge(what),
            Files::Full => Self::DiskFull,
            Files::Io(_) => Self::internal(error),
        }
    }
}
