//! What a box sees in its file system.

use std::path::Path;

use oci_spec::OciSpecError;
use oci_spec::runtime::{Mount, MountBuilder};
use smartbox_boxd::{AGENT_HOME, BOXD_DIR, PLATFORM_DIR};

use super::{BOXD_IN_BOX, Bundle, RUNTIMES_IN_BOX};

/// Facts about the host that are nobody's business, or interfaces that were attacked before. The list is that
/// of Docker (moby, `oci/defaults.go`), and the kernel's command line.
pub(super) const MASKED: [&str; 12] = [
    "/proc/acpi",
    "/proc/asound",
    "/proc/cmdline",
    "/proc/config.gz",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/proc/timer_list",
    "/proc/timer_stats",
];

/// Interfaces to the kernel that may be read and not written.
pub(super) const READ_ONLY: [&str; 5] =
    ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/// Shared memory: Chromium wants more than the customary 64 MiB. Counts against the box's memory.
const SHM_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Sockets and pid files.
const RUN_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Directories that hold mount points only.
const EMPTY_BYTES_MAX: u64 = 64 * 1024;

impl Bundle<'_> {
    /// The mounts in their order: a later one may lie inside an earlier one.
    pub(super) fn mounts(&self) -> Result<Vec<Mount>, OciSpecError> {
        let mut mounts = self.kernel_mounts()?;
        for bind in self.image_binds {
            mounts.push(read_only(&bind.source, &bind.destination, &[])?);
        }
        let runtimes = Path::new(RUNTIMES_IN_BOX);
        let (runtime, runtime_path) = &self.runtime;
        let cache = runtimes.join("cache");
        mounts.extend([
            read_only(&self.platform, PLATFORM_DIR, &["noexec"])?,
            read_only(&self.bundle.join("hosts"), "/etc/hosts", &["noexec"])?,
            read_only(&self.bundle.join("hostname"), "/etc/hostname", &["noexec"])?,
            writable(&self.agent_volume, AGENT_HOME, &[])?,
            writable(&self.boxd_volume, BOXD_DIR, &["noexec"])?,
            read_only(self.boxd, BOXD_IN_BOX, &[])?,
            // The root is read-only and knows no versions: the mount points are made in here.
            tmpfs(RUNTIMES_IN_BOX, EMPTY_BYTES_MAX, "755", &["noexec"])?,
            read_only(runtime_path, runtimes.join(runtime), &[])?,
            match self.cache.writable {
                true => writable(&self.cache.path, cache, &["noexec"])?,
                false => read_only(&self.cache.path, cache, &["noexec"])?,
            },
        ]);
        Ok(mounts)
    }

    /// `/sys` shows nothing but the box's own cgroups: a real one would show the host's devices, and that of
    /// another network namespace cannot be mounted here anyway.
    fn kernel_mounts(&self) -> Result<Vec<Mount>, OciSpecError> {
        // Half of the memory, so that files in /tmp alone do not end the box.
        let tmp_bytes = self.limits.memory_max_bytes / 2;
        let cgroup = ["nosuid", "noexec", "nodev", "relatime", "ro"];
        let terminals = ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"];
        Ok(vec![
            mount("proc", "proc", "/proc", &["nosuid", "noexec", "nodev"])?,
            mount("tmpfs", "tmpfs", "/dev", &["nosuid", "noexec", "strictatime", "mode=755", "size=64k"])?,
            mount("devpts", "devpts", "/dev/pts", &terminals)?,
            tmpfs("/dev/shm", SHM_BYTES_MAX, "1777", &["noexec"])?,
            tmpfs("/sys", EMPTY_BYTES_MAX, "755", &["noexec"])?,
            mount("cgroup", "cgroup", "/sys/fs/cgroup", &cgroup)?,
            tmpfs("/tmp", tmp_bytes, "1777", &[])?,
            tmpfs("/run", RUN_BYTES_MAX, "755", &["noexec"])?,
        ])
    }
}

fn mount(
    kind: &str,
    source: impl AsRef<Path>,
    destination: impl AsRef<Path>,
    options: &[&str],
) -> Result<Mount, OciSpecError> {
    MountBuilder::default()
        .typ(kind)
        .source(source.as_ref())
        .destination(destination.as_ref())
        .options(options.iter().map(|option| (*option).to_owned()).collect::<Vec<_>>())
        .build()
}

fn tmpfs(destination: &str, bytes_max: u64, mode: &str, more: &[&str]) -> Result<Mount, OciSpecError> {
    let (size, mode) = (format!("size={bytes_max}"), format!("mode={mode}"));
    let options = [&["nosuid", "nodev", &size, &mode], more].concat();
    mount("tmpfs", "tmpfs", destination, &options)
}

fn read_only(source: &Path, destination: impl AsRef<Path>, more: &[&str]) -> Result<Mount, OciSpecError> {
    mount("bind", source, destination, &[&["bind", "ro", "nosuid", "nodev"], more].concat())
}

fn writable(source: &Path, destination: impl AsRef<Path>, more: &[&str]) -> Result<Mount, OciSpecError> {
    mount("bind", source, destination, &[&["bind", "rw", "nosuid", "nodev"], more].concat())
}
