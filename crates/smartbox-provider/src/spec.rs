//! What a box should be, in terms every provider understands.

use std::time::Duration;

use smartbox_core::UidRange;

use crate::Generation;

/// What a box should be.
#[derive(Clone, PartialEq, Eq)]
pub struct Spec {
    /// Incarnation. A running box of this generation is as it should be.
    pub generation: Generation,
    /// Host name inside the box.
    pub hostname: String,
    /// The box's own user ids on the host.
    pub uid_range: UidRange,
    /// Version of the agent runtime, mounted read-only at `/opt/runtime/openclaw-<version>`.
    pub runtime_version: String,
    /// What it may use.
    pub limits: Limits,
    /// How long its processes may take to finish their work when the box is stopped.
    pub stop_grace: Duration,
    /// Files that the platform renders into the box before it starts.
    pub files: Vec<RenderedFile>,
}

/// What a box may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// CPU quota in thousandths of a CPU. A gateway that is starting may use more until it is ready.
    pub cpu_millis: u32,
    /// Memory that is guaranteed.
    pub memory_bytes: u64,
    /// Hard memory limit.
    pub memory_max_bytes: u64,
    /// Most processes and threads.
    pub pids_max: u32,
}

/// A file that the platform puts into a box.
#[derive(Clone, PartialEq, Eq)]
pub struct RenderedFile {
    /// Absolute path in the box: under `/run/smartbox` (read-only for everybody in the box) or `/var/lib/boxd`.
    pub path: String,
    /// Content. May be confidential to the box: never logged.
    pub content: Vec<u8>,
    /// Who may read it.
    pub owner: RenderedFileOwner,
}

/// Who may read a rendered file inside the box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RenderedFileOwner {
    /// Only the box's root, as whom nothing but boxd runs.
    Boxd,
    /// The agent, too.
    Agent,
}
