//! Where files go when they are restored: each place is made below one directory, through no link, and once.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use jiff::Timestamp;
use rustic_core::repofile::Metadata;
use rustix::fs::{AtFlags, Gid, Mode, OFlags, Timespec, Timestamps, Uid};

use crate::mode::from_go;
use crate::{IdShift, beneath};

/// What a file is given when it is complete.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    mode: Mode,
    uid: u32,
    gid: u32,
    mtime: Option<Timestamp>,
}

impl Look {
    /// What a snapshot says, with ids of the box alone.
    pub(crate) fn new(meta: &Metadata, ids: IdShift) -> Self {
        Self {
            mode: Mode::from_raw_mode(from_go(meta.mode.unwrap_or(0o600))),
            uid: ids.outside(meta.uid.unwrap_or(u32::MAX)),
            gid: ids.outside(meta.gid.unwrap_or(u32::MAX)),
            mtime: meta.mtime,
        }
    }

    /// The same from the kernel's own permissions.
    pub(crate) fn plain(mode: u32, (uid, gid): (u32, u32), mtime: Option<Timestamp>, ids: IdShift) -> Self {
        let mode = Mode::from_raw_mode(mode & 0o7777);
        Self { mode, uid: ids.outside(uid), gid: ids.outside(gid), mtime }
    }

    fn times(&self) -> Timestamps {
        let at = self.mtime.map(|at| Timespec {
            tv_sec: at.as_second(),
            // Before 1970 jiff counts down, and the kernel up.
            tv_nsec: i64::from(at.subsec_nanosecond().max(0)),
        });
        let at = at.unwrap_or(Timespec { tv_sec: 0, tv_nsec: 0 });
        Timestamps { last_access: at, last_modification: at }
    }
}

/// The directory that is restored into.
pub(crate) struct Root(OwnedFd);

impl Root {
    /// Opens it. It must be empty.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let root = beneath::root(path)?;
        for entry in rustix::fs::Dir::read_from(&root)? {
            if !matches!(entry?.file_name().to_bytes(), b"." | b"..") {
                return Err(io::Error::new(io::ErrorKind::DirectoryNotEmpty, "the directory is not empty"));
            }
        }
        Ok(Self(root))
    }

    /// Bytes that are free on its disk.
    pub(crate) fn free_bytes(&self) -> io::Result<u64> {
        let found = rustix::fs::fstatvfs(&self.0)?;
        Ok(found.f_bavail.saturating_mul(found.f_frsize))
    }

    pub(crate) fn make_dir(&self, path: &Path) -> io::Result<()> {
        let (parent, name) = self.parent(path)?;
        Ok(rustix::fs::mkdirat(parent, name, Mode::RWXU)?)
    }

    pub(crate) fn make_link(&self, path: &Path, target: &Path, look: &Look) -> io::Result<()> {
        let (parent, name) = self.parent(path)?;
        rustix::fs::symlinkat(target, &parent, name)?;
        let (uid, gid) = (Some(Uid::from_raw(look.uid)), Some(Gid::from_raw(look.gid)));
        rustix::fs::chownat(&parent, name, uid, gid, AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(rustix::fs::utimensat(&parent, name, &look.times(), AtFlags::SYMLINK_NOFOLLOW)?)
    }

    /// Opens a file to write a part of it; it is made if it is not there yet.
    pub(crate) fn file(&self, path: &Path) -> io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        beneath::open_below(&self.0, path, flags, Mode::RUSR | Mode::WUSR).map(File::from)
    }

    /// Gives a directory its look. Whatever is in it must be there by then.
    pub(crate) fn finish_dir(&self, path: &Path, look: &Look) -> io::Result<()> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        finish(beneath::open_below(&self.0, path, flags, Mode::empty())?, look)
    }

    fn parent<'a>(&self, path: &'a Path) -> io::Result<(OwnedFd, &'a std::ffi::OsStr)> {
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok((
            beneath::open_below(&self.0, parent.unwrap_or_else(|| Path::new(".")), flags, Mode::empty())?,
            name,
        ))
    }
}

/// Gives a file or directory owner, mode and time, in the order in which one does not undo the other.
pub(crate) fn finish(file: impl AsFd, look: &Look) -> io::Result<()> {
    let file = file.as_fd();
    rustix::fs::fchown(file, Some(Uid::from_raw(look.uid)), Some(Gid::from_raw(look.gid)))?;
    rustix::fs::fchmod(file, look.mode)?;
    Ok(rustix::fs::futimens(file, &look.times())?)
}
