//! What an archive calls its entries.

use std::ffi::OsStr;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use tar::Entry;

use super::{broken, refused};
use crate::places::Look;
use crate::{Error, IdShift, Limits};

/// Longest path, and longest target of a link; the kernel's own limit.
pub(super) const PATH_BYTES_MAX: usize = 4096;
/// Longest name of one file; the kernel's own limit.
const NAME_BYTES_MAX: usize = 255;

/// The content of a small entry, up to its first zero.
pub(super) fn text<R: Read>(entry: &mut Entry<'_, R>, most: u64) -> Result<Vec<u8>, Error> {
    let size = entry.header().entry_size().map_err(broken)?;
    if size > most {
        return Err(refused(format!("it has a name or a note of {size} bytes")));
    }
    let mut content = Vec::new();
    entry.take(most).read_to_end(&mut content).map_err(broken)?;
    if let Some(end) = content.iter().position(|byte| *byte == 0) {
        content.truncate(end);
    }
    Ok(content)
}

/// A path below the home. `None`: the home itself.
pub(super) fn plain(named: &[u8], limits: Limits) -> Result<Option<PathBuf>, Error> {
    let shown = || {
        String::from_utf8_lossy(named.get(..named.len().min(NAME_BYTES_MAX)).unwrap_or_default()).into_owned()
    };
    let outside = || refused(format!("it names a place outside of the home: {:?}", shown()));
    if named.len() >= PATH_BYTES_MAX || named.contains(&0) || named.starts_with(b"/") {
        return Err(outside());
    }
    let mut below = named;
    while let Some(rest) = below.strip_prefix(b"./") {
        below = rest;
    }
    below = below.strip_suffix(b"/").unwrap_or(below);
    if below.is_empty() || below == b"." {
        return Ok(None);
    }
    let mut depth = 0;
    for name in below.split(|byte| *byte == b'/') {
        depth += 1;
        if name.is_empty() || name == b"." || name == b".." || name.len() > NAME_BYTES_MAX {
            return Err(outside());
        }
    }
    if depth > limits.depth_max {
        return Err(refused(format!("its directories are more than {} deep", limits.depth_max)));
    }
    Ok(Some(PathBuf::from(OsStr::from_bytes(below))))
}

pub(super) fn look(header: &tar::Header, ids: IdShift) -> Look {
    let id = |said: io::Result<u64>| said.ok().and_then(|id| u32::try_from(id).ok()).unwrap_or(u32::MAX);
    let mtime = header.mtime().ok().and_then(|at| i64::try_from(at).ok());
    let mtime = mtime.and_then(|at| jiff::Timestamp::from_second(at).ok());
    Look::plain(header.mode().unwrap_or(0o600), (id(header.uid()), id(header.gid())), mtime, ids)
}
