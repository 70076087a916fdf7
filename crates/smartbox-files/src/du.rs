//! How much lies below a name.

use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

use rustix::fs::Dir;

use crate::beneath::{dir_in, stat_in};
use crate::{DEPTH_MAX, Error, Kind};

/// Unit of `st_blocks` (stat(2)).
const BLOCK_BYTES: u64 = 512;
/// Most entries that are looked at; what lies beyond counts as nothing.
const ENTRIES_MAX: usize = 200_000;

/// Bytes that something takes on the disk, with everything in it.
pub(crate) fn bytes_of(dir: impl AsFd, name: &OsStr) -> Result<u64, Error> {
    let found = stat_in(&dir, name)?;
    let mut bytes = blocks(found.st_blocks);
    if Kind::of(&found) != Kind::Directory {
        return Ok(bytes);
    }
    let mut left = ENTRIES_MAX;
    let mut waiting: Vec<(OwnedFd, usize)> = vec![(dir_in(&dir, name)?, 1)];
    while let Some((dir, depth)) = waiting.pop() {
        for entry in Dir::read_from(&dir)? {
            let entry = entry?;
            let name = OsString::from(OsStr::from_bytes(entry.file_name().to_bytes()));
            if matches!(name.as_bytes(), b"." | b"..") {
                continue;
            }
            let Some(rest) = left.checked_sub(1) else { return Ok(bytes) };
            left = rest;
            // Gone, or changed into something else, meanwhile.
            let Ok(found) = stat_in(&dir, &name) else { continue };
            bytes = bytes.saturating_add(blocks(found.st_blocks));
            if Kind::of(&found) == Kind::Directory
                && depth < DEPTH_MAX
                && let Ok(below) = dir_in(&dir, &name)
            {
                waiting.push((below, depth + 1));
            }
        }
    }
    Ok(bytes)
}

fn blocks(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0).saturating_mul(BLOCK_BYTES)
}
