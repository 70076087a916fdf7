//! Boxes on this host, under an OCI runtime.
//!
//! Nothing that matters is in this process's memory: volumes and epochs lie in the data directory, records of
//! running incarnations in the run directory, and the boxes are children of nobody. So they live on when the
//! platform ends, and are found again. Every call that changes a box holds that box's lock until its last
//! system call is done, also when the caller has given up; the next call finds a settled state.

mod beneath;
mod bundle;
mod cgroup;
mod config;
mod disk;
mod doctor;
mod error;
mod fence;
mod files;
mod gauge;
mod host;
mod image;
mod kernel;
mod link;
mod locks;
mod logs;
mod memory;
mod netns;
mod observe;
mod paths;
mod process;
mod record;
mod remove;
mod runtime;
mod sleep;
mod squeeze;
mod start;
mod stop;
mod swap_file;
mod volume;
mod volumes;
mod warm_up;
mod watch;
mod working_set;

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use smartbox_core::{BoxId, SleepDepth};
use smartbox_provider::{
    Capabilities, ComputeUse, Epoch, Generation, LogChunk, LogSource, MemoryUse, Observation, Provider,
    ProviderError, RenderedFile, Spec,
};

pub use config::{ImageChoice, LocalConfig};
pub use doctor::{Check, Verdict, doctor};
pub use gauge::HostGauge;
use host::Host;
use locks::{BoxGuard, Locks};
use start::CacheUse;
pub use swap_file::{SwapError, setup_swap};
use tokio::task::JoinSet;
use watch::Watch;

/// Runs boxes on this host.
pub struct LocalProvider {
    host: Arc<Host>,
    locks: Locks,
    watch: Watch,
    /// Look at boxes a moment after they woke; they end with the provider.
    lookers: Mutex<JoinSet<()>>,
}

impl LocalProvider {
    /// Makes the directories of an instance and takes up what it finds. Call it inside the tokio runtime.
    ///
    /// # Errors
    /// When the directories cannot be made or the host lacks cgroups; `doctor` says more.
    pub fn new(config: LocalConfig) -> Result<Self, ProviderError> {
        let host = Arc::new(Host::new(config)?);
        let watch = Watch::new()
            .map_err(|error| ProviderError::transient("the kernel gives no file for events", error))?;
        Ok(Self { host, locks: Locks::default(), watch, lookers: Mutex::default() })
    }

    /// Lets go of mounts of images and of cgroups that no box uses. Boxes keep running.
    ///
    /// # Errors
    /// When a mount cannot be undone.
    pub async fn shutdown(&self) -> Result<(), ProviderError> {
        let host = Arc::clone(&self.host);
        run_blocking(move || host.release_unused()).await
    }

    /// Notes what a squeezed box has needed to wake, as soon as who waited for it has been answered.
    fn note_working_set_soon(&self, id: BoxId) {
        if !self.host.working_sets.is_due(id) {
            return;
        }
        let host = Arc::clone(&self.host);
        let mut lookers = self.lookers.lock().unwrap_or_else(PoisonError::into_inner);
        while lookers.try_join_next().is_some() {}
        lookers.spawn(async move {
            tokio::time::sleep(working_set::NOTED_AFTER).await;
            let _ended = tokio::task::spawn_blocking(move || host.note_working_set(id)).await;
        });
    }

    /// Starts the box in a mode of the compile cache; see [`Provider::ensure_running`].
    async fn ensure_running_with(
        &self,
        id: BoxId,
        epoch: Epoch,
        spec: &Spec,
        cache: CacheUse,
    ) -> Result<(), ProviderError> {
        let guard = self.locks.lock(id).await;
        let generation = spec.generation;
        let host = Arc::clone(&self.host);
        let (guard, current) = guarded(guard, move || {
            host.fence_or_create(id, epoch)?;
            let is_current = host.is_current(id, generation)?;
            if is_current {
                host.wake(id)?;
            }
            Ok(is_current)
        })
        .await?;
        if current {
            return Ok(());
        }
        let guard = self.stop_gracefully(guard, id).await?;
        let (host, spec) = (Arc::clone(&self.host), spec.clone());
        let (_guard, ()) = guarded(guard, move || host.start(id, &spec, &cache)).await?;
        Ok(())
    }
}

/// Runs blocking work while it holds the box's lock, to its end even when the caller gives up.
async fn guarded<T: Send + 'static>(
    guard: BoxGuard,
    work: impl FnOnce() -> Result<T, ProviderError> + Send + 'static,
) -> Result<(BoxGuard, T), ProviderError> {
    run_blocking(move || work().map(|value| (guard, value))).await
}

/// Runs blocking work on a thread for such.
async fn run_blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ProviderError> + Send + 'static,
) -> Result<T, ProviderError> {
    let joined = tokio::task::spawn_blocking(work).await;
    joined.map_err(|error| ProviderError::transient("work on a box was cut off", io::Error::other(error)))?
}

