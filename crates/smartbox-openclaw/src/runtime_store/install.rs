//! Installs a runtime: under a temporary name, verified, then renamed.

use std::fs::{self, File, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, PermissionsExt, lchown, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use smartbox_core::Progress;

use super::npm::Npm;
use super::{RuntimeError, RuntimeStore, verify};
use crate::versions::{Installable, Packages};

/// What an installation takes on disk, with room for npm's own cache. Measured: 850 MB installed, 190 MB cached.
pub(super) const DISK_BYTES_MIN: u64 = 1536 * 1024 * 1024;
/// An installation that leaves less than this is given up: what follows would fail in less clear ways.
const DISK_BYTES_LEFT_MIN: u64 = 32 * 1024 * 1024;
/// How often free space is looked at during an installation.
const SPACE_INTERVAL: Duration = Duration::from_secs(1);

/// Installs what `wanted` pins, unless another process does so meanwhile.
pub(super) async fn install(
    store: &RuntimeStore,
    wanted: Installable,
    progress: &dyn Progress,
) -> Result<(), RuntimeError> {
    let npm = Npm::find()?;
    fs::create_dir_all(store.dir()).map_err(RuntimeError::io("cannot make", store.dir()))?;
    progress.begin(&format!("Installing OpenClaw {} and Node.js {}", wanted.openclaw, wanted.node));
    let _lock = lock(store, progress).await?;
    if store.get(wanted.openclaw).is_none() {
        remove_leftovers(store, wanted.openclaw).await?;
        check_space(store.dir(), DISK_BYTES_MIN)?;
        let scratch = store.dir().join(format!("{}{}", scratch_prefix(wanted.openclaw), std::process::id()));
        let made = tokio::select! {
            made = make(&npm, wanted, &scratch, progress) => made,
            full = watch_space(store.dir()) => Err(full),
        };
        if let Err(error) = made {
            let is_full = check_space(store.dir(), DISK_BYTES_LEFT_MIN);
            // The first error is the one that matters.
            let _ = blocking(&scratch, remove_tree).await;
            return Err(is_full.err().unwrap_or(error));
        }
        let place = store.runtime_path(wanted.openclaw);
        // An incomplete directory of this name is none of ours; renaming over it fails rather than mixing both.
        fs::rename(&scratch, &place).map_err(RuntimeError::io("cannot put in place", &place))?;
        sync_dir(store.dir())?;
    }
    progress.done();
    Ok(())
}

async fn make(
    npm: &Npm,
    wanted: Installable,
    scratch: &Path,
    progress: &dyn Progress,
) -> Result<(), RuntimeError> {
    let node_dir = scratch.join("node");
    write_packages(&node_dir, wanted.node_packages)?;
    npm.install_node(&node_dir, progress).await?;
    let node = node_dir.join("node_modules").join(verify::node_package()?).join("bin/node");
    verify::prints_version(&node, &[], &format!("v{}", wanted.node)).await?;

    write_packages(scratch, wanted.openclaw_packages)?;
    npm.install_openclaw(scratch, &node, progress).await?;
    progress.detail("verifying");
    let entry = scratch.join("node_modules/openclaw/openclaw.mjs");
    npm.finish_openclaw(scratch, &node).await?;
    verify::packages_are_complete(scratch, wanted.openclaw_packages.lockfile)?;
    verify::prints_version(&node, &[&entry], wanted.openclaw).await?;

    let bin = scratch.join("bin");
    fs::create_dir_all(&bin).map_err(RuntimeError::io("cannot make", &bin))?;
    link(&format!("../node/node_modules/{}/bin/node", verify::node_package()?), &bin.join("node"))?;
    link("../node_modules/openclaw/openclaw.mjs", &bin.join("openclaw"))?;
    blocking(scratch, publish_tree).await
}

fn write_packages(dir: &Path, packages: Packages) -> Result<(), RuntimeError> {
    fs::create_dir_all(dir).map_err(RuntimeError::io("cannot make", dir))?;
    for (name, content) in [("package.json", packages.manifest), ("package-lock.json", packages.lockfile)] {
        let path = dir.join(name);
        fs::write(&path, content).map_err(RuntimeError::io("cannot write", &path))?;
    }
    Ok(())
}

fn link(target: &str, place: &Path) -> Result<(), RuntimeError> {
    symlink(target, place).map_err(RuntimeError::io("cannot link", place))
}

/// Waits for other processes that install into the same store.
pub(super) async fn lock(store: &RuntimeStore, progress: &dyn Progress) -> Result<File, RuntimeError> {
    let path = store.dir().join(".lock");
    let file = File::create(&path).map_err(RuntimeError::io("cannot make", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::Error(error)) => Err(RuntimeError::io("cannot lock", &path)(error)),
        Err(fs::TryLockError::WouldBlock) => {
            progress.detail("waiting for another installation");
            let locked = tokio::task::spawn_blocking(move || file.lock().map(|()| file)).await;
            locked.map_err(std::io::Error::other).flatten().map_err(RuntimeError::io("cannot lock", &path))
        }
    }
}

pub(super) fn scratch_prefix(version: &str) -> String {
    format!(".openclaw-{version}.tmp-")
}

/// Removes what killed installations left. npm may outlive a killed platform and still write there, so every
/// installation has a directory of its own, and what cannot be removed now is removed by a later one.
async fn remove_leftovers(store: &RuntimeStore, version: &str) -> Result<(), RuntimeError> {
    let entries = fs::read_dir(store.dir()).map_err(RuntimeError::io("cannot read", store.dir()))?;
    for entry in entries.flatten() {
        if entry.file_name().as_encoded_bytes().starts_with(scratch_prefix(version).as_bytes())
            && let Err(error) = blocking(&entry.path(), remove_tree).await
        {
            tracing::warn!(%error, "an unfinished installation stays");
        }
    }
    Ok(())
}

fn check_space(dir: &Path, needed: u64) -> Result<(), RuntimeError> {
    let stat =
        rustix::fs::statvfs(dir).map_err(|errno| RuntimeError::io("cannot look at", dir)(errno.into()))?;
    if stat.f_bavail.saturating_mul(stat.f_frsize) < needed {
        return Err(RuntimeError::DiskFull { dir: dir.to_owned(), needed_mib: DISK_BYTES_MIN >> 20 });
    }
    Ok(())
}

/// Ends when the disk is full: npm goes on for minutes.
async fn watch_space(dir: &Path) -> RuntimeError {
    loop {
        tokio::time::sleep(SPACE_INTERVAL).await;
        if let Err(full) = check_space(dir, DISK_BYTES_LEFT_MIN) {
            return full;
        }
    }
}

/// Runs work on a tree of files outside of the async threads.
pub(super) async fn blocking(
    path: &Path,
    work: fn(&Path) -> Result<(), RuntimeError>,
) -> Result<(), RuntimeError> {
    let owned: PathBuf = path.to_owned();
    let done = tokio::task::spawn_blocking(move || work(&owned)).await;
    done.map_err(|error| RuntimeError::io("cannot finish work on", path)(std::io::Error::other(error)))?
}

pub(super) fn remove_tree(path: &Path) -> Result<(), RuntimeError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(RuntimeError::io("cannot remove", path)),
    }
}

