//! Where files lie while they are written: in a directory of caches, which no backup has and a crash may leave something in.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{AtFlags, Dir, Mode, OFlags};
use rustix::io::Errno;

use crate::beneath::{make_dir_in, stat_in};
use crate::tree::remove_tree_in;
use crate::{Error, Home};

/// Directories of the way there.
const CACHE: &str = ".cache";
const STAGING: &str = "smartbox-files";
/// What a crash has left is removed after this time, in milliseconds.
const LEFT_OVER_MS: i64 = 24 * 3600 * 1000;
/// A name is taken only if somebody wants it to be.
const TRIES_MAX: u32 = 16;

/// Somebody's unfinished work. What is not taken out of it is removed.
#[derive(Debug)]
pub(crate) struct Staged {
    pub(crate) dir: OwnedFd,
    pub(crate) name: OsString,
}

impl Drop for Staged {
    fn drop(&mut self) {
        // What was taken out is not there any more.
        if let Err(error) = remove_tree_in(&self.dir, &self.name) {
            tracing::debug!(%error, "what was not finished could not be removed");
        }
    }
}

impl Home {
    /// A new file to write into.
    pub(crate) fn stage_file(&self) -> Result<(Staged, File), Error> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        self.stage(|dir, name| rustix::fs::openat(dir, name, flags, Mode::RUSR | Mode::WUSR).map(File::from))
    }

    /// A name that something is to be made under.
    pub(crate) fn stage_name(&self) -> Result<Staged, Error> {
        let free = |dir: &OwnedFd, name: &OsStr| match stat_in(dir, name) {
            Err(Errno::NOENT) => Ok(()),
            Ok(_) => Err(Errno::EXIST),
            Err(error) => Err(error),
        };
        self.stage(free).map(|(staged, ())| staged)
    }

    fn stage<T>(&self, make: impl Fn(&OwnedFd, &OsStr) -> Result<T, Errno>) -> Result<(Staged, T), Error> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let dir = self.staging()?;
        for _ in 0..TRIES_MAX {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let name = OsString::from(format!("{}-{number}", std::process::id()));
            match make(&dir, &name) {
                Ok(made) => return Ok((Staged { dir, name }, made)),
                Err(Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Errno::EXIST.into())
    }

    fn staging(&self) -> Result<OwnedFd, Errno> {
        let (cache, _) = make_dir_in(&self.dir, OsStr::new(CACHE), Mode::RWXU, self.owner)?;
        Ok(make_dir_in(&cache, OsStr::new(STAGING), Mode::RWXU, self.owner)?.0)
    }

    /// Removes what crashes have left there.
    pub(crate) fn purge_staging(&self, now_ms: i64) -> Result<(), Error> {
        let Ok(path) = crate::FilePath::parse(format!("{CACHE}/{STAGING}").as_bytes()) else { return Ok(()) };
        let dir = match crate::beneath::dir_below(&self.dir, &path) {
            Ok(dir) => dir,
            // Something else of that name is the box's own affair.
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::XDEV) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        for entry in Dir::read_from(&dir)? {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if matches!(name.as_bytes(), b"." | b"..") {
                continue;
            }
            let Ok(found) = stat_in(&dir, name) else { continue };
            if found.st_ctime.saturating_mul(1000) < now_ms.saturating_sub(LEFT_OVER_MS) {
                remove_tree_in(&dir, name)?;
            }
        }
        Ok(())
    }
}

/// Removes a name that is no directory.
pub(crate) fn unlink(dir: &OwnedFd, name: &OsStr) -> Result<(), Errno> {
    rustix::fs::unlinkat(dir, name, AtFlags::empty())
}
