//! Limits of a box as the kernel keeps them: cgroup v1, v2, or both at once (hybrid), as the host has it.
//!
//! The OCI runtime makes the groups and sets the first limits. This module does what comes later: it raises and
//! lowers the CPU quota of a running box, counts kills for lack of memory, and ends what a broken start left.

mod freezer;
mod layout;
#[cfg(test)]
mod tests;

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open};
use smartbox_core::BoxId;

use super::process::{signal, wait_end};
pub(in crate::local) use layout::{Controller, Layout, Version};

/// Length of the period in which a quota is counted: the kernel's default.
const CPU_PERIOD_MICROS: u64 = 100_000;
/// Rounds of killing: each finds what the previous one's victims have forked meanwhile.
const KILL_ROUNDS_MAX: u32 = 50;
/// How long one round waits for a victim's end. A process in the kernel may need a moment.
const VICTIM_ENDS_WITHIN: Duration = Duration::from_millis(200);

/// The groups of one instance.
#[derive(Clone, Debug)]
pub(in crate::local) struct Cgroups {
    layout: Layout,
    instance: String,
}

impl Cgroups {
    /// The groups of an instance in a layout.
    pub(in crate::local) fn new(layout: Layout, instance: impl Into<String>) -> Self {
        Self { layout, instance: instance.into() }
    }

    /// Where the box's groups lie below each mount of a hierarchy: the runtime's `cgroupsPath`.
    pub(in crate::local) fn path(&self, id: BoxId) -> String {
        format!("/smartbox/{}/{id}", self.instance)
    }

    fn dir(&self, mount: &Path, id: BoxId) -> PathBuf {
        mount.join("smartbox").join(&self.instance).join(id.to_string())
    }

    fn group(&self, controller: Controller, id: BoxId) -> Option<(Version, PathBuf)> {
        let (version, mount) = self.layout.controller(controller)?;
        Some((version, self.dir(mount, id)))
    }

    /// How often the kernel killed a process of the box for lack of memory. Zero without a group.
    ///
    /// # Errors
    /// When the kernel's file cannot be read.
    pub(in crate::local) fn oom_kills(&self, id: BoxId) -> io::Result<u64> {
        let Some((version, dir)) = self.group(Controller::Memory, id) else { return Ok(0) };
        // Both files are lines of `name value`.
        let file = match version {
            Version::V1 => dir.join("memory.oom_control"),
            Version::V2 => dir.join("memory.events"),
        };
        match fs::read_to_string(file) {
            Ok(text) => Ok(value_of(&text, "oom_kill").unwrap_or(0)),
            Err(error) if is_gone(&error) => Ok(0),
            Err(error) => Err(error),
        }
    }

    /// CPU time that processes of the box have taken since the group was made, in milliseconds; `None` without a group.
    ///
    /// # Errors
    /// When the kernel's file cannot be read.
    pub(in crate::local) fn cpu_ms(&self, id: BoxId) -> io::Result<Option<u64>> {
        // Nanoseconds (cgroup-v1/cpuacct), or a line of `cpu.stat` in microseconds (cgroup-v2).
        let read = match (self.layout.cpuacct_v1(), self.group(Controller::Cpu, id)) {
            (Some(mount), _) => fs::read_to_string(self.dir(mount, id).join("cpuacct.usage"))
                .map(|text| text.trim().parse::<u64>().ok().map(|nanos| nanos / 1_000_000)),
            (None, Some((Version::V2, dir))) => fs::read_to_string(dir.join("cpu.stat"))
                .map(|text| value_of(&text, "usage_usec").map(|micros| micros / 1000)),
            _ => return Ok(None),
        };
        match read {
            Ok(found) => Ok(found),
            Err(error) if is_gone(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sets the CPU quota, in thousandths of a CPU. A box without groups is left alone.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub(in crate::local) fn set_cpu_quota(&self, id: BoxId, millis: u32) -> io::Result<()> {
        let Some((version, dir)) = self.group(Controller::Cpu, id) else { return Ok(()) };
        let quota = quota_micros(millis);
        let written = match version {
            Version::V1 => fs::write(dir.join("cpu.cfs_period_us"), CPU_PERIOD_MICROS.to_string())
                .and_then(|()| fs::write(dir.join("cpu.cfs_quota_us"), quota.to_string())),
            Version::V2 => fs::write(dir.join("cpu.max"), format!("{quota} {CPU_PERIOD_MICROS}")),
        };
        match written {
            Err(error) if !is_gone(&error) => Err(error),
            _ => Ok(()),
        }
    }

    /// Processes of the box, as the host numbers them.
    ///
    /// # Errors
    /// When the kernel's file cannot be read.
    pub(in crate::local) fn processes(&self, id: BoxId) -> io::Result<Vec<u32>> {
        for mount in self.layout.mounts() {
            match fs::read_to_string(self.dir(mount, id).join("cgroup.procs")) {
                Ok(text) => return Ok(text.lines().filter_map(|line| line.parse().ok()).collect()),
                Err(error) if is_gone(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Vec::new())
    }

    /// Ends every process of the box by force and waits for it. Blocks.
    ///
    /// # Errors
    /// When processes remain.
    pub(in crate::local) fn kill_all(&self, id: BoxId) -> io::Result<()> {
        for _ in 0..KILL_ROUNDS_MAX {
            let processes = self.processes(id)?;
            if processes.is_empty() {
                return Ok(());
            }
            if let Some(unified) = self.layout.unified() {
                // One write for all at once; older kernels (before 5.14) have no such file.
                let _old_kernel = fs::write(self.dir(unified, id).join("cgroup.kill"), "1");
            }
            let victims = processes.into_iter().map(kill).collect::<io::Result<Vec<_>>>()?;
            // Version 1 does not let a frozen process end. Thawed after the signal, they run no more of their own.
            self.thaw(id)?;
            for victim in victims.iter().flatten() {
                wait_end(victim, VICTIM_ENDS_WITHIN)?;
            }
        }
        Err(io::Error::new(io::ErrorKind::TimedOut, "processes of the box do not end"))
    }

    /// Removes the box's groups. They must be without processes.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub(in crate::local) fn remove(&self, id: BoxId) -> io::Result<()> {
        for mount in self.layout.mounts() {
            match fs::remove_dir(self.dir(mount, id)) {
                Err(error) if !is_gone(&error) => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// Removes the groups of the instance itself, where no box has one.
    pub(in crate::local) fn remove_instance(&self) {
        for mount in self.layout.mounts() {
            // Not empty, or never made: both are fine.
            let _kept = fs::remove_dir(mount.join("smartbox").join(&self.instance));
        }
    }
}

/// Sends one process the signal that ends it. `None` for one that is gone.
fn kill(pid: u32) -> io::Result<Option<OwnedFd>> {
    let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return Ok(None) };
    match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(handle) => {
            signal(&handle, Signal::KILL)?;
            Ok(Some(handle))
        }
        Err(rustix::io::Errno::SRCH) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The quota of a period, in microseconds of CPU time. The kernel takes no less than one millisecond.
fn quota_micros(millis: u32) -> u64 {
    (u64::from(millis) * CPU_PERIOD_MICROS / 1000).max(1000)
}

fn value_of(text: &str, name: &str) -> Option<u64> {
    text.lines().filter_map(|line| line.split_once(' ')).find(|(key, _)| *key == name)?.1.trim().parse().ok()
}

/// A group goes with its box at any moment: `ENODEV` when it was open already.
fn is_gone(error: &io::Error) -> bool {
    let gone = rustix::io::Errno::NODEV.raw_os_error();
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(gone)
}
