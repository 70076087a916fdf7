//! An append-only log file that is rotated by size.
//!
//! A full disk never stops whoever writes: lines that cannot be written are counted, and the count is the first
//! thing written once writing works again.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::redact::{Redactor, SECRET_BYTES_MAX};

/// A log file and its rotated predecessors `.1` (the newest) … `.n`.
#[derive(Debug)]
pub(crate) struct RotatingLog {
    path: PathBuf,
    bytes_max: u64,
    files_max: u32,
    open: Option<(File, u64)>,
    lost: u64,
}

impl RotatingLog {
    /// Opens the file at the first write.
    pub(crate) fn new(path: &Path, bytes_max: u64, files_max: u32) -> Self {
        Self { path: path.to_owned(), bytes_max: bytes_max.max(1), files_max, open: None, lost: 0 }
    }

    /// Appends whole lines; none is spread over two files. Never fails: what cannot be written is counted.
    pub(crate) fn write_lines(&mut self, mut lines: &[u8]) {
        while !lines.is_empty() {
            match self.try_write(lines) {
                Ok(written) => lines = &lines[written..],
                Err(_) => {
                    self.open = None; // a half-written line must not be continued by the next
                    self.lost = self.lost.saturating_add(u64::try_from(lines.len()).unwrap_or(u64::MAX));
                    return;
                }
            }
        }
    }

    /// Writes as many lines as one file takes, at least one. Returns how many bytes.
    fn try_write(&mut self, lines: &[u8]) -> io::Result<usize> {
        if self.lost > 0 {
            let note =
                format!("[boxd] {} bytes of this log are missing: they could not be written\n", self.lost);
            self.append(note.as_bytes())?;
            self.lost = 0;
        }
        let length = *self.opened()?.1;
        let empty = length == 0;
        let room = usize::try_from(self.bytes_max.saturating_sub(length)).unwrap_or(usize::MAX);
        let fitting = &lines[..lines.len().min(room)];
        let end = fitting.iter().rposition(|byte| *byte == b'\n');
        let end = match end {
            Some(end) => end + 1,
            None if empty => lines.iter().position(|byte| *byte == b'\n').map_or(lines.len(), |end| end + 1),
            None => {
                self.open = None;
                self.rotate()?;
                return Ok(0);
            }
        };
        self.append(&lines[..end])?;
        Ok(end)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let (file, length) = self.opened()?;
        file.write_all(bytes)?;
        *length = length.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        Ok(())
    }

    fn opened(&mut self) -> io::Result<(&mut File, &mut u64)> {
        if self.open.is_none() {
            if let Some(directory) = self.path.parent() {
                fs::create_dir_all(directory)?;
            }
            let mut file =
                OpenOptions::new().create(true).append(true).read(true).mode(0o600).open(&self.path)?;
            let length = end_last_line(&mut file)?;
            self.open = Some((file, length));
        }
        self.open
            .as_mut()
            .map(|(file, length)| (file, length))
            .ok_or_else(|| io::Error::other("the log is not open"))
    }

    fn rotate(&self) -> io::Result<()> {
        if self.files_max == 0 {
            return remove(&self.path);
        }
        for number in (1..self.files_max).rev() {
            rename(&self.rotated(number), &self.rotated(number + 1))?;
        }
        rename(&self.path, &self.rotated(1))
    }

    fn rotated(&self, number: u32) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{number}"));
        name.into()
    }
}

