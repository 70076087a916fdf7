//! Disks of the fake: directories of this machine, made when a test looks at them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use smartbox_core::{BoxId, UidRange};
use smartbox_files::{FileHome, HostHome};

use super::{Call, FakeProvider};
use crate::{Epoch, Files, Places, ProviderError, StillWork, Stillness, Volumes};

impl FakeProvider {
    fn places(&self, id: BoxId) -> Places {
        let beside = self.disks().join(id.to_string());
        Places { home: beside.join("volume").join("home"), beside }
    }

    fn disks(&self) -> PathBuf {
        let mut disks = self.disks.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let dir = disks.get_or_insert_with(|| {
            #[expect(clippy::expect_used, reason = "that is how a test fails")]
            tempfile::tempdir().expect("a directory for the fake's disks")
        });
        dir.path().to_owned()
    }

    /// The home of a box's agent, for a test to put files into.
    ///
    /// # Panics
    /// When it cannot be made.
    #[expect(clippy::expect_used, reason = "that is how a test fails")]
    pub fn home_of(&self, id: BoxId) -> PathBuf {
        let home = self.places(id).home;
        fs::create_dir_all(home.join("state")).expect("the home of a box");
        home
    }

    /// Lets the disk of the box be lost, and its processes with it.
    pub fn lose_disk(&self, id: BoxId) {
        self.change(|world| world.boxes.remove(&id));
        self.remove_disk(id);
    }

    pub(super) fn remove_disk(&self, id: BoxId) {
        if self.leaves_disks.load(std::sync::atomic::Ordering::SeqCst) {
            return;
        }
        let disks = self.disks.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(dir) = &*disks {
            let _absent = fs::remove_dir_all(dir.path().join(id.to_string()));
        }
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn failed(error: io::Error) -> ProviderError {
    ProviderError::transient("the disk of the box cannot be used", error)
}

#[async_trait::async_trait]
impl Volumes for FakeProvider {
    async fn home(&self, id: BoxId) -> Result<Option<PathBuf>, ProviderError> {
        let home = self.places(id).home;
        let is_empty = match fs::read_dir(home.join("state")) {
            Ok(mut entries) => entries.next().is_none(),
            Err(_absent) => true,
        };
        Ok((!is_empty).then_some(home))
    }

    async fn while_still(
        &self,
        id: BoxId,
        epoch: Epoch,
        work: StillWork,
    ) -> Result<Stillness, ProviderError> {
        self.enter(Call::WhileStill).await?;
        self.change(|world| world.fence(id, epoch))?;
        let home = self.places(id).home;
        let stillness = {
            let world = self.world();
            match world.boxes.get(&id).and_then(|found| found.run.as_ref()).filter(|run| run.is_alive()) {
                None => Stillness::Stopped,
                Some(run) if run.asleep.is_some() => Stillness::Asleep,
                Some(_awake) => Stillness::Frozen(Duration::from_millis(1)),
            }
        };
        tokio::task::spawn_blocking(move || work(&home))
            .await
            .map_err(|error| ProviderError::transient("work on a box was cut off", error))?;
        Ok(stillness)
    }

    async fn stage(&self, id: BoxId, epoch: Epoch, _range: UidRange) -> Result<PathBuf, ProviderError> {
        self.enter(Call::Stage).await?;
        self.change(|world| world.fence(id, epoch))?;
        let places = self.places(id);
        remove(&places.restore_dir()).map_err(failed)?;
        fs::create_dir_all(places.staged_home()).map_err(failed)?;
        Ok(places.staged_home())
    }

    async fn mark_staged(&self, id: BoxId, _epoch: Epoch, what: &str) -> Result<(), ProviderError> {
        self.enter(Call::MarkStaged).await?;
        self.places(id).mark(what).map_err(failed)
    }

    async fn staged(&self, id: BoxId) -> Result<Option<String>, ProviderError> {
        self.places(id).staged().map_err(failed)
    }

    async fn placed(&self, id: BoxId) -> Result<Option<String>, ProviderError> {
        self.places(id).placed().map_err(failed)
    }

    async fn stage_undo(&self, id: BoxId, _epoch: Epoch, what: &str) -> Result<bool, ProviderError> {
        self.enter(Call::StageUndo).await?;
        self.places(id).stage_undo(what, remove).map_err(failed)
    }

    async fn swap(&self, id: BoxId, epoch: Epoch) -> Result<bool, ProviderError> {
        self.enter(Call::Swap).await?;
        self.change(|world| world.fence(id, epoch))?;
        let is_running = self.world().boxes.get(&id).is_some_and(|found| found.run.is_some());
        if is_running {
            return Err(ProviderError::transient_text("the box has processes"));
        }
        let places = self.places(id);
        if let Some(volume) = places.home.parent() {
            fs::create_dir_all(volume).map_err(failed)?;
        }
        let kept = places.swap(remove).map_err(failed)?;
        self.step().await;
        Ok(kept)
    }

    async fn forget_undo(&self, id: BoxId, _epoch: Epoch) -> Result<(), ProviderError> {
        remove(&self.places(id).undo_dir()).map_err(failed)
    }
}

#[async_trait::async_trait]
impl Files for FakeProvider {
    async fn files(&self, id: BoxId) -> Result<Option<Arc<dyn FileHome>>, ProviderError> {
        if !self.world().boxes.contains_key(&id) {
            return Ok(None);
        }
        let opened = HostHome::open(self.home_of(id)).await;
        let opened =
            opened.map_err(|error| ProviderError::transient("the disk of the box cannot be used", error))?;
        Ok(opened.map(|home| Arc::new(home) as Arc<dyn FileHome>))
    }
}