/// Makes a tree readable for everybody, writable for nobody but its owner, owned by root if we are root; and flushes
/// it to disk, so that after a power failure it is either there whole or not at all.
pub(super) fn publish_tree(root: &Path) -> Result<(), RuntimeError> {
    let us = rustix::process::geteuid().as_raw();
    publish(root, us == 0).map_err(RuntimeError::io("cannot hand out", root))?;
    let dir = File::open(root).map_err(RuntimeError::io("cannot open", root))?;
    rustix::fs::syncfs(&dir).map_err(|errno| RuntimeError::io("cannot flush", root)(errno.into()))
}

fn publish(path: &Path, to_root: bool) -> std::io::Result<()> {
    let meta = fs::symlink_metadata(path)?;
    if to_root && (meta.uid() != 0 || meta.gid() != 0) {
        lchown(path, Some(0), Some(0))?;
    }
    if meta.is_symlink() {
        return Ok(());
    }
    let mode = meta.mode() & 0o7777;
    let executable = if meta.is_dir() || mode & 0o100 != 0 { 0o111 } else { 0 };
    let wanted = (mode & 0o700) | 0o444 | executable;
    if mode != wanted {
        fs::set_permissions(path, Permissions::from_mode(wanted))?;
    }
    if meta.is_dir() {
        for entry in fs::read_dir(path)? {
            publish(&entry?.path(), to_root)?;
        }
    }
    Ok(())
}

/// Makes a rename in `dir` survive a power failure.
pub(super) fn sync_dir(dir: &Path) -> Result<(), RuntimeError> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(RuntimeError::io("cannot flush", dir))
}
