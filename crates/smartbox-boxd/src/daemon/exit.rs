//! How a process ended.

use rustix::process::WaitStatus;

use crate::ExitInfo;

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// With this code.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

impl Exit {
    /// `None` when the process was stopped or continued, not ended.
    pub(crate) fn from_status(status: WaitStatus) -> Option<Self> {
        status.exit_status().map(Self::Code).or_else(|| status.terminating_signal().map(Self::Signal))
    }

    /// As one number, the way a shell shows it.
    pub(crate) const fn code(self) -> i32 {
        match self {
            Self::Code(code) => code,
            Self::Signal(signal) => 128 + signal,
        }
    }

    /// For the status file.
    pub(crate) const fn info(self) -> ExitInfo {
        ExitInfo { code: self.code() }
    }
}
