//! Removal of directory trees that a box has filled.
//!
//! A box can nest directories deeper than any recursion or path length survives. So the tree is taken apart
//! flat: a subdirectory that is not empty is first moved up to the top, then emptied from there. Links are
//! removed, never followed.

use std::collections::VecDeque;
use std::ffi::{CString, OsStr};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Dir, FileType, unlinkat};
use rustix::io::Errno;

use crate::beneath::dir_in;

/// Removes a directory and everything in it. Succeeds when there is nothing. Its parents are trusted.
///
/// # Errors
/// The operating system refuses, or it is no directory.
pub fn remove_tree(path: &Path) -> io::Result<()> {
    let top = match dir_in(CWD, path) {
        Ok(top) => top,
        Err(Errno::NOENT) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    empty(&top)?;
    match rustix::fs::rmdir(path) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Removes whatever has this name in a directory, and everything in it. Succeeds when there is nothing.
pub(crate) fn remove_tree_in(dir: impl AsFd, name: &OsStr) -> io::Result<()> {
    match unlinkat(&dir, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => return Ok(()),
        Err(Errno::ISDIR) => {}
        Err(error) => return Err(error.into()),
    }
    match dir_in(&dir, name) {
        Ok(top) => empty(&top)?,
        Err(Errno::NOENT) => return Ok(()),
        Err(error) => return Err(error.into()),
    }
    match unlinkat(&dir, name, AtFlags::REMOVEDIR) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn empty(top: &OwnedFd) -> io::Result<()> {
    let mut moved = 0_u64;
    let mut waiting = VecDeque::from([c".".to_owned()]);
    while let Some(name) = waiting.pop_front() {
        let dir = dir_in(top, name.as_c_str())?;
        for child in subdirectories_after_unlinking_the_rest(&dir)? {
            if is_removed(&dir, &child)? {
                continue;
            }
            if name.as_c_str() == c"." {
                waiting.push_back(child);
            } else {
                let flat = free_name(top, &mut moved)?;
                rustix::fs::renameat(&dir, &child, top, &flat)?;
                waiting.push_back(flat);
            }
        }
        if name.as_c_str() != c"." {
            unlinkat(top, &name, AtFlags::REMOVEDIR)?;
        }
    }
    Ok(())
}

fn subdirectories_after_unlinking_the_rest(dir: &OwnedFd) -> io::Result<Vec<CString>> {
    let mut directories = Vec::new();
    for entry in Dir::read_from(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        // Some file systems do not tell the type; unlinking a directory then says so.
        let unlinked = match entry.file_type() {
            FileType::Directory => Err(Errno::ISDIR),
            _ => unlinkat(dir, name, AtFlags::empty()),
        };
        match unlinked {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(Errno::ISDIR) => directories.push(name.to_owned()),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(directories)
}

fn is_removed(dir: &OwnedFd, child: &CString) -> io::Result<bool> {
    match unlinkat(dir, child, AtFlags::REMOVEDIR) {
        Ok(()) | Err(Errno::NOENT) => Ok(true),
        Err(Errno::NOTEMPTY | Errno::EXIST) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// A name at the top that nothing has: the tree's own names may look like ours.
fn free_name(top: &OwnedFd, counter: &mut u64) -> io::Result<CString> {
    loop {
        *counter += 1;
        let name = CString::new(format!(".flat-{counter}"))?;
        match rustix::fs::statat(top, &name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => return Ok(name),
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests;
