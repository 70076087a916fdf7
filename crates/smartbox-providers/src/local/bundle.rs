//! The bundle of a box: the `config.json` that an OCI runtime starts it from.
//!
//! Everything that keeps a box apart from its host and its neighbours is decided here, in one place, from
//! typed parts: nothing of the host gets in that is not named below.

mod mounts;
mod seccomp;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use oci_spec::OciSpecError;
use oci_spec::runtime::{
    Capability, Linux, LinuxBuilder, LinuxCapabilitiesBuilder, LinuxCpuBuilder, LinuxDeviceCgroupBuilder,
    LinuxIdMappingBuilder, LinuxMemoryBuilder, LinuxNamespace, LinuxNamespaceBuilder, LinuxNamespaceType,
    LinuxPidsBuilder, LinuxResources, LinuxResourcesBuilder, PosixRlimit, PosixRlimitBuilder,
    PosixRlimitType, Process, ProcessBuilder, RootBuilder, Spec as OciSpec, SpecBuilder, UserBuilder,
};
use smartbox_core::UidRange;
use smartbox_provider::Limits;

/// Where boxd is in every box.
pub(super) const BOXD_IN_BOX: &str = "/opt/smartbox/boxd";
/// Where runtimes are in every box.
pub(super) const RUNTIMES_IN_BOX: &str = "/opt/runtime";
/// Version of the OCI runtime specification: the one that Debian 12's runc implements.
const OCI_VERSION: &str = "1.0.2";
/// Most open files of a process: what OpenClaw with its plugins comes nowhere near.
const OPEN_FILES_MAX: u64 = 65_536;
/// CPU weight of one whole CPU in cgroup v1 terms; the runtime converts it for v2.
const SHARES_PER_CPU: u64 = 1024;
/// Ids in a box's user namespace.
const IDS: u32 = smartbox_core::uid_range::LENGTH;

/// What a box is started from.
#[derive(Clone, Debug)]
pub(super) struct Bundle<'a> {
    /// Host name inside the box.
    pub(super) hostname: &'a str,
    pub(super) uid_range: UidRange,
    pub(super) limits: Limits,
    /// The image's root, reachable for everybody.
    pub(super) root: &'a Path,
    /// Directories of the host that are part of the image.
    pub(super) image_binds: &'a [ImageBind],
    pub(super) boxd: &'a Path,
    /// Name below [`RUNTIMES_IN_BOX`] and path on the host.
    pub(super) runtime: (String, PathBuf),
    pub(super) cache: Cache,
    pub(super) agent_volume: PathBuf,
    pub(super) boxd_volume: PathBuf,
    pub(super) platform: PathBuf,
    /// Directory of the bundle: holds `hosts` and `hostname`, too.
    pub(super) bundle: PathBuf,
    pub(super) network: PathBuf,
    pub(super) cgroups_path: String,
    /// The platform's own hard limit: nothing may be raised above it.
    pub(super) open_files_hard: u64,
}

/// A directory of the host that is part of an image, read-only.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct ImageBind {
    pub(super) source: PathBuf,
    pub(super) destination: PathBuf,
}

/// The compile cache, shared by all boxes of one runtime version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cache {
    pub(super) path: PathBuf,
    /// Only while the cache is filled, by a box that nobody uses.
    pub(super) writable: bool,
}

