//! From a snapshot to an archive, or to one file.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use rustic_core::repofile::{Node, NodeType, SnapshotFile};
use rustic_core::vfs::OpenFile;

use crate::bridge::Bridge;
use crate::bundle::Bundle;
use crate::cipher::Cipher;
use crate::fetch::fetch;
use crate::manifest::{self, Manifest};
use crate::mode::from_go;
use crate::progress::Counter;
use crate::restore::{Full, each, pieces_of};
use crate::{Error, Limits};

/// How hard archives are compressed: zstd's own default.
pub(crate) const LEVEL: i32 = 3;
/// Bytes that are read at a time.
pub(crate) const PIECE_BYTES: usize = 1024 * 1024;

/// A snapshot, or one file of it, ready to be read.
pub struct Reader {
    repository: Full,
    entries: Vec<(PathBuf, Node)>,
    is_one_file: bool,
    counter: Counter,
}

impl Reader {
    pub(crate) fn new(
        repository: Full,
        snapshot: &SnapshotFile,
        file: Option<&Path>,
        counter: Counter,
    ) -> Result<Self, Error> {
        let (mut entries, mut files, mut bytes) = (Vec::new(), 0, 0_u64);
        each(&repository, snapshot, Limits::default(), |path, node| {
            if file.is_none_or(|file| path == file && node.is_file()) {
                if node.is_file() {
                    files += 1;
                    bytes = bytes.saturating_add(node.meta.size);
                }
                entries.push((path, node));
            }
            Ok(())
        })?;
        if file.is_some() && entries.is_empty() {
            return Err(Error::NoFile);
        }
        counter.set_totals(files, bytes);
        Ok(Self { repository, entries, is_one_file: file.is_some(), counter })
    }

    /// Writes it: a file as it is, everything else as an archive, which begins with what it says of itself.
    ///
    /// # Errors
    /// When a part cannot be read, or `out` fails. What was written is not complete then.
    pub fn write_to(self, mut out: impl Write, manifest: Option<&Manifest>) -> Result<(), Error> {
        if self.is_one_file {
            let (_path, node) = self.entries.first().ok_or(Error::NoFile)?;
            io::copy(&mut self.content(node)?, &mut out).map_err(Error::disk("writing a file"))?;
            return out.flush().map_err(Error::disk("writing a file"));
        }
        let mut bundle = Bundle::new(out, 0)?;
        if let Some(manifest) = manifest {
            bundle.add_file(Path::new(manifest::NAME), &manifest.to_bytes()?)?;
        }
        bundle.add_snapshot(Path::new(""), &self)?;
        bundle.finish()
    }

    /// Appends all of it to an archive, below a directory.
    pub(crate) fn append_to(
        &self,
        archive: &mut tar::Builder<impl Write>,
        below: &Path,
    ) -> Result<(), Error> {
        for (path, node) in &self.entries {
            self.append(archive, &below.join(path), node)?;
        }
        Ok(())
    }

    fn append(&self, archive: &mut tar::Builder<impl Write>, path: &Path, node: &Node) -> Result<(), Error> {
        let failed = Error::disk("writing an archive");
        let mut header = tar::Header::new_gnu();
        header.set_mode(from_go(node.meta.mode.unwrap_or(0o600)));
        header.set_uid(u64::from(node.meta.uid.unwrap_or(0)));
        header.set_gid(u64::from(node.meta.gid.unwrap_or(0)));
        let mtime = node.meta.mtime.map_or(0, |at| at.as_second());
        header.set_mtime(u64::try_from(mtime).unwrap_or(0));
        match &node.node_type {
            NodeType::Dir => {
                header.set_entry_type(tar::EntryType::Directory);
                header.set_size(0);
                archive.append_data(&mut header, path, io::empty()).map_err(failed)
            }
            NodeType::Symlink { .. } => {
                header.set_entry_type(tar::EntryType::Symlink);
                header.set_size(0);
                archive.append_link(&mut header, path, node.node_type.to_link()).map_err(failed)
            }
            _ => {
                let mut content = self.content(node)?;
                header.set_entry_type(tar::EntryType::Regular);
                header.set_size(content.size);
                archive.append_data(&mut header, path, &mut content).map_err(failed)?;
                self.counter.add_file();
                Ok(())
            }
        }
    }

    fn content(&self, node: &Node) -> Result<Content<'_>, Error> {
        // An archive says how long a file is before it has it.
        pieces_of(&self.repository, Path::new("a file"), node, 0)?;
        let file = self.repository.open_file(node).map_err(Error::rustic)?;
        Ok(Content { reader: self, file, size: node.meta.size, at: 0 })
    }
}

/// Reads every piece of a snapshot and throws it away; returns how many files there are.
pub(crate) fn read_all(
    (bridge, cipher): (&Bridge, &Cipher),
    repository: &Full,
    snapshot: &SnapshotFile,
    counter: &Counter,
) -> Result<u64, Error> {
    let (mut pieces, mut files, mut bytes) = (Vec::new(), 0, 0);
    each(repository, snapshot, Limits::default(), |path, node| {
        if node.is_file() {
            let (more, size) = pieces_of(repository, &path, &node, 0)?;
            pieces.extend(more);
            files += 1;
            bytes += size;
        }
        Ok(())
    })?;
    counter.set_totals(files, bytes);
    fetch(bridge, cipher, pieces, |piece, _content| {
        counter.go_on()?;
        counter.add_bytes(piece.bytes());
        Ok(())
    })?;
    counter.end(files, bytes);
    Ok(files)
}

/// The bytes of a file.
struct Content<'a> {
    reader: &'a Reader,
    file: OpenFile,
    size: u64,
    at: u64,
}

impl Read for Content<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.size - self.at).unwrap_or(usize::MAX);
        let wanted = left.min(into.len()).min(PIECE_BYTES);
        if wanted == 0 {
            return Ok(0);
        }
        let offset = usize::try_from(self.at).map_err(io::Error::other)?;
        let read = self.reader.repository.read_file_at(&self.file, offset, wanted);
        let read = read.map_err(|error| io::Error::other(error.to_string()))?;
        into.get_mut(..read.len()).ok_or(io::ErrorKind::InvalidData)?.copy_from_slice(&read);
        self.at += read.len() as u64;
        self.reader.counter.add_bytes(read.len() as u64);
        Ok(read.len())
    }
}
