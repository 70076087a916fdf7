//! A swap file in the data directory, made on request only: room for boxes that sleep deeply and for the peak of a
//! turn. `mkswap` and `swapon` of util-linux do the work, as on any host.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::fs::{FallocateFlags, OFlags, fallocate};
use rustix::process::geteuid;

use super::memory::swap_areas;
use super::runtime::SEARCH_PATH;

/// Its name in the data directory.
const NAME: &str = "swapfile";
/// Less is not worth a file.
const BYTES_MIN: u64 = 64 * 1024 * 1024;
/// What must be left on the disk: boxes write there, too.
const DISK_LEFT_BYTES: u64 = 1024 * 1024 * 1024;

/// Why there is no swap file.
#[derive(Debug, thiserror::Error)]
pub enum SwapError {
    /// Something about the host or the request; the text says what.
    #[error("{what}")]
    Host {
        /// What is in the way.
        what: String,
        /// What to do about it.
        remedy: &'static str,
    },
    /// The operating system failed in a way that is not foreseen.
    #[error("{what} failed")]
    Io {
        /// What was tried.
        what: &'static str,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

impl SwapError {
    /// What to do about it, where that is known.
    pub fn remedy(&self) -> Option<&'static str> {
        match self {
            Self::Host { remedy, .. } => Some(remedy),
            Self::Io { .. } => None,
        }
    }

    /// Whether this program, not the host, is to blame.
    pub fn is_ours(&self) -> bool {
        matches!(self, Self::Io { .. })
    }

    fn host(what: impl Into<String>, remedy: &'static str) -> Self {
        Self::Host { what: what.into(), remedy }
    }
}

fn io(what: &'static str) -> impl Fn(io::Error) -> SwapError {
    move |source| SwapError::Io { what, source }
}

/// Makes a swap file of `bytes` in `data_dir`, mode 0600, and gives it to the kernel. Asking twice is asking once; a
/// file left by an earlier attempt or from before a reboot is used. Returns what was done, for people. Blocks.
///
/// # Errors
/// [`SwapError::Host`] without root, room, or a file system that can hold swap. Then no new file is left.
pub fn setup_swap(data_dir: &Path, bytes: u64) -> Result<String, SwapError> {
    if !geteuid().is_root() {
        return Err(SwapError::host("only root can set up swap", "Run this command with sudo."));
    }
    if bytes < BYTES_MIN {
        return Err(SwapError::host("the swap file is too small to be of use", "Ask for 64M or more."));
    }
    fs::create_dir_all(data_dir).map_err(io("making the data directory"))?;
    let dir = data_dir.canonicalize().map_err(io("finding the data directory"))?;
    let path = dir.join(NAME);
    if swap_areas().iter().any(|area| Path::new(&area.name) == path) {
        return Ok(format!("{} is in use already", path.display()));
    }
    let is_new = !path.exists();
    let prepared =
        prepare(&dir, &path, bytes).and_then(|()| call("mkswap", &path)).and_then(|()| call("swapon", &path));
    if prepared.is_err() && is_new {
        let _never_made = fs::remove_file(&path);
    }
    prepared?;
    let after = "after a reboot, call this again or add it to /etc/fstab";
    Ok(format!("{} is in use as swap; {after}", path.display()))
}

/// Makes the file, or takes one of this size that is there.
fn prepare(dir: &Path, path: &Path, bytes: u64) -> Result<(), SwapError> {
    let failed = io("making the swap file");
    // Never through a link: the file's content is overwritten.
    let flags = i32::try_from(OFlags::NOFOLLOW.bits()).unwrap_or(0);
    let mut options = OpenOptions::new();
    let file = options
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(flags)
        .open(path);
    let file = file.map_err(&failed)?;
    let known = file.metadata().map_err(&failed)?;
    if !known.is_file() || (known.len() != 0 && known.len() != bytes) {
        return Err(SwapError::host(
            format!("{} is there already, {} bytes long", path.display(), known.len()),
            "Ask for that size, or remove it when nothing uses it.",
        ));
    }
    file.set_permissions(Permissions::from_mode(0o600)).map_err(&failed)?;
    if known.len() == 0 {
        allocate(dir, &file, bytes)?;
    }
    Ok(())
}

fn allocate(dir: &Path, file: &File, bytes: u64) -> Result<(), SwapError> {
    let disk =
        rustix::fs::statvfs(dir).map_err(|error| io("asking for the room on the disk")(error.into()))?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let full = || {
        SwapError::host(
            format!("{} has too little room for a swap file of this size", dir.display()),
            "Ask for less, or free space: 1 GiB beyond the file must be left.",
        )
    };
    if free < bytes.saturating_add(DISK_LEFT_BYTES) {
        return Err(full());
    }
    // Real blocks, no holes: the kernel writes to them past the file system.
    match fallocate(file, FallocateFlags::empty(), 0, bytes) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::NOSPC) => Err(full()),
        Err(rustix::io::Errno::OPNOTSUPP) => Err(SwapError::host(
            format!("the file system of {} cannot hold a swap file", dir.display()),
            "Use a data directory on ext4 or xfs, or set up zram.",
        )),
        Err(error) => Err(io("reserving room for the swap file")(error.into())),
    }
}

fn call(program: &'static str, path: &Path) -> Result<(), SwapError> {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", SEARCH_PATH).env("LC_ALL", "C").arg(path).stdin(Stdio::null());
    let output = command.output().map_err(|error| {
        SwapError::host(
            format!("`{program}` cannot be called: {error}"),
            "Install it (Debian: `apt-get install mount`).",
        )
    })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(SwapError::host(
        format!("`{program}` refuses: {}", said.lines().last().unwrap_or("it says nothing")),
        "The kernel or the file system may not support swap files: use ext4 or xfs, or set up zram.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_no_swap_file_of_this_size_is_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(NAME);
        fs::write(&path, "precious").unwrap();
        let refused = prepare(dir.path(), &path, BYTES_MIN).unwrap_err();
        assert!(refused.remedy().is_some() && !refused.is_ours(), "{refused:?}");
        assert_eq!(fs::read(&path).unwrap(), b"precious");
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink(dir.path().join("elsewhere"), &path).unwrap();
        assert!(prepare(dir.path(), &path, BYTES_MIN).is_err(), "a link is not followed");
        assert!(!dir.path().join("elsewhere").exists());
    }

    #[test]
    fn more_than_the_disk_has_is_refused_before_anything_is_reserved() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(NAME);
        let refused = prepare(dir.path(), &path, u64::MAX / 2).unwrap_err();
        assert!(refused.to_string().contains("too little room"), "{refused}");
        assert_eq!(fs::metadata(&path).unwrap().len(), 0);
    }
}
