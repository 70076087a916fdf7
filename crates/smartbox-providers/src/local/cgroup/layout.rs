//! Which hierarchy of cgroups holds which controller on this host.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Generation of a hierarchy's interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::local) enum Version {
    /// One hierarchy for one or a few controllers.
    V1,
    /// One hierarchy for all.
    V2,
}

/// What a limit is kept by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::local) enum Controller {
    /// CPU time.
    Cpu,
    /// Memory.
    Memory,
    /// Number of processes and threads.
    Pids,
}

impl Controller {
    /// Every controller that a box needs.
    pub(in crate::local) const ALL: [Self; 3] = [Self::Cpu, Self::Memory, Self::Pids];

    /// The kernel's name for it.
    pub(in crate::local) const fn as_str(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::Pids => "pids",
        }
    }
}

/// The mounted hierarchies of a host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::local) struct Layout {
    /// Version 1: controllers (and `name=…`) of each mount.
    v1: Vec<(Vec<String>, PathBuf)>,
    /// Version 2: the mount and the controllers it has to give.
    v2: Option<(PathBuf, Vec<String>)>,
}

impl Layout {
    /// The layout of this host.
    ///
    /// # Errors
    /// When the list of mounts cannot be read.
    pub(in crate::local) fn detect() -> io::Result<Self> {
        Ok(Self::parse(&fs::read_to_string("/proc/self/mountinfo")?, Path::new("/")))
    }

    /// Reads a layout from a text in the format of `/proc/self/mountinfo` (proc(5)). Mount points are looked up
    /// below `root`.
    pub(in crate::local) fn parse(mountinfo: &str, root: &Path) -> Self {
        let mut layout = Self::default();
        for line in mountinfo.lines() {
            let Some((fields, source)) = line.split_once(" - ") else { continue };
            let Some(place) = fields.split(' ').nth(4) else { continue };
            let place = root.join(place.trim_start_matches('/'));
            let mut source = source.split(' ');
            match (source.next(), source.nth(1)) {
                (Some("cgroup"), Some(options)) => {
                    let names = options.split(',').map(str::to_owned).collect();
                    layout.v1.push((names, place));
                }
                (Some("cgroup2"), _) if layout.v2.is_none() => {
                    let names = fs::read_to_string(place.join("cgroup.controllers")).unwrap_or_default();
                    layout.v2 = Some((place, names.split_whitespace().map(str::to_owned).collect()));
                }
                _ => {}
            }
        }
        layout
    }

    /// Where a controller is. Version 1 has it, or version 2; never both.
    pub(in crate::local) fn controller(&self, controller: Controller) -> Option<(Version, &Path)> {
        let has = |names: &[String]| names.iter().any(|name| name == controller.as_str());
        let v1 = self.v1.iter().find(|(names, _)| has(names));
        let v2 = self.v2.as_ref().filter(|(_, names)| has(names));
        v1.map(|(_, mount)| (Version::V1, mount.as_path()))
            .or_else(|| v2.map(|(mount, _)| (Version::V2, mount.as_path())))
    }

    /// The mount of version 1's CPU accounting.
    pub(in crate::local) fn cpuacct_v1(&self) -> Option<&Path> {
        let mount = self.v1.iter().find(|(names, _)| names.iter().any(|name| name == "cpuacct"));
        mount.map(|(_, mount)| mount.as_path())
    }

    /// The mount of version 1's freezer.
    pub(in crate::local) fn freezer_v1(&self) -> Option<&Path> {
        let mount = self.v1.iter().find(|(names, _)| names.iter().any(|name| name == "freezer"));
        mount.map(|(_, mount)| mount.as_path())
    }

    /// Whether processes can be frozen, by either version. The root group of version 2 has no `cgroup.freeze`, so
    /// its presence is taken for the kernel's ability: 5.2 and later.
    pub(in crate::local) fn has_freezer(&self) -> bool {
        self.unified().is_some() || self.freezer_v1().is_some()
    }

    /// The mount of version 2, whether it has controllers or not.
    pub(in crate::local) fn unified(&self) -> Option<&Path> {
        self.v2.as_ref().map(|(mount, _)| mount.as_path())
    }

    /// Every mount a box may have a group in. Those that limit something come first: a process is in them for
    /// sure, while a hybrid host's unified hierarchy may be left out by a runtime.
    pub(in crate::local) fn mounts(&self) -> impl Iterator<Item = &Path> {
        let limits = [Controller::Pids].into_iter().filter_map(|which| Some(self.controller(which)?.1));
        let all = self.v1.iter().map(|(_, mount)| mount.as_path()).chain(self.unified());
        limits.chain(all)
    }

    /// The layout in one word, for people.
    pub(in crate::local) fn describe(&self) -> &'static str {
        match (self.v1.is_empty(), &self.v2) {
            (true, None) => "none",
            (true, Some(_)) => "v2",
            (false, None) => "v1",
            (false, Some(_)) => "hybrid",
        }
    }
}
