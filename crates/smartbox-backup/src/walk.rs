//! Walks over the home of an agent, in which everything is foreign.
//!
//! Each directory is opened in the one above it by its name alone, so that nothing that is renamed or linked meanwhile leads
//! out. Links are told and not followed; pipes, sockets and devices are left out; another file system is not entered.

use std::ffi::{CString, OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{AtFlags, Dir, FileType, Stat};
use rustix::io::Errno;

use crate::Limits;
use crate::beneath;
use crate::excludes::is_left_out;

/// Longest target of a link that is saved; the kernel's own limit.
const LINK_BYTES_MAX: usize = 4096;
/// A file that takes a small part of its size on disk and is larger than this is a trap and not somebody's work.
const HOLES_BYTES_MIN: u64 = 1024 * 1024 * 1024;
/// How many times larger than what it takes such a file is.
const HOLES_FACTOR: u64 = 64;

/// What is at a place.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Dir,
    File(Opener),
    Link(PathBuf),
}

/// One entry, the directories before what is in them.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Below the root.
    pub(crate) path: PathBuf,
    pub(crate) kind: Kind,
    pub(crate) stat: Stat,
}

/// Opens the file of an entry, if it is still the same one.
#[derive(Clone, Debug)]
pub(crate) struct Opener {
    dir: Arc<OwnedFd>,
    name: OsString,
    inode: u64,
}

impl Opener {
    pub(crate) fn open(&self) -> io::Result<File> {
        let file = beneath::file_in(&*self.dir, self.name.as_os_str())?;
        if rustix::fs::fstat(&file)?.st_ino != self.inode {
            return Err(io::Error::new(io::ErrorKind::NotFound, "it was replaced meanwhile"));
        }
        Ok(file)
    }
}

/// What was left out, counted.
#[derive(Debug, Default)]
pub(crate) struct LeftOut(AtomicU64);

impl LeftOut {
    pub(crate) fn one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A directory on the way.
struct Level {
    dir: Arc<OwnedFd>,
    path: PathBuf,
    names: std::vec::IntoIter<CString>,
}

/// The walk: in the order of names, each directory before what is in it.
pub(crate) struct Walk {
    levels: Vec<Level>,
    device: u64,
    entries_left: u64,
    bytes_left: u64,
    limits: Limits,
    left_out: Arc<LeftOut>,
    is_over: bool,
}

impl Walk {
    /// Begins at a directory whose parents are trusted.
    pub(crate) fn new(root: &Path, limits: Limits, left_out: Arc<LeftOut>) -> io::Result<Self> {
        let dir = beneath::root(root)?;
        let device = rustix::fs::fstat(&dir)?.st_dev;
        let mut walk = Self {
            levels: Vec::new(),
            device,
            entries_left: limits.entries_max,
            bytes_left: limits.bytes_max,
            limits,
            left_out,
            is_over: false,
        };
        walk.enter(dir, PathBuf::new())?;
        Ok(walk)
    }

    fn enter(&mut self, dir: OwnedFd, path: PathBuf) -> io::Result<()> {
        let mut names = Vec::new();
        for entry in Dir::read_from(&dir)? {
            let name = entry?.file_name().to_owned();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            self.entries_left = self.entries_left.checked_sub(1).ok_or_else(|| {
                io::Error::other(format!("there are more than {} files", self.limits.entries_max))
            })?;
            names.push(name);
        }
        names.sort_unstable();
        // The kernel may tell a name twice that was renamed meanwhile, and nobody restores a snapshot that has one twice.
        names.dedup();
        self.levels.push(Level { dir: Arc::new(dir), path, names: names.into_iter() });
        Ok(())
    }

    /// `None`: there is nothing more. What vanishes meanwhile was not there.
    fn step(&mut self) -> io::Result<Option<Entry>> {
        loop {
            let Some(level) = self.levels.last_mut() else { return Ok(None) };
            let Some(name) = level.names.next() else {
                self.levels.pop();
                continue;
            };
            let path = level.path.join(OsStr::from_bytes(name.to_bytes()));
            if is_left_out(&path) {
                continue;
            }
            let dir = Arc::clone(&level.dir);
            match self.look(&dir, &name, path) {
                Ok(Some(entry)) => return Ok(Some(entry)),
                Ok(None) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn look(&mut self, dir: &Arc<OwnedFd>, name: &CString, path: PathBuf) -> io::Result<Option<Entry>> {
        let stat = rustix::fs::statat(&**dir, name.as_c_str(), AtFlags::SYMLINK_NOFOLLOW)?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => {
                if self.levels.len() >= self.limits.depth_max || stat.st_dev != self.device {
                    self.left_out.one();
                    return Ok(None);
                }
                let opened = match beneath::dir_in(&**dir, name.as_c_str()) {
                    Err(error) if is_replaced(&error) => return Ok(None),
                    opened => opened?,
                };
                let stat = rustix::fs::fstat(&opened)?;
                self.enter(opened, path.clone())?;
                Ok(Some(Entry { path, kind: Kind::Dir, stat }))
            }
            FileType::RegularFile => Ok(self.file(dir, name, path, stat)?),
            FileType::Symlink => {
                let target = match rustix::fs::readlinkat(&**dir, name.as_c_str(), Vec::with_capacity(256)) {
                    Err(Errno::INVAL) => return Ok(None), // no link by now
                    target => target?.into_bytes(),
                };
                if target.len() > LINK_BYTES_MAX {
                    self.left_out.one();
                    return Ok(None);
                }
                let kind = Kind::Link(PathBuf::from(OsString::from_vec(target)));
                Ok(Some(Entry { path, kind, stat }))
            }
            // Means nothing without the process that made it.
            _ => Ok(None),
        }
    }

    fn file(
        &mut self,
        dir: &Arc<OwnedFd>,
        name: &CString,
        path: PathBuf,
        stat: Stat,
    ) -> io::Result<Option<Entry>> {
        let size = u64::try_from(stat.st_size).unwrap_or(0);
        let taken = u64::try_from(stat.st_blocks).unwrap_or(0).saturating_mul(512);
        if size >= HOLES_BYTES_MIN && taken < size / HOLES_FACTOR {
            self.left_out.one();
            return Ok(None);
        }
        self.bytes_left = self.bytes_left.checked_sub(size).ok_or_else(|| {
            io::Error::other(format!("the files are larger than {} bytes together", self.limits.bytes_max))
        })?;
        let name = OsStr::from_bytes(name.to_bytes()).to_owned();
        let opener = Opener { dir: Arc::clone(dir), name, inode: stat.st_ino };
        Ok(Some(Entry { path, kind: Kind::File(opener), stat }))
    }
}

/// Whether what was a directory is something else by now.
fn is_replaced(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::NOTDIR | Errno::LOOP | Errno::NOENT))
}

impl Iterator for Walk {
    type Item = io::Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let step = self.step();
        self.is_over = !matches!(step, Ok(Some(_)));
        step.transpose()
    }
}
