//! A home that is open.

use std::ffi::OsStr;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{CWD, Mode};
use rustix::io::Errno;

use crate::beneath::{Owner, dir_below, dir_in, make_dir_in, stat_in};
use crate::{Entry, Error, FilePath, Kind};

/// Permissions of a directory that is made.
pub(crate) const DIRECTORY_MODE: Mode = Mode::from_raw_mode(0o755);

/// A home that is open. Everything blocks.
#[derive(Debug)]
pub struct Home {
    pub(crate) dir: OwnedFd,
    pub(crate) owner: Owner,
}

impl Home {
    /// Opens a home; `None`: it is not there. Its parents are trusted, its last name must not be a link.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn open(path: &Path) -> Result<Option<Self>, Error> {
        let dir = match dir_in(CWD, path) {
            Ok(dir) => dir,
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let found = rustix::fs::fstat(&dir)?;
        Ok(Some(Self { dir, owner: Owner { uid: found.st_uid, gid: found.st_gid } }))
    }

    /// What has this path. A link is told as what it is.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::LeadsOut`] when a link is on the way.
    pub fn stat(&self, path: &FilePath) -> Result<Entry, Error> {
        let Some((parent, name)) = path.split() else {
            return Ok(Entry::new(b"", &rustix::fs::fstat(&self.dir)?));
        };
        entry_in(&dir_below(&self.dir, &parent)?, name)
    }

    /// Makes a directory, and what it lies in where `parents` says so. One that is there is left as it is.
    ///
    /// # Errors
    /// [`Error::NotADirectory`] when something else is there.
    pub fn make_dir(&self, path: &FilePath, parents: bool) -> Result<(Entry, bool), Error> {
        let Some((parent, name)) = path.split() else { return Ok((self.stat(path)?, false)) };
        let parent = self.parent(&parent, parents)?;
        let (made, is_new) = make_dir_in(&parent, name, DIRECTORY_MODE, self.owner)?;
        if is_new {
            rustix::fs::fsync(&parent)?;
        }
        Ok((Entry::new(name.as_bytes(), &rustix::fs::fstat(&made)?), is_new))
    }

    /// Opens the directory that something lies in, making it where that is wanted.
    pub(crate) fn parent(&self, parent: &FilePath, make: bool) -> Result<OwnedFd, Error> {
        match dir_below(&self.dir, parent) {
            Err(Errno::NOENT) if make => {}
            other => return Ok(other?),
        }
        let mut dir = dir_in(&self.dir, c".")?;
        for name in parent.names() {
            let (made, is_new) = make_dir_in(&dir, OsStr::from_bytes(name), DIRECTORY_MODE, self.owner)?;
            if is_new {
                rustix::fs::fsync(&dir)?;
            }
            dir = made;
        }
        Ok(dir)
    }
}

/// What has this name in a directory.
pub(crate) fn entry_in(dir: &OwnedFd, name: &OsStr) -> Result<Entry, Error> {
    let mut entry = Entry::new(name.as_bytes(), &stat_in(dir, name)?);
    if entry.kind == Kind::Link {
        // Replaced meanwhile, it has no target any more.
        entry.target = rustix::fs::readlinkat(dir, name, Vec::new()).ok().map(std::ffi::CString::into_bytes);
    }
    Ok(entry)
}
