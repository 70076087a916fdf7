//! From a spec to a running first process.

use std::fs;
use std::path::{Path, PathBuf};

use smartbox_core::{BoxId, Stage};
use smartbox_provider::{ProviderError, Spec};

use super::bundle::{Bundle, Cache};
use super::error::at_path;
use super::host::{Doing, Host};
use super::process::ProcessId;
use super::record::{Record, replace};
use super::remove::remove_tree;
use super::volume;

/// Longest host name: a DNS label.
const HOSTNAME_LENGTH_MAX: usize = 63;

/// How a box sees the shared compile cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CacheUse {
    /// As every box that somebody uses.
    ReadOnly,
    /// The box fills the cache in this directory.
    Fill(PathBuf),
}

impl Host {
    /// Starts a box that has no processes. A failure leaves nothing that hinders the next call, and no trace of a
    /// box that did not exist before.
    pub(super) fn start(&self, id: BoxId, spec: &Spec, cache: &CacheUse) -> Result<(), ProviderError> {
        let _doing = self.doing(id, Doing::Starting(Stage::Image));
        let is_new = !self.paths.agent_volume(id).exists();
        let started = self.start_steps(id, spec, cache);
        if started.is_err() {
            let undone =
                self.tear_down(id).and_then(|()| if is_new { self.remove_volume(id) } else { Ok(()) });
            if let Err(error) = undone {
                tracing::warn!(%id, %error, "a failed start could not be undone; the next call tries again");
            }
        }
        started
    }

    fn start_steps(&self, id: BoxId, spec: &Spec, cache: &CacheUse) -> Result<(), ProviderError> {
        check(spec)?;
        let (runtime, cache) = self.runtime_dirs(spec, cache)?;
        let image = self.mounted_image()?;

        self.set_doing(id, Doing::Starting(Stage::Volume));
        volume::prepare(&self.paths, id, spec)?;
        self.stamp(id)?;
        let scratch = self.paths.run_box(id);
        fs::create_dir_all(&scratch).map_err(at_path("making the box's run directory", &scratch))?;
        let network = self.paths.netns(id);
        self.namespaces.make(&network).map_err(at_path("making the box's network", &network))?;
        self.write_bundle(
            id,
            &Bundle {
                hostname: &spec.hostname,
                uid_range: spec.uid_range,
                limits: spec.limits,
                root: &image.mount,
                image_binds: &image.binds,
                boxd: &self.config.boxd_binary,
                runtime,
                cache,
                agent_volume: self.paths.agent_volume(id),
                boxd_volume: self.paths.boxd_volume(id),
                platform: self.paths.platform(id),
                bundle: self.paths.bundle(id),
                network,
                cgroups_path: self.cgroups.path(id),
                open_files_hard: self.open_files_hard,
            },
        )?;

        self.set_doing(id, Doing::Starting(Stage::Process));
        let pid = self.runtime.run(id, &self.paths.bundle(id), &scratch)?;
        self.record_start(id, spec, pid)
    }

    fn record_start(&self, id: BoxId, spec: &Spec, pid: u32) -> Result<(), ProviderError> {
        let found = ProcessId::of(pid)
            .map_err(|error| ProviderError::transient("the box's first process cannot be seen", error))?;
        // One that has ended already is recorded, too, and seen as dead: its status says why.
        let start_ticks = found.map_or(0, |process| process.start_ticks);
        let record = Record {
            boot_id: self.boot_id.clone(),
            generation: spec.generation,
            pid,
            start_ticks,
            stop_grace_ms: u64::try_from(spec.stop_grace.as_millis()).unwrap_or(u64::MAX),
            cpu_millis: spec.limits.cpu_millis,
            quota_applied: false,
            stop_asked_at: None,
            squeezed: false,
        };
        self.write_record(id, &record)
    }

    /// The runtime's name and directory, and the cache.
    fn runtime_dirs(
        &self,
        spec: &Spec,
        cache: &CacheUse,
    ) -> Result<((String, PathBuf), Cache), ProviderError> {
        let name = format!("openclaw-{}", spec.runtime_version);
        let runtime = self.config.runtime_dir.join(&name);
        if !runtime.is_dir() {
            return Err(ProviderError::permanent(
                format!(
                    "the agent runtime {} is not installed at {}",
                    spec.runtime_version,
                    runtime.display()
                ),
                "Install this version into the runtime store, or pin the box to one that is there.",
            ));
        }
        if !self.config.boxd_binary.is_file() {
            return Err(ProviderError::permanent(
                format!("boxd is missing at {}", self.config.boxd_binary.display()),
                "Build or install `smartbox-boxd`, and name it in the settings.",
            ));
        }
        let cache = match cache {
            CacheUse::Fill(path) => Cache { path: path.clone(), writable: true },
            CacheUse::ReadOnly => {
                let path = self.config.runtime_dir.join(format!("{name}.cache"));
                fs::create_dir_all(&path).map_err(at_path("making the compile cache", &path))?;
                Cache { path, writable: false }
            }
        };
        Ok(((name, runtime), cache))
    }

    fn write_bundle(&self, id: BoxId, bundle: &Bundle<'_>) -> Result<(), ProviderError> {
        let dir = self.paths.bundle(id);
        let broken = |error| ProviderError::transient("the box's configuration is not valid", error);
        let config = bundle.config().map_err(broken)?;
        let config = serde_json::to_vec(&config)
            .map_err(|error| ProviderError::transient("the box's configuration is not valid", error))?;
        let name = bundle.hostname;
        let hosts = format!("127.0.0.1 localhost\n127.0.1.1 {name}\n::1 localhost ip6-localhost\n");
        let files: [(&str, &[u8]); 3] = [
            ("config.json", &config),
            ("hosts", hosts.as_bytes()),
            ("hostname", &format!("{name}\n").into_bytes()),
        ];
        for (file, content) in files {
            let path = dir.join(file);
            replace(&path, content, 0o644).map_err(at_path("writing the box's bundle", &path))?;
        }
        Ok(())
    }

    /// Removes the box's directory. From the first moment on it is not observed any more.
    pub(super) fn remove_volume(&self, id: BoxId) -> Result<(), ProviderError> {
        let (here, gone) = (self.paths.box_dir(id), self.paths.gone(id));
        let remove = |path: &Path| remove_tree(path).map_err(at_path("removing the box's volume", path));
        remove(&gone)?;
        match fs::rename(&here, &gone) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(super::error::at("removing the box's volume", &here, error)),
            Ok(()) => {
                self.touch();
                remove(&gone)
            }
        }
    }
}

/// Values that become parts of paths and files.
fn check(spec: &Spec) -> Result<(), ProviderError> {
    let refuse =
        |what: String| Err(ProviderError::permanent(what, "Report this: it is a defect of the platform."));
    let name = &spec.hostname;
    let name_fits = (1..=HOSTNAME_LENGTH_MAX).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if !name_fits {
        return refuse(format!("{name:?} is no host name"));
    }
    let version = &spec.runtime_version;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+' | b'_');
    if version.is_empty() || version.starts_with('.') || !version.bytes().all(plain) {
        return refuse(format!("{version:?} is no version of the agent runtime"));
    }
    Ok(())
}
