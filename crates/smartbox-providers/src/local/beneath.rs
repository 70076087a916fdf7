//! Files of directories whose content a box controls.
//!
//! The platform is root, and a box may plant links in its volume that point anywhere. Every name below such a
//! directory is resolved by the kernel with `openat2(2)`: never upwards, never through a link, never into
//! another file system.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Gid, Mode, OFlags, ResolveFlags, Uid};
use rustix::io::Errno;

/// The kernel asks to try again when somebody renames directories meanwhile; a box could do so for ever.
const TRIES_MAX: u32 = 16;

/// Who owns a new file or directory, as ids of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

/// A directory that is entered with suspicion.
#[derive(Debug)]
pub(super) struct Beneath {
    dir: OwnedFd,
}

impl Beneath {
    /// Opens the directory itself. Its parents are trusted, its last name must not be a link.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(Self { dir: rustix::fs::openat(CWD, path, flags, Mode::empty())? })
    }

    fn resolve(&self, name: &Path, flags: OFlags, mode: Mode) -> io::Result<OwnedFd> {
        let how = ResolveFlags::BENEATH
            | ResolveFlags::NO_SYMLINKS
            | ResolveFlags::NO_MAGICLINKS
            | ResolveFlags::NO_XDEV;
        for _ in 0..TRIES_MAX {
            match rustix::fs::openat2(&self.dir, name, flags | OFlags::CLOEXEC, mode, how) {
                Err(Errno::AGAIN | Errno::INTR) => {}
                result => return Ok(result?),
            }
        }
        Err(Errno::AGAIN.into())
    }

    /// Opens a regular file for reading. `None` when it is not there; anything but a regular file is an error.
    pub(super) fn open_file(&self, name: impl AsRef<Path>) -> io::Result<Option<File>> {
        // Without NONBLOCK, opening a planted FIFO would hang.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = match self.resolve(name.as_ref(), flags, Mode::empty()) {
            Ok(fd) => File::from(fd),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        if !file.metadata()?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        Ok(Some(file))
    }

    /// Reads a regular file of at most `bytes_max` bytes. `None` when it is not there.
    pub(super) fn read(&self, name: impl AsRef<Path>, bytes_max: u64) -> io::Result<Option<Vec<u8>>> {
        let Some(file) = self.open_file(name)? else { return Ok(None) };
        let mut content = Vec::new();
        file.take(bytes_max + 1).read_to_end(&mut content)?;
        if content.len() as u64 > bytes_max {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "larger than it may be"));
        }
        Ok(Some(content))
    }

    /// Replaces a file as a whole: a reader sees the old or the new content, a crash leaves one of both.
    pub(super) fn write(&self, name: &Path, content: &[u8], mode: Mode, owner: Owner) -> io::Result<()> {
        let parent = self.parent(name)?;
        let last = name.file_name().ok_or(Errno::INVAL)?;
        let mut scratch = std::ffi::OsString::from(".");
        scratch.push(last);
        scratch.push(".new");
        // What an interrupted call left, or somebody planted, is removed; `EXCL` never follows a link.
        match rustix::fs::unlinkat(&parent, &scratch, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(error) => return Err(error.into()),
        }
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file = File::from(rustix::fs::openat(&parent, &scratch, flags, Mode::RUSR | Mode::WUSR)?);
        let written = file
            .write_all(content)
            .and_then(|()| own(&file, owner))
            .and_then(|()| Ok(rustix::fs::fchmod(&file, mode)?))
            .and_then(|()| file.sync_data())
            .and_then(|()| Ok(rustix::fs::renameat(&parent, &scratch, &parent, last)?));
        if written.is_err() {
            let _best_effort = rustix::fs::unlinkat(&parent, &scratch, AtFlags::empty());
        }
        written
    }

    /// Removes a file that lies directly in the directory. One that is not there is removed already.
    pub(super) fn remove(&self, name: &Path) -> io::Result<()> {
        if name.components().count() != 1 {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a plain name"));
        }
        match rustix::fs::unlinkat(&self.dir, name, rustix::fs::AtFlags::empty()) {
            Ok(()) | Err(rustix::io::Errno::NOENT) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Makes a directory. One that exists is left as it is, unless a crash left it without its owner.
    pub(super) fn make_dir(&self, name: &Path, mode: Mode, owner: Owner) -> io::Result<()> {
        let parent = self.parent(name)?;
        let last = name.file_name().ok_or(Errno::INVAL)?;
        let is_new = match rustix::fs::mkdirat(&parent, last, Mode::RWXU) {
            Ok(()) => true,
            Err(Errno::EXIST) => false,
            Err(error) => return Err(error.into()),
        };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let made = match rustix::fs::openat(&parent, last, flags, Mode::empty()) {
            Ok(made) => made,
            // Something else of that name is the box's own affair.
            Err(Errno::NOTDIR | Errno::LOOP) if !is_new => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        // Only the platform makes things that the host's root owns.
        if !is_new && rustix::fs::fstat(&made)?.st_uid != rustix::process::geteuid().as_raw() {
            return Ok(());
        }
        own(&made, owner)?;
        Ok(rustix::fs::fchmod(&made, mode)?)
    }

    fn parent(&self, name: &Path) -> io::Result<OwnedFd> {
        let parent = name.parent().filter(|parent| !parent.as_os_str().is_empty());
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW;
        self.resolve(parent.unwrap_or_else(|| Path::new(".")), flags, Mode::empty())
    }
}

fn own(fd: impl AsFd, owner: Owner) -> io::Result<()> {
    let (uid, gid) = (Uid::from_raw(owner.uid), Gid::from_raw(owner.gid));
    Ok(rustix::fs::fchown(fd, Some(uid), Some(gid))?)
}

#[cfg(test)]
mod tests;
