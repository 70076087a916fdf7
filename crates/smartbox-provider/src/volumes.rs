//! The disks of boxes, for whoever saves them and puts them back.

use std::path::{Path, PathBuf};
use std::time::Duration;

use smartbox_core::{BoxId, UidRange};

use crate::{Epoch, ProviderError};

/// Blocking work on the home of an agent. It is given the directory, in which everything is foreign: the box chose names,
/// links and kinds of files.
pub type StillWork = Box<dyn FnOnce(&Path) + Send>;

/// What kept a box's processes from writing while something was done with its disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stillness {
    /// They were frozen for it, for this long.
    Frozen(Duration),
    /// They sleep anyway.
    Asleep,
    /// There are none.
    Stopped,
}

impl Stillness {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Frozen(_) => "frozen",
            Self::Asleep => "asleep",
            Self::Stopped => "stopped",
        }
    }

    /// How long the processes were held up.
    pub const fn cost(self) -> Duration {
        match self {
            Self::Frozen(cost) => cost,
            Self::Asleep | Self::Stopped => Duration::ZERO,
        }
    }
}

/// Where disks of boxes can be read and replaced.
///
/// A replacement is staged beside the disk, marked as complete, and put in its place as a whole; what was there becomes what
/// can be gone back to. Each call is idempotent, and a crash between any two of them, or in the middle of one, leaves the old
/// disk or the new one.
#[async_trait::async_trait]
pub trait Volumes: Send + Sync {
    /// The home of the box's agent, as this machine reaches it. `None`: there is none, or nothing was ever put into it.
    async fn home(&self, id: BoxId) -> Result<Option<PathBuf>, ProviderError>;

    /// Does `work` with the home while no process of the box can write to it. Processes that run are frozen for as long as it
    /// takes, and go on whatever happens. A platform that is killed in between leaves a frozen box, which is seen as asleep.
    ///
    /// # Errors
    /// When there is no home, or not every process can be frozen.
    async fn while_still(&self, id: BoxId, epoch: Epoch, work: StillWork)
    -> Result<Stillness, ProviderError>;

    /// An empty directory to stage the home of an agent in. What was staged before is gone.
    async fn stage(&self, id: BoxId, epoch: Epoch, range: UidRange) -> Result<PathBuf, ProviderError>;

    /// Says that what is staged is complete, and what it is.
    async fn mark_staged(&self, id: BoxId, epoch: Epoch, what: &str) -> Result<(), ProviderError>;

    /// What is staged and complete; it may have been put in place by a swap that was not finished.
    async fn staged(&self, id: BoxId) -> Result<Option<String>, ProviderError>;

    /// What was put in place by the last swap that was finished.
    async fn placed(&self, id: BoxId) -> Result<Option<String>, ProviderError>;

    /// Stages what was there before the last swap, as `what`. False: nothing is kept.
    async fn stage_undo(&self, id: BoxId, epoch: Epoch, what: &str) -> Result<bool, ProviderError>;

    /// Puts what is staged in place. What was there is kept, instead of what was kept before; returns whether there was
    /// anything.
    ///
    /// # Errors
    /// When the box has processes, or nothing is staged.
    async fn swap(&self, id: BoxId, epoch: Epoch) -> Result<bool, ProviderError>;

    /// Forgets what was there before the last swap.
    async fn forget_undo(&self, id: BoxId, epoch: Epoch) -> Result<(), ProviderError>;
}
