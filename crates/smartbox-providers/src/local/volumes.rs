//! The disks of boxes, read and replaced.
//!
//! A box that is copied from is frozen as a whole, and only for that. Until it goes on, the provider does not say that it
//! sleeps: nobody has to wake it. If the platform is killed in between, nothing is left that keeps it from being seen as
//! asleep, and whoever wants it to run wakes it.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{CWD, Dir, Mode, OFlags};
use rustix::io::Errno;
use smartbox_boxd::AGENT_ID;
use smartbox_core::{BoxId, UidRange};
use smartbox_provider::{Epoch, Places, ProviderError, StillWork, Stillness, Volumes};
use tokio::time::Instant;

use super::error::at_path;
use super::host::{Doing, Host};
use super::remove::remove_tree;
use super::{LocalProvider, guarded, run_blocking};

impl Host {
    fn places(&self, id: BoxId) -> Places {
        Places { home: self.paths.agent_volume(id), beside: self.paths.box_dir(id) }
    }

    fn used_home(&self, id: BoxId) -> Result<Option<PathBuf>, ProviderError> {
        let home = self.paths.agent_volume(id);
        let is_used = has_state(&home).map_err(at_path("looking at the box's volume", &home))?;
        Ok(is_used.then_some(home))
    }

    /// Blocks.
    fn while_still(&self, id: BoxId, work: StillWork) -> Result<Stillness, ProviderError> {
        let home = self.paths.agent_volume(id);
        if self.record(id)?.is_none_or(|record| !self.lives(&record)) {
            work(&home);
            return Ok(Stillness::Stopped);
        }
        if self.cgroups.is_frozen(id) {
            work(&home);
            return Ok(Stillness::Asleep);
        }
        let _doing = self.doing(id, Doing::Copying);
        let began = Instant::now();
        self.cgroups.freeze(id).map_err(|error| {
            ProviderError::transient("not every process of the box could be frozen", error)
        })?;
        let thaw = Thaw { host: self, id };
        work(&home);
        thaw.now()?;
        Ok(Stillness::Frozen(began.elapsed()))
    }

    fn stage(&self, id: BoxId, range: UidRange) -> Result<PathBuf, ProviderError> {
        let places = self.places(id);
        let (dir, home) = (places.restore_dir(), places.staged_home());
        let agent = range.host_id(AGENT_ID);
        let made = remove_tree(&dir).and_then(|()| make_private(&dir)).and_then(|()| make_private(&home));
        let made = made.and_then(|()| std::os::unix::fs::lchown(&home, Some(agent), Some(agent)));
        made.map_err(at_path("making room beside the box's volume", &dir))?;
        Ok(home)
    }

    fn swap(&self, id: BoxId) -> Result<bool, ProviderError> {
        if self.record(id)?.is_some_and(|record| self.lives(&record)) {
            return Err(ProviderError::transient_text("the box has processes"));
        }
        let places = self.places(id);
        let volume = self.paths.box_dir(id).join("volume");
        let swapped = make_private(&volume).and_then(|()| places.swap(remove_tree));
        swapped.map_err(at_path("replacing the box's volume", &volume))
    }
}

/// Lets the box go on, also when the work breaks.
struct Thaw<'a> {
    host: &'a Host,
    id: BoxId,
}

impl Thaw<'_> {
    fn now(self) -> Result<(), ProviderError> {
        let thawed = self.host.cgroups.thaw(self.id);
        std::mem::forget(self);
        thawed.map_err(|error| ProviderError::transient("the processes of the box cannot be thawed", error))
    }
}

impl Drop for Thaw<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.host.cgroups.thaw(self.id) {
            tracing::error!(id = %self.id, %error, "a box that was copied from cannot be thawed");
        }
    }
}

/// Whether anything was ever put into the state directory of this home.
fn has_state(home: &Path) -> io::Result<bool> {
    let Some(home) = open_dir(CWD, home)? else { return Ok(false) };
    let Some(state) = open_dir(&home, Path::new("state"))? else { return Ok(false) };
    for entry in Dir::read_from(&state)? {
        if !matches!(entry?.file_name().to_bytes(), b"." | b"..") {
            return Ok(true);
        }
    }
    Ok(false)
}

fn open_dir(at: impl std::os::fd::AsFd, name: &Path) -> io::Result<Option<OwnedFd>> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match rustix::fs::openat(at, name, flags, Mode::empty()) {
        Ok(dir) => Ok(Some(dir)),
        // A link or a file of that name holds no state.
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn make_private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    match fs::DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

impl LocalProvider {
    /// Does blocking work on the disk of a box, alone and for the newest controller.
    async fn on_disk<T: Send + 'static>(
        &self,
        id: BoxId,
        epoch: Epoch,
        work: impl FnOnce(&Host) -> Result<T, ProviderError> + Send + 'static,
    ) -> Result<T, ProviderError> {
        let guard = self.locks.lock(id).await;
        let host = Arc::clone(&self.host);
        let (_guard, done) = guarded(guard, move || {
            host.fence(id, epoch)?;
            work(&host)
        })
        .await?;
        Ok(done)
    }
}

#[async_trait::async_trait]
impl Volumes for LocalProvider {
    async fn home(&self, id: BoxId) -> Result<Option<PathBuf>, ProviderError> {
        let host = Arc::clone(&self.host);
        run_blocking(move || host.used_home(id)).await
    }

    async fn while_still(
        &self,
        id: BoxId,
        epoch: Epoch,
        work: StillWork,
    ) -> Result<Stillness, ProviderError> {
        self.on_disk(id, epoch, move |host| host.while_still(id, work)).await
    }

    async fn stage(&self, id: BoxId, epoch: Epoch, range: UidRange) -> Result<PathBuf, ProviderError> {
        self.on_disk(id, epoch, move |host| {
            host.fence_or_create(id, epoch)?;
            host.stage(id, range)
        })
        .await
    }

    async fn mark_staged(&self, id: BoxId, epoch: Epoch, what: &str) -> Result<(), ProviderError> {
        let what = what.to_owned();
        self.on_disk(id, epoch, move |host| {
            let places = host.places(id);
            places.mark(&what).map_err(at_path("marking what is staged", &places.restore_dir()))
        })
        .await
    }

    async fn staged(&self, id: BoxId) -> Result<Option<String>, ProviderError> {
        let places = self.host.places(id);
        run_blocking(move || places.staged().map_err(at_path("reading what is staged", &places.beside))).await
    }

    async fn placed(&self, id: BoxId) -> Result<Option<String>, ProviderError> {
        let places = self.host.places(id);
        run_blocking(move || places.placed().map_err(at_path("reading what is in place", &places.beside)))
            .await
    }

    async fn stage_undo(&self, id: BoxId, epoch: Epoch, what: &str) -> Result<bool, ProviderError> {
        let what = what.to_owned();
        self.on_disk(id, epoch, move |host| {
            let places = host.places(id);
            places.stage_undo(&what, remove_tree).map_err(at_path("going back", &places.undo_dir()))
        })
        .await
    }

    async fn swap(&self, id: BoxId, epoch: Epoch) -> Result<bool, ProviderError> {
        self.on_disk(id, epoch, move |host| host.swap(id)).await
    }

    async fn forget_undo(&self, id: BoxId, epoch: Epoch) -> Result<(), ProviderError> {
        self.on_disk(id, epoch, move |host| {
            let kept = host.places(id).undo_dir();
            remove_tree(&kept).map_err(at_path("removing what was there before", &kept))
        })
        .await
    }
}
