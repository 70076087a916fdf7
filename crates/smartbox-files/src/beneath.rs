//! Opening what a box controls, below an open directory.

use std::ffi::OsStr;
use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{AtFlags, FileType, Gid, Mode, OFlags, ResolveFlags, Stat, Uid};
use rustix::io::Errno;

use crate::{Error, FilePath};

/// The kernel asks to try again when somebody renames directories meanwhile; a box could do so for ever.
const TRIES_MAX: u32 = 16;

/// Opening a directory to look into it.
const DIRECTORY: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Who owns what is made, as ids of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl Owner {
    /// Makes it the owner of something that is open.
    pub(crate) fn own(self, fd: impl AsFd) -> Result<(), Errno> {
        rustix::fs::fchown(fd, Some(Uid::from_raw(self.uid)), Some(Gid::from_raw(self.gid)))
    }
}

/// Opens something below a directory: never out of it, never through a link, never on another file system.
pub(crate) fn open_below(dir: impl AsFd, path: &FilePath, flags: OFlags) -> Result<OwnedFd, Errno> {
    let how = ResolveFlags::BENEATH
        | ResolveFlags::NO_SYMLINKS
        | ResolveFlags::NO_MAGICLINKS
        | ResolveFlags::NO_XDEV;
    let path = path.to_path();
    for _ in 0..TRIES_MAX {
        match rustix::fs::openat2(&dir, &path, flags | OFlags::CLOEXEC, Mode::empty(), how) {
            Err(Errno::AGAIN | Errno::INTR) => {}
            other => return other,
        }
    }
    Err(Errno::AGAIN)
}

/// Opens a directory that lies directly in another.
pub(crate) fn dir_in<P: rustix::path::Arg>(dir: impl AsFd, name: P) -> Result<OwnedFd, Errno> {
    rustix::fs::openat(dir, name, DIRECTORY, Mode::empty())
}

/// Opens a directory somewhere below another.
pub(crate) fn dir_below(dir: impl AsFd, path: &FilePath) -> Result<OwnedFd, Errno> {
    open_below(dir, path, DIRECTORY)
}

/// Opens a regular file somewhere below a directory, without waiting for the other end of a pipe.
pub(crate) fn file_below(dir: impl AsFd, path: &FilePath) -> Result<(File, Stat), Error> {
    regular(open_below(dir, path, OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY)?)
}

/// Opens a regular file that lies directly in a directory.
pub(crate) fn file_in<P: rustix::path::Arg>(dir: impl AsFd, name: P) -> Result<(File, Stat), Error> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::NOCTTY | OFlags::CLOEXEC;
    regular(rustix::fs::openat(dir, name, flags, Mode::empty())?)
}

fn regular(fd: OwnedFd) -> Result<(File, Stat), Error> {
    let found = rustix::fs::fstat(&fd)?;
    if FileType::from_raw_mode(found.st_mode) != FileType::RegularFile {
        return Err(Error::NotAFile);
    }
    Ok((File::from(fd), found))
}

/// What has this name in a directory, itself and not what a link points to.
pub(crate) fn stat_in<P: rustix::path::Arg>(dir: impl AsFd, name: P) -> Result<Stat, Errno> {
    rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW)
}

/// Makes a directory for `owner` unless there is one, and opens it.
pub(crate) fn make_dir_in(
    dir: impl AsFd,
    name: &OsStr,
    mode: Mode,
    owner: Owner,
) -> Result<(OwnedFd, bool), Errno> {
    let is_new = match rustix::fs::mkdirat(&dir, name, mode) {
        Ok(()) => true,
        Err(Errno::EXIST) => false,
        Err(error) => return Err(error),
    };
    let made = dir_in(&dir, name)?;
    if is_new {
        owner.own(&made)?;
        // Whatever the process leaves out of modes.
        rustix::fs::fchmod(&made, mode)?;
    }
    Ok((made, is_new))
}
