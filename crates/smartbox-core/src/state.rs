//! What the owner wants (desired) and what a provider saw (observed). Two types, two columns, never one status.

use std::fmt;
use std::str::FromStr;

/// What the owner wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Desired {
    /// The gateway answers.
    Running,
    /// Its processes are kept and take no CPU time.
    Asleep,
    /// Disk only.
    Stopped,
    /// Gone, once the grace period is over.
    Deleted,
}

impl Desired {
    /// The word used in the store and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Asleep => "asleep",
            Self::Stopped => "stopped",
            Self::Deleted => "deleted",
        }
    }
}

/// The text names no state of this kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown state")]
pub struct BadState;

impl FromStr for Desired {
    type Err = BadState;

    fn from_str(text: &str) -> Result<Self, BadState> {
        [Self::Running, Self::Asleep, Self::Stopped, Self::Deleted]
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or(BadState)
    }
}

/// How far a starting box has come. Reported as it is, never guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// Looking for or unpacking the root image.
    Image,
    /// Making the data volume and the namespaces.
    Volume,
    /// Starting the first process and the gateway.
    Process,
    /// The gateway's port is open.
    Listening,
    /// The gateway says that it is ready.
    Ready,
}

impl Stage {
    /// Every stage in its order.
    pub const ALL: [Self; 5] = [Self::Image, Self::Volume, Self::Process, Self::Listening, Self::Ready];

    /// The word used on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Volume => "volume",
            Self::Process => "process",
            Self::Listening => "listening",
            Self::Ready => "ready",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a box that should run does not.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DeathReason {
    /// The gateway refused its configuration (exit code 78). Starting it again changes nothing.
    Config,
    /// The kernel killed the box because it used more memory than its tier allows.
    OutOfMemory,
    /// The gateway ended again and again with this exit code.
    Crashed {
        /// Exit code, or 128 + signal.
        code: i32,
    },
    /// The gateway ran and did not answer, again and again.
    Silent,
    /// The box's first process is gone: killed, or the host was restarted.
    Vanished,
}

impl DeathReason {
    /// The word used in the store and on the wire.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::OutOfMemory => "out-of-memory",
            Self::Crashed { .. } => "crashed",
            Self::Silent => "silent",
            Self::Vanished => "vanished",
        }
    }

    /// Whether trying again without a change can help.
    pub const fn is_retryable(&self) -> bool {
        !matches!(self, Self::Config)
    }
}

/// How deeply a box sleeps: the deeper, the less memory it takes and the longer its wake. In their order.
///
/// `hibernated` of the design (processes as an image on disk) has its place below these two and comes with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SleepDepth {
    /// Its processes get no CPU time; all else stays.
    Frozen,
    /// Frozen, and its memory was pushed out to swap or zram.
    Squeezed,
}

impl SleepDepth {
    /// Every depth in its order.
    pub const ALL: [Self; 2] = [Self::Frozen, Self::Squeezed];

    /// The word used in the store and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Frozen => "frozen",
            Self::Squeezed => "squeezed",
        }
    }
}

/// What a provider saw of one box.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Observed {
    /// The provider has nothing of this box.
    Absent,
    /// A volume and no process.
    Stopped,
    /// Processes, and no gateway that is ready yet.
    Starting {
        /// How far it has come.
        stage: Stage,
    },
    /// The gateway answers its readiness probe.
    Ready,
    /// The gateway was ready and now fails its readiness probe.
    Unready,
    /// Its processes are kept and get no CPU time.
    Asleep(SleepDepth),
    /// Finishing its work before it stops.
    Stopping,
    /// It should run and does not.
    Dead(DeathReason),
}

impl Observed {
    /// The word used in the store and on the wire.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Stopped => "stopped",
            Self::Starting { .. } => "starting",
            Self::Ready => "ready",
            Self::Unready => "unready",
            Self::Asleep(depth) => depth.as_str(),
            Self::Stopping => "stopping",
            Self::Dead(_) => "dead",
        }
    }

    /// Whether the box has processes that hold memory and a state directory.
    pub const fn is_alive(&self) -> bool {
        matches!(self, Self::Starting { .. } | Self::Ready | Self::Unready | Self::Asleep(_) | Self::Stopping)
    }
}
