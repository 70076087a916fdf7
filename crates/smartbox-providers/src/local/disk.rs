//! How much lies on a box's disk: every file below its volume, looked at without following links.
//!
//! A box decides what the tree looks like, so depth and number of what is looked at are bounded; what lies beyond counts as nothing.

use std::ffi::CString;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags};
use rustix::io::Errno;

/// Deepest directory that is looked into. Each level takes an open file.
const DEPTH_MAX: usize = 64;
/// Most entries that are looked at.
const ENTRIES_MAX: usize = 2_000_000;
/// Unit of `st_blocks` (stat(2)).
const BLOCK_BYTES: u64 = 512;

/// A directory that is still to be looked into.
struct Waiting {
    parent: Arc<OwnedFd>,
    name: CString,
    depth: usize,
}

/// Bytes that the files below a directory take on the disk; none for one that is not there. What has several names counts once, a
/// share for each. Blocks.
///
/// # Errors
/// The directory itself cannot be read.
pub(super) fn bytes_below(path: &Path) -> io::Result<u64> {
    let top = match open_dir(CWD, path) {
        Ok(top) => Arc::new(top),
        Err(Errno::NOENT) => return Ok(0),
        Err(error) => return Err(error.into()),
    };
    let (mut bytes, mut left) = (0_u64, ENTRIES_MAX);
    let mut waiting = Vec::new();
    look(&top, 0, &mut waiting, &mut bytes, &mut left)?;
    while let Some(next) = waiting.pop() {
        // Gone, or changed into something else meanwhile.
        let Ok(dir) = open_dir(&next.parent, next.name.as_c_str()) else { continue };
        look(&Arc::new(dir), next.depth, &mut waiting, &mut bytes, &mut left)?;
    }
    Ok(bytes)
}

fn open_dir<F: std::os::fd::AsFd, P: rustix::path::Arg>(at: F, name: P) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(at, name, flags, Mode::empty())
}

fn look(
    dir: &Arc<OwnedFd>,
    depth: usize,
    waiting: &mut Vec<Waiting>,
    bytes: &mut u64,
    left: &mut usize,
) -> io::Result<()> {
    for entry in Dir::read_from(dir.as_ref())? {
        let entry = entry?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        if *left == 0 {
            waiting.clear();
            return Ok(());
        }
        *left -= 1;
        let Ok(stat) = rustix::fs::statat(dir.as_ref(), name, AtFlags::SYMLINK_NOFOLLOW) else { continue };
        let is_dir = FileType::from_raw_mode(stat.st_mode) == FileType::Directory;
        // Its type differs between machines.
        let links = u64::try_from(i128::from(stat.st_nlink)).unwrap_or(1);
        let names = if is_dir { 1 } else { links.max(1) };
        *bytes = bytes.saturating_add(u64::try_from(stat.st_blocks).unwrap_or(0) * BLOCK_BYTES / names);
        if is_dir && depth < DEPTH_MAX {
            waiting.push(Waiting { parent: Arc::clone(dir), name: name.to_owned(), depth: depth + 1 });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn files_at_every_depth_count_once_and_links_lead_nowhere() {
        let (dir, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(outside.path().join("big"), vec![1; 1 << 20]).unwrap();
        let empty = bytes_below(dir.path()).unwrap();
        let deep = dir.path().join("a/b/c");
        fs::create_dir_all(&deep).unwrap();
        fs::write(deep.join("file"), vec![1; 256 * 1024]).unwrap();
        fs::hard_link(deep.join("file"), dir.path().join("again")).unwrap();
        std::os::unix::fs::symlink(outside.path(), dir.path().join("link")).unwrap();
        let bytes = bytes_below(dir.path()).unwrap() - empty;
        assert!((256 * 1024..512 * 1024).contains(&bytes), "{bytes}");
        assert_eq!(bytes_below(&dir.path().join("none")).unwrap(), 0);
    }

    #[test]
    fn a_tree_that_is_too_deep_is_counted_as_far_as_it_is_looked_into() {
        let dir = tempfile::tempdir().unwrap();
        let deep = (0..DEPTH_MAX + 20).fold(dir.path().to_owned(), |path, _| path.join("d"));
        fs::create_dir_all(&deep).unwrap();
        fs::write(deep.join("hidden"), vec![1; 1 << 20]).unwrap();
        assert!(bytes_below(dir.path()).unwrap() < 1 << 20);
    }
}
