//! Logs that boxd keeps on the volume, and those that the platform keeps beside it, read from outside: also while the box is stopped.
//!
//! A position must survive rotation, which renames the file under it. So it holds a part of the file's inode
//! number beside the offset; reading goes on in the file that has it, under whatever name, and then in the
//! newer ones.

mod append;

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use bytes::Bytes;
use smartbox_boxd::{BOXD_DIR, BOXD_LOG_PATH, GATEWAY_LOG_PATH};
use smartbox_core::BoxId;
use smartbox_provider::{LogChunk, LogSource, ProviderError};

use super::beneath::Beneath;
use super::error::{at, at_path};
use super::host::Host;

/// Most bytes of one answer, as the trait says.
const CHUNK_BYTES_MAX: usize = 256 * 1024;
/// Most rotated files that are looked for.
const ROTATED_MAX: u32 = 16;
/// Bits of a position that hold the offset: boxd rotates far below 4 GiB.
const OFFSET_BITS: u32 = 32;
/// Bits that hold the end of the inode number. Together at most 52: exact in a JSON number.
const INODE_BITS: u32 = 20;

struct LogFile {
    file: File,
    length: u64,
    tag: u64,
}

impl LogFile {
    fn position(&self, offset: u64) -> u64 {
        (self.tag << OFFSET_BITS) | (offset & ((1 << OFFSET_BITS) - 1))
    }

    fn read(&mut self, from: u64, bytes_max: usize) -> io::Result<Vec<u8>> {
        self.file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        (&self.file).take(bytes_max as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// Name of the log of connections.
const CONNECTIONS_LOG: &str = "connections.log";

impl Host {
    /// See `Provider::append_log`. Blocks.
    pub(super) fn append_log(&self, id: BoxId, source: LogSource, lines: &[u8]) -> Result<(), ProviderError> {
        let name = match source {
            LogSource::Connections => CONNECTIONS_LOG,
            LogSource::Gateway | LogSource::Boxd => {
                return Err(ProviderError::transient_text("this log is written in the box"));
            }
        };
        let dir = self.log_dir(id, source);
        let _alone = self.logging.lock().unwrap_or_else(PoisonError::into_inner);
        append::append(&dir, name, lines).map_err(at_path("writing a log of the box", &dir))
    }

    /// The directory below which a log lies.
    pub(super) fn log_dir(&self, id: BoxId, source: LogSource) -> PathBuf {
        match source {
            LogSource::Gateway | LogSource::Boxd => self.paths.boxd_volume(id),
            LogSource::Connections => self.paths.logs(id),
        }
    }
}

/// Reads a log below its directory; see `Provider::logs`.
pub(super) fn read(
    dir: &Path,
    source: LogSource,
    from: Option<u64>,
    tail_lines: u32,
) -> Result<LogChunk, ProviderError> {
    let path = match source {
        LogSource::Gateway => GATEWAY_LOG_PATH,
        LogSource::Boxd => BOXD_LOG_PATH,
        LogSource::Connections => CONNECTIONS_LOG,
    };
    let name = Path::new(path).strip_prefix(BOXD_DIR).unwrap_or_else(|_not_below| Path::new(path));
    let chunk = open_all(dir, name).and_then(|files| match from {
        Some(from) => onwards(files, from),
        None => tail(files, tail_lines),
    });
    chunk.map_err(|error| at("reading the box's log", &dir.join(name), error))
}

/// The files of a log, oldest first. None for a box that never ran.
fn open_all(dir: &Path, name: &Path) -> io::Result<Vec<LogFile>> {
    let below = match Beneath::open(dir) {
        Ok(below) => below,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut files = Vec::new();
    for number in 0..=ROTATED_MAX {
        let name = match number {
            0 => name.to_owned(),
            number => {
                let mut rotated = name.as_os_str().to_owned();
                rotated.push(format!(".{number}"));
                rotated.into()
            }
        };
        let Some(file) = below.open_file(&name)? else {
            // Between the two renames of a rotation the newest name is missing for a moment.
            if number == 0 { continue } else { break }
        };
        let known = file.metadata()?;
        files.push(LogFile { file, length: known.len(), tag: known.ino() & ((1 << INODE_BITS) - 1) });
    }
    files.reverse();
    Ok(files)
}

/// From a position on, through newer files, in whole lines.
fn onwards(mut files: Vec<LogFile>, from: u64) -> io::Result<LogChunk> {
    let (tag, offset) = (from >> OFFSET_BITS, from & ((1 << OFFSET_BITS) - 1));
    // A file that is rotated away lets the reader go on with the oldest that is left.
    let at = files.iter().position(|file| file.tag == tag);
    let (first, mut offset) = at.map_or((0, 0), |at| (at, offset));
    let mut bytes = Vec::new();
    let mut next = from;
    let last = files.len().saturating_sub(1);
    for (index, file) in files.iter_mut().enumerate().skip(first) {
        let mut piece = file.read(offset.min(file.length), CHUNK_BYTES_MAX - bytes.len())?;
        // Only the newest file grows; its last line may be half written.
        if index == last || bytes.len() + piece.len() == CHUNK_BYTES_MAX {
            cut_to_lines(&mut piece);
        }
        next = file.position(offset.min(file.length) + piece.len() as u64);
        let more = offset + (piece.len() as u64) < file.length;
        bytes.append(&mut piece);
        if more {
            break;
        }
        offset = 0;
    }
    Ok(LogChunk { bytes: Bytes::from(bytes), next })
}

/// The last lines, from older files if the newest has too few.
fn tail(mut files: Vec<LogFile>, lines: u32) -> io::Result<LogChunk> {
    let wanted = usize::try_from(lines).unwrap_or(usize::MAX);
    let mut bytes = Vec::new();
    let mut next = None;
    for file in files.iter_mut().rev() {
        let room = CHUNK_BYTES_MAX - bytes.len();
        let start = file.length.saturating_sub(room as u64);
        let mut piece = file.read(start, room)?;
        if next.is_none() {
            cut_to_lines(&mut piece);
            next = Some(file.position(start + piece.len() as u64));
        }
        piece.append(&mut bytes);
        bytes = piece;
        if start > 0 || bytes.iter().filter(|byte| **byte == b'\n').count() >= wanted {
            break;
        }
    }
    let ends: Vec<usize> =
        bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).collect();
    let start = match ends.len().checked_sub(wanted + 1) {
        Some(before) => ends.get(before).copied().unwrap_or(0),
        None => 0,
    };
    let bytes = if wanted == 0 { Bytes::new() } else { Bytes::from(bytes).slice(start..) };
    Ok(LogChunk { bytes, next: next.unwrap_or(0) })
}

/// Leaves out a last line that has no end yet, unless nothing else fits into an answer.
fn cut_to_lines(bytes: &mut Vec<u8>) {
    match bytes.iter().rposition(|byte| *byte == b'\n') {
        Some(end) => bytes.truncate(end + 1),
        None if bytes.len() < CHUNK_BYTES_MAX => bytes.clear(),
        None => {}
    }
}

#[cfg(test)]
mod tests;
