//! Processes of the host, told apart even when the kernel has given a number to somebody else.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

/// Clock ticks in a second in `/proc/<pid>/stat`: a constant of Linux's interface to programs (`USER_HZ`).
const TICKS_PER_SECOND: u64 = 100;

/// A process, named so that a later one with the same number is not mistaken for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ProcessId {
    pub(super) pid: u32,
    /// When it began, in ticks since the host's boot.
    pub(super) start_ticks: u64,
}

impl ProcessId {
    /// The living process of this number.
    pub(super) fn of(pid: u32) -> io::Result<Option<Self>> {
        Ok(stat(pid)?.filter(|stat| stat.is_alive).map(|stat| Self { pid, start_ticks: stat.start_ticks }))
    }

    pub(super) fn is_alive(self) -> bool {
        matches!(Self::of(self.pid), Ok(Some(same)) if same == self)
    }

    /// A handle that stays bound to this very process. `None` when it is gone.
    pub(super) fn open(self) -> io::Result<Option<OwnedFd>> {
        let Some(pid) = i32::try_from(self.pid).ok().and_then(Pid::from_raw) else { return Ok(None) };
        match pidfd_open(pid, PidfdFlags::NONBLOCK) {
            // Looked at after the handle exists, so the number cannot change hands in between.
            Ok(handle) => Ok(self.is_alive().then_some(handle)),
            Err(rustix::io::Errno::SRCH) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Seconds since it began.
    pub(super) fn age_seconds(self) -> io::Result<u64> {
        Ok(uptime_seconds()?.saturating_sub(self.start_ticks / TICKS_PER_SECOND))
    }
}

/// Seconds since the host's boot.
pub(super) fn uptime_seconds() -> io::Result<u64> {
    let uptime = fs::read_to_string("/proc/uptime")?;
    uptime.split(['.', ' ']).next().unwrap_or_default().parse().map_err(io::Error::other)
}

/// Sends a signal through a handle. A process that is gone needs none.
pub(super) fn signal(handle: &OwnedFd, signal: Signal) -> io::Result<()> {
    match pidfd_send_signal(handle, signal) {
        Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Waits, blocking, until the process behind the handle has ended. Returns whether it has.
pub(super) fn wait_end(handle: &OwnedFd, limit: std::time::Duration) -> io::Result<bool> {
    let limit = Timespec::try_from(limit).map_err(io::Error::other)?;
    let mut watched = [PollFd::new(handle, PollFlags::IN)];
    loop {
        match poll(&mut watched, Some(&limit)) {
            Ok(ended) => return Ok(ended > 0),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

struct Stat {
    is_alive: bool,
    start_ticks: u64,
}

fn stat(pid: u32) -> io::Result<Option<Stat>> {
    match fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(text) => Ok(parse_stat(&text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        // The process ended between open and read.
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::SRCH.raw_os_error()) => Ok(None),
        Err(error) => Err(error),
    }
}

/// See proc(5): the second field is the name in parentheses, which may itself contain spaces and parentheses.
fn parse_stat(text: &str) -> Option<Stat> {
    /// The state is field 3, the first behind the name; the start is field 22.
    const START_BEHIND_STATE: usize = 19;
    let mut fields = text.rsplit_once(')')?.1.split_ascii_whitespace();
    let state = fields.next()?;
    let start_ticks = fields.nth(START_BEHIND_STATE - 1)?.parse().ok()?;
    Some(Stat { is_alive: !matches!(state, "Z" | "X"), start_ticks })
}

/// Identifies the host's uptime: process numbers and start times mean nothing beyond it.
pub(super) fn boot_id() -> io::Result<String> {
    Ok(fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_spaces_and_parentheses_does_not_confuse() {
        let line = "7 (a) b) S 1 7 7 0 -1 4194560 1 0 0 0 5 6 0 0 20 0 1 0 4242 9 9 18446744073709551615 1";
        let stat = parse_stat(line).unwrap();
        assert!(stat.is_alive);
        assert_eq!(stat.start_ticks, 4242);
        assert!(!parse_stat(&line.replace(" S ", " Z ")).unwrap().is_alive, "a zombie is dead");
    }

    #[test]
    fn this_process_lives_and_another_start_time_does_not() {
        let this = ProcessId::of(std::process::id()).unwrap().unwrap();
        assert!(this.is_alive());
        assert!(this.open().unwrap().is_some());
        let other = ProcessId { start_ticks: this.start_ticks + 1, ..this };
        assert!(!other.is_alive());
        assert!(other.open().unwrap().is_none());
    }
}