/// Ends a line that an earlier process or a full disk left unfinished. Returns the length.
fn end_last_line(file: &mut File) -> io::Result<u64> {
    use std::io::{Read as _, Seek as _, SeekFrom};
    let length = file.seek(SeekFrom::End(0))?;
    if length == 0 {
        return Ok(0);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    if last == *b"\n" {
        return Ok(length);
    }
    file.write_all(b"\n")?;
    Ok(length + 1)
}

fn rename(from: &Path, to: &Path) -> io::Result<()> {
    ignore_missing(fs::rename(from, to))
}

fn remove(path: &Path) -> io::Result<()> {
    ignore_missing(fs::remove_file(path))
}

fn ignore_missing(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Cuts a stream of bytes into whole lines, without secrets.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    partial: Vec<u8>,
    redactor: Redactor,
}

impl Lines {
    /// A line longer than this is cut.
    const LINE_BYTES_MAX: usize = 16 * 1024;

    /// Takes out what this finds.
    pub(crate) fn new(redactor: Redactor) -> Self {
        Self { partial: Vec::new(), redactor }
    }

    /// Takes bytes in; returns whole lines, empty when there is none yet.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let (whole, rest) = bytes.split_at(end);
        let mut lines = Vec::new();
        if !whole.is_empty() {
            // Pieces are put together first: a secret may have come in two of them.
            let mut together = std::mem::take(&mut self.partial);
            together.extend_from_slice(whole);
            lines = self.redactor.redact(&together);
        }
        self.partial.extend_from_slice(rest);
        if self.partial.len() > Self::LINE_BYTES_MAX + SECRET_BYTES_MAX {
            // A secret that is not complete yet begins in what stays.
            let (begun, read) =
                self.redactor.redact_beginning(&self.partial, self.partial.len() - SECRET_BYTES_MAX);
            lines.extend(begun);
            lines.push(b'\n');
            self.partial.drain(..read);
        }
        lines
    }

    /// Ends an unfinished line.
    pub(crate) fn finish(&mut self) -> Vec<u8> {
        let mut line = self.redactor.redact(&std::mem::take(&mut self.partial));
        if !line.is_empty() {
            line.push(b'\n');
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(directory: &Path) -> io::Result<Vec<(String, String)>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            files.push((entry.file_name().to_string_lossy().into_owned(), fs::read_to_string(entry.path())?));
        }
        files.sort();
        Ok(files)
    }

    #[test]
    fn a_full_file_becomes_the_first_of_a_bounded_row() -> io::Result<()> {
        let directory = tempfile::tempdir()?;
        let mut log = RotatingLog::new(&directory.path().join("g.log"), 10, 2);
        for line in ["one one\n", "two two\n", "three 3\n", "four 44\n"] {
            log.write_lines(line.as_bytes());
        }
        let expected = [("g.log", "four 44\n"), ("g.log.1", "three 3\n"), ("g.log.2", "two two\n")];
        assert_eq!(texts(directory.path())?, expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
        Ok(())
    }

    #[test]
    fn what_a_full_disk_does_not_take_is_counted_and_told_later() -> io::Result<()> {
        let directory = tempfile::tempdir()?;
        let path = directory.path().join("g.log");
        std::os::unix::fs::symlink("/dev/full", &path)?; // every write to it fails for lack of space
        let mut log = RotatingLog::new(&path, 1000, 2);
        log.write_lines(b"lost\n");
        log.write_lines(b"lost, too\n");
        fs::remove_file(&path)?;
        log.write_lines(b"kept\n");
        let text = fs::read_to_string(&path)?;
        assert_eq!(text, "[boxd] 15 bytes of this log are missing: they could not be written\nkept\n");
        Ok(())
    }

    #[test]
    fn an_unfinished_line_of_an_earlier_run_is_ended() -> io::Result<()> {
        let directory = tempfile::tempdir()?;
        let path = directory.path().join("g.log");
        fs::write(&path, "half a li")?;
        RotatingLog::new(&path, 1000, 2).write_lines(b"new\n");
        assert_eq!(fs::read_to_string(&path)?, "half a li\nnew\n");
        Ok(())
    }

    #[test]
    fn lines_are_put_together_and_endless_ones_are_cut() {
        let mut lines = Lines::default();
        assert_eq!(lines.push(b"a"), b"");
        assert_eq!(lines.push(b"b\nc"), b"ab\n");
        assert_eq!(lines.finish(), b"c\n");
        let long = vec![b'x'; Lines::LINE_BYTES_MAX + SECRET_BYTES_MAX + 1];
        assert_eq!(lines.push(&long).len(), Lines::LINE_BYTES_MAX + 2);
        assert_eq!(lines.finish().len(), SECRET_BYTES_MAX + 1, "the rest is the next line");
        assert_eq!(lines.finish(), b"");
    }

    proptest! {
        #[test]
        fn a_secret_that_comes_in_pieces_is_found_in_lines_of_any_length(
            secret in "[a-z0-9]{8,64}", before in 0usize..40_000, pieces in 1usize..9, at in 0usize..64,
        ) {
            let mut lines = Lines::new(Redactor::new([secret.as_str()]));
            let text = [".".repeat(before), secret.clone(), "...\n".to_owned()].concat();
            let mut out = Vec::new();
            // The first cut is somewhere in the secret, the others are spread over the text.
            let first = (before + at.min(secret.len())).min(text.len());
            out.extend(lines.push(&text.as_bytes()[..first]));
            for piece in text.as_bytes()[first..].chunks(pieces) {
                out.extend(lines.push(piece));
            }
            out.extend(lines.finish());
            let out = String::from_utf8(out).unwrap();
            prop_assert!(!out.replace('\n', "").contains(&secret));
            prop_assert!(out.replace('\n', "").ends_with("[redacted]..."), "{}", out.len());
        }
    }
}
