//! Opening what a box controls.
//!
//! The platform is root, and a box can put a link or a pipe in the place of anything at any moment. So nothing is opened by a
//! path of more than one name except through `openat2(2)`, never through a link, and never waiting for the other end of a pipe.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

/// The kernel asks to try again when somebody renames directories meanwhile; a box could do so for ever.
const TRIES_MAX: u32 = 16;

/// Opens a directory whose parents are trusted. Its last name must not be a link.
pub(crate) fn root(path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(rustix::fs::openat(CWD, path, flags, Mode::empty())?)
}

/// Opens a directory that lies directly in another.
pub(crate) fn dir_in(dir: impl AsFd, name: impl rustix::path::Arg) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(rustix::fs::openat(dir, name, flags, Mode::empty())?)
}

/// Opens a regular file that lies directly in a directory.
pub(crate) fn file_in(dir: impl AsFd, name: impl rustix::path::Arg) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::NOCTTY | OFlags::CLOEXEC;
    regular(rustix::fs::openat(dir, name, flags, Mode::empty())?)
}

/// Opens a regular file somewhere below a directory. `None` when it is not there.
pub(crate) fn file_below(dir: impl AsFd, path: &Path) -> io::Result<Option<File>> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    match open_below(dir, path, flags, Mode::empty()) {
        Ok(fd) => regular(fd).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Opens something below a directory: never out of it, never through a link, never on another file system.
pub(crate) fn open_below(dir: impl AsFd, path: &Path, flags: OFlags, mode: Mode) -> io::Result<OwnedFd> {
    let how = ResolveFlags::BENEATH
        | ResolveFlags::NO_SYMLINKS
        | ResolveFlags::NO_MAGICLINKS
        | ResolveFlags::NO_XDEV;
    for _ in 0..TRIES_MAX {
        match rustix::fs::openat2(&dir, path, flags, mode, how) {
            Err(Errno::AGAIN | Errno::INTR) => {}
            other => return Ok(other?),
        }
    }
    Err(Errno::AGAIN.into())
}

/// Removes files below a directory that nobody else changes, as far as they are there, and links in the place of them or of a directory on
/// the way: what a link leads to is left alone, and is not there any more for whoever would follow it. A directory stays.
///
/// # Errors
/// When one that is there cannot be removed.
pub fn remove_files(root_dir: &Path, files: &[PathBuf]) -> io::Result<()> {
    let root = root(root_dir)?;
    for path in files {
        let mut on_the_way: Vec<&Path> =
            path.ancestors().filter(|ancestor| !ancestor.as_os_str().is_empty()).collect();
        on_the_way.reverse();
        for place in on_the_way {
            let found = match rustix::fs::statat(&root, place, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(found) => found,
                Err(Errno::NOENT | Errno::NOTDIR) => break,
                Err(error) => return Err(error.into()),
            };
            let kind = FileType::from_raw_mode(found.st_mode);
            if kind == FileType::Directory {
                continue;
            }
            if kind == FileType::Symlink || place == path {
                rustix::fs::unlinkat(&root, place, AtFlags::empty())?;
            }
            break;
        }
    }
    Ok(())
}

fn regular(fd: OwnedFd) -> io::Result<File> {
    let found = rustix::fs::fstat(&fd)?;
    if FileType::from_raw_mode(found.st_mode) != FileType::RegularFile {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    Ok(File::from(fd))
}
