//! Copies of databases, made while nobody writes to them.
//!
//! A database and its write-ahead log that are copied while every process stands still are what a power cut would leave, and
//! that is what SQLite recovers from. The copies lie where no box can reach them; only they are ever opened as databases.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::beneath;
use crate::mark::copy_name;

/// A copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// The database's path below the home.
    pub original: PathBuf,
    /// Where the copy lies.
    pub copy: PathBuf,
}

/// Copies databases of a home, each with its log, into a directory of the platform. Those that are gone are left out.
///
/// # Errors
/// When one cannot be read or written.
pub fn copy_databases(home: &Path, databases: &[PathBuf], into: &Path) -> io::Result<Vec<Copy>> {
    let root = beneath::root(home)?;
    let mut copies = Vec::new();
    for (number, original) in databases.iter().enumerate() {
        let copy = into.join(copy_name(number));
        let Some(file) = beneath::file_below(&root, original)? else { continue };
        copy_file(&file, &copy)?;
        if let Some(log) = beneath::file_below(&root, &with_suffix(original, "-wal"))? {
            copy_file(&log, &with_suffix(&copy, "-wal"))?;
        }
        copies.push(Copy { original: original.clone(), copy });
    }
    Ok(copies)
}

fn copy_file(from: &File, to: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut target = options.write(true).create_new(true).mode(0o600).open(to)?;
    // Where the file system can share blocks, a copy of any size takes no time.
    if rustix::fs::ioctl_ficlone(target.as_fd(), from.as_fd()).is_ok() {
        return Ok(());
    }
    let mut from = from;
    io::copy(&mut from, &mut target).map(drop)
}

/// A path with more at its end.
pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Removes copies and their logs, as far as they are there.
pub fn remove_copies(copies: &[Copy]) {
    for copy in copies {
        for suffix in ["", "-wal", "-shm"] {
            // The directory goes as a whole in the end.
            let _gone = fs::remove_file(with_suffix(&copy.copy, suffix));
        }
    }
}
