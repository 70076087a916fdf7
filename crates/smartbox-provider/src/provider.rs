//! Makes boxes be as they should, and says what it sees.

use bytes::Bytes;
use smartbox_core::{BoxId, SleepDepth};

use crate::{ComputeUse, LogChunk, LogSource, MemoryUse, Observation, ProviderError, RenderedFile, Spec};

/// Fencing number of the controller that acts. A provider refuses an older one than it has obeyed.
pub type Epoch = i64;

/// Incarnation of a box: raised by every restart and change of configuration.
pub type Generation = i64;

/// What a provider can do. Differences between providers are data, never a name in a `match`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Processes live on when the platform ends, and are found again.
    pub survives_platform: bool,
    /// Memory, CPU and process limits are enforced.
    pub enforces_limits: bool,
    /// The deepest sleep that works now; `None`: boxes cannot sleep. May change with the host: swap fills up.
    pub deepest_sleep: Option<SleepDepth>,
}

/// A place where boxes run.
///
/// Every `ensure_` call is idempotent and keyed by our id: asking twice is asking once, and a call whose answer
/// was lost is repeated without harm. [`Provider::observe_all`] is the only source of truth. Dropping the future
/// of a call in the middle leaves a state from which the same call succeeds later.
#[async_trait::async_trait]
pub trait Provider: Send + Sync {
    /// What this provider can do.
    fn capabilities(&self) -> Capabilities;

    /// Makes the box run as `spec` says, its volume included.
    ///
    /// A box that already runs in `spec.generation` is left alone, and woken if it sleeps. One of an older
    /// generation, or one whose gateway is dead, is stopped first and started afresh. Returns when the first process was started, not
    /// when the gateway is ready: that is observed.
    async fn ensure_running(&self, id: BoxId, epoch: Epoch, spec: &Spec) -> Result<(), ProviderError>;

    /// Puts the box's processes to sleep, at `depth` or as deep as this provider can go when that is less.
    ///
    /// A box that sleeps as deeply or deeper is left alone. All or nothing: when not every process can be frozen
    /// within a bound, or the deeper step fails for a box that was awake, everything is awake again and the call
    /// fails. Whether the gateway has work under way is the caller's question; ask it before.
    ///
    /// # Errors
    /// A box without processes, or one that is being stopped, cannot sleep.
    async fn ensure_asleep(&self, id: BoxId, epoch: Epoch, depth: SleepDepth) -> Result<(), ProviderError>;

    /// Wakes the box: its processes go on where they were. One that is awake is left alone.
    ///
    /// # Errors
    /// A box without processes cannot be woken; [`Provider::ensure_running`] starts it.
    async fn ensure_awake(&self, id: BoxId, epoch: Epoch) -> Result<(), ProviderError>;

    /// Replaces one of the files under `/run/smartbox` that the running incarnation was started with, as a whole: a
    /// program in the box sees the old or the new content. Who may read it stays as it was.
    ///
    /// `false`: the box does not run in `generation`, or was started without such a file; its next start renders it.
    async fn replace_file(
        &self,
        id: BoxId,
        epoch: Epoch,
        generation: Generation,
        file: &RenderedFile,
    ) -> Result<bool, ProviderError>;

    /// Memory that the box's processes take now; `None` without processes. Works on a sleeping box: before and
    /// after tell what a sleep has brought. Costs some milliseconds for each gibibyte.
    async fn memory(&self, id: BoxId) -> Result<Option<MemoryUse>, ProviderError>;

    /// CPU time that the box's processes have taken; `None` without processes.
    async fn compute(&self, id: BoxId) -> Result<Option<ComputeUse>, ProviderError>;

    /// Bytes that lie on the box's disk; `None` where nobody can say. Looks at every file: not to be asked often.
    async fn disk(&self, id: BoxId) -> Result<Option<u64>, ProviderError>;

    /// Stops the box's processes: gracefully, within the grace time of its spec, then by force. Keeps the volume.
    /// A box that is absent or stopped is left alone. One that sleeps is woken to finish.
    async fn ensure_stopped(&self, id: BoxId, epoch: Epoch) -> Result<(), ProviderError>;

    /// Removes processes by force, and the volume. Succeeds when there is nothing to remove.
    async fn ensure_absent(&self, id: BoxId, epoch: Epoch) -> Result<(), ProviderError>;

    /// Everything this provider holds for us, whether the store knows of it or not.
    async fn observe_all(&self) -> Result<Vec<Observation>, ProviderError>;

    /// The same for one box; `None`: there is nothing of it.
    async fn observe(&self, id: BoxId) -> Result<Option<Observation>, ProviderError> {
        Ok(self.observe_all().await?.into_iter().find(|seen| seen.id == id))
    }

    /// Waits until something may have changed. A hint: spurious and lost ones are allowed.
    async fn changed(&self);

    /// Reads a log from `from` (a [`LogChunk::next`]), or its last `tail_lines` lines when `from` is `None`.
    /// At most 256 KiB a call. Works on a stopped box.
    async fn logs(
        &self,
        id: BoxId,
        source: LogSource,
        from: Option<u64>,
        tail_lines: u32,
    ) -> Result<LogChunk, ProviderError>;

    /// Appends whole lines to a log that the platform writes, [`LogSource::Connections`]. The oldest lines make room for them. It goes
    /// with the box, and nothing happens for a box that is not there.
    ///
    /// # Errors
    /// Nothing was appended.
    async fn append_log(&self, id: BoxId, source: LogSource, lines: Bytes) -> Result<(), ProviderError>;
}
