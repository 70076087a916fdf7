//! Writing into a root that somebody else has filled.
//!
//! An imported image may contain links that point anywhere. They are meant to be followed inside the image, as
//! a program in the box would: the kernel resolves every name as if the image's root were `/` (`openat2(2)`,
//! `RESOLVE_IN_ROOT`). The last name of a path is never followed.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use crate::local::remove::remove_tree;

/// See `Beneath`: nobody changes the image meanwhile, so this is never reached.
const TRIES_MAX: u32 = 16;

/// The root of an image.
pub(super) struct Rooted {
    root: OwnedFd,
}

impl Rooted {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(Self { root: rustix::fs::openat(CWD, path, flags, Mode::empty())? })
    }

    fn open_in_root(&self, path: &Path, flags: OFlags) -> rustix::io::Result<OwnedFd> {
        let how = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
        for _ in 0..TRIES_MAX {
            match rustix::fs::openat2(&self.root, path, flags | OFlags::CLOEXEC, Mode::empty(), how) {
                Err(Errno::AGAIN | Errno::INTR) => {}
                result => return result,
            }
        }
        Err(Errno::AGAIN)
    }

    /// Opens a directory and makes what is missing on the way, as root's and open to everybody.
    pub(super) fn dir(&self, path: &Path) -> io::Result<OwnedFd> {
        let mut reached = PathBuf::from(".");
        let flags = OFlags::PATH | OFlags::DIRECTORY;
        let mut dir = self.open_in_root(&reached, flags)?;
        for part in path.components() {
            let Component::Normal(name) = part else { return Err(Errno::INVAL.into()) };
            reached.push(name);
            dir = match self.open_in_root(&reached, flags) {
                Ok(next) => next,
                Err(Errno::NOENT) => {
                    rustix::fs::mkdirat(&dir, name, Mode::from_raw_mode(0o755))?;
                    self.open_in_root(&reached, flags)?
                }
                Err(error) => return Err(error.into()),
            };
        }
        Ok(dir)
    }

    /// The directory that holds the last name of a path, and that name.
    pub(super) fn parent<'a>(&self, path: &'a Path) -> io::Result<(OwnedFd, &'a OsStr)> {
        let name = path.file_name().ok_or(Errno::INVAL)?;
        Ok((self.dir(path.parent().unwrap_or_else(|| Path::new("")))?, name))
    }

    /// Makes a directory of this mode, in the place of anything else of that name.
    pub(super) fn make_dir(&self, path: &Path, mode: Mode) -> io::Result<()> {
        let (parent, name) = self.parent(path)?;
        if rustix::fs::mkdirat(&parent, name, Mode::RWXU).is_err() {
            let known = rustix::fs::statat(&parent, name, AtFlags::SYMLINK_NOFOLLOW)?;
            if !rustix::fs::FileType::from_raw_mode(known.st_mode).is_dir() {
                rustix::fs::unlinkat(&parent, name, AtFlags::empty())?;
                rustix::fs::mkdirat(&parent, name, Mode::RWXU)?;
            }
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(rustix::fs::fchmod(rustix::fs::openat(&parent, name, flags, Mode::empty())?, mode)?)
    }

    /// Makes a file of this mode for writing, in the place of anything else of that name.
    pub(super) fn make_file(&self, path: &Path, mode: Mode) -> io::Result<File> {
        let (parent, name) = self.parent(path)?;
        remove_at(&parent, name)?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = File::from(rustix::fs::openat(&parent, name, flags, Mode::RUSR | Mode::WUSR)?);
        rustix::fs::fchmod(&file, mode)?;
        Ok(file)
    }

    /// Reads a regular file, following links inside the root. Empty when it is not there.
    pub(super) fn read(&self, path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
        use std::io::Read;
        let file = match self.open_in_root(path, OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY) {
            Ok(file) => File::from(file),
            Err(Errno::NOENT) => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let mut content = Vec::new();
        if file.metadata()?.is_file() {
            file.take(bytes_max).read_to_end(&mut content)?;
        }
        Ok(content)
    }

    /// Removes a file, a link or a whole directory. Succeeds when there is nothing.
    pub(super) fn remove(&self, path: &Path) -> io::Result<()> {
        let (parent, name) = self.parent(path)?;
        remove_at(&parent, name)
    }
}

/// Removes a name of a directory, whatever it is. A link is removed, not followed.
pub(super) fn remove_at(dir: &OwnedFd, name: &OsStr) -> io::Result<()> {
    match rustix::fs::unlinkat(dir, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        // The path leads through the open directory itself; only its own last name is resolved.
        Err(Errno::ISDIR | Errno::PERM) => {
            use std::os::fd::AsRawFd;
            remove_tree(&PathBuf::from(format!("/proc/self/fd/{}", dir.as_raw_fd())).join(name))
        }
        Err(error) => Err(error.into()),
    }
}
