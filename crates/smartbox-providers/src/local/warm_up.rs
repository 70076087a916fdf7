//! Fills the compile cache that all boxes of a runtime version share, once, with a box that nobody uses.
//!
//! The cache holds code that every box will run. So only a box that saw no input writes it, and it is handed
//! to the host's root before it is shown to others.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustix::fs::{AtFlags, CWD, Gid, Uid};
use smartbox_boxd::AGENT_ID;
use smartbox_core::{BoxId, Observed, Progress};
use smartbox_provider::{Epoch, Provider, ProviderError, Spec};

use super::error::at_path;
use super::image::take_turn;
use super::remove::remove_tree;
use super::start::CacheUse;
use super::{LocalProvider, run_blocking};

/// Nobody else controls the box of a warm-up.
const EPOCH: Epoch = 1;
/// Node keeps its cache two directories deep; anything deeper is not Node's.
const DEPTH_MAX: u32 = 8;

impl LocalProvider {
    /// Whether the shared cache of a runtime version is filled.
    pub fn is_warm(&self, runtime_version: &str) -> bool {
        let dir = self.cache_dir(runtime_version);
        fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some())
    }

    /// Fills the shared cache of the spec's runtime version, unless it is filled: starts the box `id`, which must
    /// be nobody's, waits at most `ready_within` for its gateway, stops it gracefully, so that it writes its
    /// cache, and removes it.
    ///
    /// # Errors
    /// When the box does not become ready; the cache is then as before.
    pub async fn warm_up(
        &self,
        id: BoxId,
        spec: &Spec,
        ready_within: Duration,
        progress: &dyn Progress,
    ) -> Result<(), ProviderError> {
        if self.is_warm(&spec.runtime_version) {
            return Ok(());
        }
        progress.begin("Warming up the agent runtime");
        let runtimes = self.host.config.runtime_dir.clone();
        // Other instances may share the runtime store.
        let _turn = run_blocking(move || {
            take_turn(&runtimes).map_err(at_path("locking the runtime store", &runtimes))
        })
        .await?;
        if self.is_warm(&spec.runtime_version) {
            progress.done();
            return Ok(());
        }
        let cache = self.cache_dir(&spec.runtime_version);
        let filling = cache.with_extension("cache.filling");
        let agent = spec.uid_range.host_id(AGENT_ID);
        let dir = filling.clone();
        run_blocking(move || fresh_dir(&dir, agent).map_err(at_path("making the compile cache", &dir)))
            .await?;

        progress.detail("starting a gateway");
        let filled = self.fill(id, spec, filling.clone(), ready_within).await;
        self.ensure_absent(id, EPOCH).await?;
        let share = filled.is_ok();
        run_blocking(move || {
            if share {
                hand_over(&filling, &cache).map_err(at_path("sharing the compile cache", &cache))
            } else {
                remove_tree(&filling).map_err(at_path("removing the compile cache", &filling))
            }
        })
        .await?;
        progress.done();
        filled
    }

    fn cache_dir(&self, runtime_version: &str) -> PathBuf {
        self.host.config.runtime_dir.join(format!("openclaw-{runtime_version}.cache"))
    }

    async fn fill(
        &self,
        id: BoxId,
        spec: &Spec,
        filling: PathBuf,
        ready_within: Duration,
    ) -> Result<(), ProviderError> {
        self.ensure_running_with(id, EPOCH, spec, CacheUse::Fill(filling)).await?;
        tokio::time::timeout(ready_within, self.until_ready(id)).await.map_err(|error| {
            ProviderError::transient("the gateway of the warm-up did not become ready", error)
        })??;
        self.ensure_stopped(id, EPOCH).await
    }

    async fn until_ready(&self, id: BoxId) -> Result<(), ProviderError> {
        loop {
            let host = Arc::clone(&self.host);
            let seen = run_blocking(move || host.observe_all()).await?;
            self.watch.follow(&self.host, &seen);
            match seen.iter().find(|seen| seen.observation.id == id).map(|seen| &seen.observation.observed) {
                Some(Observed::Ready) => return Ok(()),
                Some(Observed::Dead(reason)) => {
                    return Err(ProviderError::Permanent {
                        what: format!("the gateway of the warm-up ended ({})", reason.as_str()),
                        remedy: "Its log was removed with it; a box of this version shows the same."
                            .to_owned(),
                        source: None,
                    });
                }
                _ => self.changed().await,
            }
        }
    }
}

fn fresh_dir(dir: &Path, owner: u32) -> io::Result<()> {
    remove_tree(dir)?;
    fs::create_dir_all(dir)?;
    std::os::unix::fs::lchown(dir, Some(owner), Some(owner))?;
    fs::set_permissions(dir, fs::Permissions::from_mode(0o700))
}

/// Makes the cache the host's root's and readable, and puts it in its place. Links do not come along.
fn hand_over(filling: &Path, cache: &Path) -> io::Result<()> {
    own(filling, 0)?;
    remove_tree(cache)?;
    fs::rename(filling, cache)
}

fn own(path: &Path, depth: u32) -> io::Result<()> {
    let known = fs::symlink_metadata(path)?;
    let mode = match (known.is_dir(), known.is_file()) {
        (true, _) if depth < DEPTH_MAX => 0o755,
        (_, true) => 0o644,
        (true, _) => return remove_tree(path),
        _ => return fs::remove_file(path),
    };
    let (root, flags) = ((Uid::from_raw(0), Gid::from_raw(0)), AtFlags::SYMLINK_NOFOLLOW);
    rustix::fs::chownat(CWD, path, Some(root.0), Some(root.1), flags)?;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
    if known.is_dir() {
        for entry in fs::read_dir(path)? {
            own(&entry?.path(), depth + 1)?;
        }
    }
    Ok(())
}
