//! What all calls share: settings, paths, the kernel's interfaces, and what is being done right now.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rustix::process::{Resource, getrlimit};
use smartbox_core::{BoxId, Stage};
use smartbox_provider::{Generation, ProviderError};
use tokio::sync::Notify;

use super::LocalConfig;
use super::cgroup::{Cgroups, Controller, Layout};
use super::config::instance;
use super::error::at_path;
use super::netns::Namespaces;
use super::paths::{GONE_PREFIX, Paths};
use super::process::boot_id;
use super::record::Record;
use super::remove::remove_tree;
use super::runtime::OciRuntime;
use super::working_set::WorkingSets;

/// What a call is doing with a box at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doing {
    Starting(Stage),
    Stopping,
    /// It is frozen for a moment, while something is copied from its disk.
    Copying,
}

/// The provider's state on this host.
pub(super) struct Host {
    pub(super) config: LocalConfig,
    pub(super) paths: Paths,
    pub(super) cgroups: Cgroups,
    pub(super) namespaces: Namespaces,
    pub(super) runtime: OciRuntime,
    pub(super) boot_id: String,
    /// The platform's own hard limit of open files.
    pub(super) open_files_hard: u64,
    /// What squeezed boxes need in order to wake.
    pub(super) working_sets: WorkingSets,
    /// Wakes `changed`.
    pub(super) touched: Notify,
    /// One mount of an image at a time.
    pub(super) mounting: Mutex<()>,
    /// One line after the other is appended to logs.
    pub(super) logging: Mutex<()>,
    doing: Mutex<BTreeMap<BoxId, Doing>>,
}

impl Host {
    pub(super) fn new(config: LocalConfig) -> Result<Self, ProviderError> {
        let paths = Paths::new(&config);
        make_dirs(&paths)?;
        let layout =
            Layout::detect().map_err(at_path("finding the cgroups", Path::new("/proc/self/mountinfo")))?;
        if let Some(missing) = Controller::ALL.into_iter().find(|which| layout.controller(*which).is_none()) {
            return Err(ProviderError::permanent(
                format!("the host has no `{}` cgroup controller", missing.as_str()),
                "Mount the cgroup hierarchies, or enable the controller on the kernel's command line.",
            ));
        }
        let transient =
            |what: &'static str| move |error: std::io::Error| ProviderError::transient(what, error);
        let host = Self {
            cgroups: Cgroups::new(layout, instance(&config.data_dir)),
            namespaces: Namespaces::start().map_err(transient("the namespace thread does not start"))?,
            runtime: OciRuntime::new(config.oci_runtime.clone(), paths.runtime_state()),
            boot_id: boot_id().map_err(transient("the host's boot has no id"))?,
            open_files_hard: getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX),
            working_sets: WorkingSets::default(),
            touched: Notify::new(),
            mounting: Mutex::new(()),
            logging: Mutex::new(()),
            doing: Mutex::new(BTreeMap::new()),
            paths,
            config,
        };
        host.finish_removals()?;
        Ok(host)
    }

    /// Wakes `changed`: now, and the next caller if nobody waits now.
    pub(super) fn touch(&self) {
        self.touched.notify_waiters();
        self.touched.notify_one();
    }

    /// Removes what an interrupted removal left.
    fn finish_removals(&self) -> Result<(), ProviderError> {
        let boxes = self.paths.boxes();
        let failed = |error: std::io::Error| super::error::at("looking through the boxes", &boxes, error);
        for entry in fs::read_dir(&boxes).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            let id = name.to_str().and_then(|name| name.strip_prefix(GONE_PREFIX));
            if id.is_some_and(|id| id.parse::<BoxId>().is_ok()) {
                remove_tree(&entry.path()).map_err(failed)?;
            }
        }
        Ok(())
    }

    /// Whether the box runs in this or a newer generation, with a gateway that is not dead, and nobody stops it.
    pub(super) fn is_current(&self, id: BoxId, generation: Generation) -> Result<bool, ProviderError> {
        let Some(record) = self.record(id)? else { return Ok(false) };
        let seen = self.observe(id)?;
        let lives = seen.observation.observed.is_alive() && seen.observation.pid.is_some();
        Ok(record.generation >= generation && record.stop_asked_at.is_none() && lives)
    }

    /// The record of the box's incarnation.
    pub(super) fn record(&self, id: BoxId) -> Result<Option<Record>, ProviderError> {
        let path = self.paths.record(id);
        Record::read(&path).map_err(at_path("reading the box's record", &path))
    }

    pub(super) fn write_record(&self, id: BoxId, record: &Record) -> Result<(), ProviderError> {
        let path = self.paths.record(id);
        record.write(&path).map_err(at_path("writing the box's record", &path))?;
        self.touch();
        Ok(())
    }

    /// Whether the record's process lives, in this uptime of the host.
    pub(super) fn lives(&self, record: &Record) -> bool {
        record.boot_id == self.boot_id && record.process().is_alive()
    }

    /// Says what is being done with a box until the guard is dropped.
    pub(super) fn doing(&self, id: BoxId, what: Doing) -> DoingGuard<'_> {
        self.set_doing(id, what);
        DoingGuard { host: self, id }
    }

    pub(super) fn set_doing(&self, id: BoxId, what: Doing) {
        self.doing.lock().unwrap_or_else(PoisonError::into_inner).insert(id, what);
        self.touch();
    }

    pub(super) fn what_is_done(&self, id: BoxId) -> Option<Doing> {
        self.doing.lock().unwrap_or_else(PoisonError::into_inner).get(&id).copied()
    }
}

/// Ends what was said with [`Host::doing`].
pub(super) struct DoingGuard<'a> {
    host: &'a Host,
    id: BoxId,
}

impl Drop for DoingGuard<'_> {
    fn drop(&mut self) {
        self.host.doing.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
        self.host.touch();
    }
}

/// The run directory's images must be reachable for the users of every box; the rest is for root alone.
fn make_dirs(paths: &Paths) -> Result<(), ProviderError> {
    let run = paths.run();
    let open = [run.to_owned(), run.join("images")];
    let closed = [paths.boxes(), paths.images(), paths.run_boxes(), paths.runtime_state(), run.join("netns")];
    for (dirs, mode) in [(&open[..], 0o711), (&closed[..], 0o700)] {
        for dir in dirs {
            fs::create_dir_all(dir).map_err(at_path("making a directory", dir))?;
            let allowed = fs::Permissions::from_mode(mode);
            fs::set_permissions(dir, allowed).map_err(at_path("making a directory", dir))?;
        }
    }
    Ok(())
}