impl Bundle<'_> {
    /// The typed `config.json`.
    pub(super) fn config(&self) -> Result<OciSpec, OciSpecError> {
        let root = RootBuilder::default().path(self.root).readonly(true).build()?;
        SpecBuilder::default()
            .version(OCI_VERSION)
            .root(root)
            .hostname(self.hostname)
            .mounts(self.mounts()?)
            .process(self.process()?)
            .linux(self.linux()?)
            .build()
    }

    /// boxd, as root of the box's user namespace with the few powers it needs to start others as the agent,
    /// signal them and hand them terminals. Its memory is its own: nothing else runs as root.
    fn process(&self) -> Result<Process, OciSpecError> {
        let kept = [Capability::Chown, Capability::Kill, Capability::Setgid, Capability::Setuid];
        let none = || std::iter::empty().collect::<std::collections::HashSet<Capability>>();
        let capabilities = LinuxCapabilitiesBuilder::default()
            .bounding(kept)
            .effective(kept)
            .permitted(kept)
            .inheritable(none())
            .ambient(none())
            .build()?;
        ProcessBuilder::default()
            .terminal(false)
            .user(UserBuilder::default().uid(0_u32).gid(0_u32).build()?)
            .args([BOXD_IN_BOX.to_owned()])
            .env(["PATH=/usr/local/bin:/usr/bin:/bin".to_owned()])
            .cwd("/")
            .capabilities(capabilities)
            .rlimits(self.rlimits()?)
            .no_new_privileges(true)
            .build()
    }

    fn rlimits(&self) -> Result<Vec<PosixRlimit>, OciSpecError> {
        let limit = |kind: PosixRlimitType, value: u64| {
            PosixRlimitBuilder::default().typ(kind).soft(value).hard(value).build()
        };
        let open_files = OPEN_FILES_MAX.min(self.open_files_hard);
        // A core dump would write a process's memory, keys included, onto the volume.
        Ok(vec![limit(PosixRlimitType::RlimitNofile, open_files)?, limit(PosixRlimitType::RlimitCore, 0)?])
    }

    fn linux(&self) -> Result<Linux, OciSpecError> {
        let map = LinuxIdMappingBuilder::default()
            .container_id(0_u32)
            .host_id(self.uid_range.base())
            .size(IDS)
            .build()?;
        LinuxBuilder::default()
            .uid_mappings([map])
            .gid_mappings([map])
            .namespaces(self.namespaces()?)
            .cgroups_path(PathBuf::from(&self.cgroups_path))
            .resources(self.resources()?)
            .seccomp(seccomp::filter()?)
            .masked_paths(mounts::MASKED.map(str::to_owned))
            .readonly_paths(mounts::READ_ONLY.map(str::to_owned))
            .build()
    }

    /// All of the box's own. The network's was made by the host, which therefore owns it.
    fn namespaces(&self) -> Result<Vec<LinuxNamespace>, OciSpecError> {
        let own = [
            LinuxNamespaceType::User,
            LinuxNamespaceType::Pid,
            LinuxNamespaceType::Mount,
            LinuxNamespaceType::Ipc,
            LinuxNamespaceType::Uts,
            LinuxNamespaceType::Cgroup,
        ];
        let network =
            LinuxNamespaceBuilder::default().typ(LinuxNamespaceType::Network).path(&self.network).build();
        own.into_iter()
            .map(|kind| LinuxNamespaceBuilder::default().typ(kind).build())
            .chain([network])
            .collect()
    }

    /// Limits for the start: everything but the CPU quota, which comes when the gateway is ready. Swap is
    /// allowed: a turn's peak goes there before the kernel kills.
    fn resources(&self) -> Result<LinuxResources, OciSpecError> {
        let bytes = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        let shares = (u64::from(self.limits.cpu_millis) * SHARES_PER_CPU / 1000).max(2);
        let memory = LinuxMemoryBuilder::default()
            .limit(bytes(self.limits.memory_max_bytes))
            .reservation(bytes(self.limits.memory_bytes))
            .build()?;
        let no_devices = LinuxDeviceCgroupBuilder::default().allow(false).access("rwm").build()?;
        LinuxResourcesBuilder::default()
            .devices([no_devices])
            .memory(memory)
            .cpu(LinuxCpuBuilder::default().shares(shares).build()?)
            .pids(LinuxPidsBuilder::default().limit(i64::from(self.limits.pids_max)).build()?)
            .build()
    }
}