#[async_trait::async_trait]
impl Provider for LocalProvider {
    fn capabilities(&self) -> Capabilities {
        let deepest_sleep = self.host.deepest_sleep();
        Capabilities { survives_platform: true, enforces_limits: true, deepest_sleep }
    }

    async fn ensure_running(&self, id: BoxId, epoch: Epoch, spec: &Spec) -> Result<(), ProviderError> {
        self.ensure_running_with(id, epoch, spec, CacheUse::ReadOnly).await
    }

    async fn ensure_asleep(&self, id: BoxId, epoch: Epoch, depth: SleepDepth) -> Result<(), ProviderError> {
        let guard = self.locks.lock(id).await;
        let host = Arc::clone(&self.host);
        let (_guard, ()) = guarded(guard, move || {
            host.fence(id, epoch)?;
            host.put_to_sleep(id, depth)
        })
        .await?;
        Ok(())
    }

    async fn ensure_awake(&self, id: BoxId, epoch: Epoch) -> Result<(), ProviderError> {
        let guard = self.locks.lock(id).await;
        let host = Arc::clone(&self.host);
        let (_guard, ()) = guarded(guard, move || {
            host.fence(id, epoch)?;
            host.wake(id)
        })
        .await?;
        self.note_working_set_soon(id);
        Ok(())
    }

    async fn replace_file(
        &self,
        id: BoxId,
        epoch: Epoch,
        generation: Generation,
        file: &RenderedFile,
    ) -> Result<bool, ProviderError> {
        let guard = self.locks.lock(id).await;
        let (host, file) = (Arc::clone(&self.host), file.clone());
        let (_guard, replaced) = guarded(guard, move || {
            host.fence(id, epoch)?;
            if host.record(id)?.is_none_or(|record| record.generation != generation)
                || !host.is_current(id, generation)?
            {
                return Ok(false);
            }
            volume::replace(&host.paths, id, &file)
        })
        .await?;
        Ok(replaced)
    }

    async fn memory(&self, id: BoxId) -> Result<Option<MemoryUse>, ProviderError> {
        let host = Arc::clone(&self.host);
        run_blocking(move || host.memory(id)).await
    }

    async fn compute(&self, id: BoxId) -> Result<Option<ComputeUse>, ProviderError> {
        let host = Arc::clone(&self.host);
        run_blocking(move || host.compute(id)).await
    }

    async fn disk(&self, id: BoxId) -> Result<Option<u64>, ProviderError> {
        let volume = self.host.paths.box_dir(id).join("volume");
        let measured = run_blocking(move || {
            disk::bytes_below(&volume).map_err(error::at_path("the box's volume", &volume))
        });
        measured.await.map(Some)
    }

    async fn ensure_stopped(&self, id: BoxId, epoch: Epoch) -> Result<(), ProviderError> {
        let guard = self.locks.lock(id).await;
        let host = Arc::clone(&self.host);
        let (guard, ()) = guarded(guard, move || host.fence(id, epoch)).await?;
        self.stop_gracefully(guard, id).await?;
        Ok(())
    }

    async fn ensure_absent(&self, id: BoxId, epoch: Epoch) -> Result<(), ProviderError> {
        let guard = self.locks.lock(id).await;
        let host = Arc::clone(&self.host);
        let (_guard, ()) = guarded(guard, move || {
            host.fence(id, epoch)?;
            host.remove(id)
        })
        .await?;
        Ok(())
    }

    async fn observe_all(&self) -> Result<Vec<Observation>, ProviderError> {
        let host = Arc::clone(&self.host);
        let seen = run_blocking(move || host.observe_all()).await?;
        self.watch.follow(&self.host, &seen);
        self.apply_due_quotas(&seen).await?;
        Ok(seen.into_iter().map(|seen| seen.observation).collect())
    }

    async fn observe(&self, id: BoxId) -> Result<Option<Observation>, ProviderError> {
        let host = Arc::clone(&self.host);
        run_blocking(move || host.observe_one(id)).await
    }

    async fn changed(&self) {
        tokio::select! {
            () = self.watch.changed() => {}
            () = self.host.touched.notified() => {}
        }
    }

    async fn logs(
        &self,
        id: BoxId,
        source: LogSource,
        from: Option<u64>,
        tail_lines: u32,
    ) -> Result<LogChunk, ProviderError> {
        let host = Arc::clone(&self.host);
        run_blocking(move || logs::read(&host.log_dir(id, source), source, from, tail_lines)).await
    }

    async fn append_log(&self, id: BoxId, source: LogSource, lines: Bytes) -> Result<(), ProviderError> {
        let host = Arc::clone(&self.host);
        run_blocking(move || host.append_log(id, source, &lines)).await
    }
}
