//! One layer of an image: a tar file whose entries replace, add to and hide those of the layers below.
//!
//! Everything becomes the host's root's and loses its set-id bits: the root is read-only in the box, and ids of
//! the image mean nothing there. Devices and sockets are left out.

use std::ffi::OsStr;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{AtFlags, Mode, OFlags, linkat, symlinkat};
use tar::{Entry, EntryType};

use super::ImportError;
use crate::local::image::rooted::{Rooted, remove_at};

/// Hides a file of a lower layer (image-spec, `layer.md`).
const WHITEOUT: &[u8] = b".wh.";
/// Hides everything below its directory.
const OPAQUE: &[u8] = b".wh..wh..opq";

/// What all layers of an image may still take.
pub(super) struct Room {
    bytes: u64,
    entries: u64,
}

impl Default for Room {
    fn default() -> Self {
        /// Larger images exist; a box's root should not be one.
        const BYTES_MAX: u64 = 32 * 1024 * 1024 * 1024;
        const ENTRIES_MAX: u64 = 4_000_000;
        Self { bytes: BYTES_MAX, entries: ENTRIES_MAX }
    }
}

impl Room {
    fn take(&mut self, bytes: u64) -> Result<(), ImportError> {
        let left = (self.bytes.checked_sub(bytes), self.entries.checked_sub(1));
        let (Some(bytes), Some(entries)) = left else { return Err(ImportError::unfit("it is too large")) };
        (self.bytes, self.entries) = (bytes, entries);
        Ok(())
    }
}

/// Unpacks a layer over the ones before it.
pub(super) fn unpack(layer: impl Read, root: &Rooted, room: &mut Room) -> Result<(), ImportError> {
    for entry in tar::Archive::new(layer).entries()? {
        let mut entry = entry?;
        room.take(entry.size())?;
        let path = inside(&entry.path_bytes())?;
        let Some(name) = path.file_name().map(OsStr::to_owned) else { continue };
        if name.as_bytes() == OPAQUE {
            empty(root, path.parent().unwrap_or_else(|| Path::new("")))?;
        } else if let Some(hidden) = name.as_bytes().strip_prefix(WHITEOUT) {
            if hidden.is_empty() || matches!(hidden, b"." | b"..") {
                return Err(ImportError::unfit("a whiteout hides nothing"));
            }
            root.remove(&path.with_file_name(OsStr::from_bytes(hidden)))?;
        } else {
            place(&mut entry, root, &path)?;
        }
    }
    Ok(())
}

/// A path of the archive as one below the root. One that climbs is refused, not mended.
fn inside(path: &[u8]) -> Result<PathBuf, ImportError> {
    let mut plain = PathBuf::new();
    for part in Path::new(OsStr::from_bytes(path)).components() {
        match part {
            Component::Normal(name) => plain.push(name),
            Component::CurDir | Component::RootDir => {}
            Component::ParentDir | Component::Prefix(_) => {
                return Err(ImportError::unfit("an entry's name leads out of it"));
            }
        }
    }
    Ok(plain)
}

fn place<R: Read>(entry: &mut Entry<'_, R>, root: &Rooted, path: &Path) -> Result<(), ImportError> {
    let mode = entry.header().mode().unwrap_or(0o644);
    match entry.header().entry_type() {
        EntryType::Directory => root.make_dir(path, Mode::from_raw_mode(mode & 0o1777))?,
        EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
            let mut file = root.make_file(path, Mode::from_raw_mode(mode & 0o777))?;
            io::copy(entry, &mut file)?;
            set_time(&file, entry.header().mtime().unwrap_or(0))?;
        }
        EntryType::Symlink => {
            let target = entry.link_name_bytes().ok_or_else(|| ImportError::unfit("a link has no target"))?;
            let (parent, name) = root.parent(path)?;
            remove_at(&parent, name)?;
            symlinkat(OsStr::from_bytes(&target), &parent, name).map_err(io::Error::from)?;
        }
        EntryType::Link => {
            let target = entry.link_name_bytes().ok_or_else(|| ImportError::unfit("a link has no target"))?;
            let target = inside(&target)?;
            let (from, from_name) = root.parent(&target)?;
            let (to, to_name) = root.parent(path)?;
            remove_at(&to, to_name)?;
            linkat(&from, from_name, &to, to_name, AtFlags::empty()).map_err(io::Error::from)?;
        }
        _ => {}
    }
    Ok(())
}

/// Python compares its caches with the times of their sources.
fn set_time(file: &std::fs::File, seconds: u64) -> io::Result<()> {
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds.min(u64::from(u32::MAX)));
    file.set_modified(time)
}

/// Hides what lower layers put into a directory.
fn empty(root: &Rooted, dir: &Path) -> Result<(), ImportError> {
    let reached = root.dir(dir)?;
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let list = rustix::fs::openat(&reached, c".", flags, Mode::empty()).map_err(io::Error::from)?;
    let mut names = Vec::new();
    for entry in rustix::fs::Dir::new(list).map_err(io::Error::from)? {
        let entry = entry.map_err(io::Error::from)?;
        if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
            names.push(OsStr::from_bytes(entry.file_name().to_bytes()).to_owned());
        }
    }
    names.iter().try_for_each(|name| remove_at(&reached, name)).map_err(ImportError::from)
}
