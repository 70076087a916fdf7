//! What a provider reports.

use bytes::Bytes;
use smartbox_core::{BoxId, Observed};

use crate::{Epoch, Generation};

/// What a provider saw of one box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// Which box.
    pub id: BoxId,
    /// The newest controller epoch the provider has obeyed for this box.
    pub epoch: Epoch,
    /// The incarnation whose processes were seen, or that died. `None` when it was stopped or never started.
    pub generation: Option<Generation>,
    /// Its state.
    pub observed: Observed,
    /// How often the gateway was started again in this incarnation, because it ended by itself or did not answer.
    pub restarts: u32,
    /// Whether the last of these was because it ran and did not answer.
    pub was_silent: bool,
    /// Exit code of the gateway when it ended last in this incarnation, or 128 + the signal that ended it.
    pub last_exit: Option<i32>,
    /// How often the kernel killed a process of this incarnation for lack of memory.
    pub oom_kills: u64,
    /// Host id of the box's first process, where there is such a thing.
    pub pid: Option<u32>,
}

/// Memory that the processes of a box take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryUse {
    /// Proportional set size, in bytes: what lies in memory, pages shared with others counted by their share.
    pub pss_bytes: u64,
    /// What of it lies in swap or zram, in bytes before compression, counted by the same shares.
    pub swap_bytes: u64,
    /// How many processes.
    pub processes: u32,
}

/// CPU time that the processes of a box have taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ComputeUse {
    /// Another word each time that counting begins anew: its processes were started afresh.
    pub run: String,
    /// CPU time since then, in milliseconds, of processes that have ended as well.
    pub cpu_ms: u64,
}

/// Which log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LogSource {
    /// The agent runtime's output.
    Gateway,
    /// The supervisor's own log.
    Boxd,
    /// Connections that the box had; written by the platform with [`crate::Provider::append_log`], and no part of the box's volume.
    Connections,
}

/// A piece of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogChunk {
    /// Whole lines.
    pub bytes: Bytes,
    /// Give this to the next call to go on behind these bytes.
    pub next: u64,
}
