//! An exported audit log, read line by line.

use std::path::Path;

use smartbox_api::AuditLine;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader};

use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;

/// Longest line that is read, in bytes.
const LINE_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// Name that stands for standard input.
const STDIN: &str = "-";

/// A file that is being read.
pub(super) struct Lines {
    reader: Box<dyn AsyncBufRead + Send + Unpin>,
    /// Number of the line that was read last, from 1.
    number: u64,
}

impl Lines {
    /// Opens a file, or standard input if it is `-`.
    pub(super) async fn open(file: &Path, console: &mut Console) -> Result<Self, Failure> {
        let reader: Box<dyn AsyncRead + Send + Unpin> = if file == Path::new(STDIN) {
            console.take_stdin().unwrap_or_else(|| Box::new(tokio::io::empty()))
        } else {
            let file = tokio::fs::File::open(file).await.map_err(|error| {
                Failure::new(Exit::Usage, format!("{} cannot be opened.", file.display()))
                    .detail(error.to_string())
            })?;
            Box::new(file)
        };
        Ok(Self { reader: Box::new(BufReader::new(reader)), number: 0 })
    }

    /// Number of the line that was read last, from 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// The next line; `None` at the end.
    ///
    /// # Errors
    /// The file cannot be read, or the line is none of an audit log.
    pub(super) async fn next(&mut self) -> Result<Option<AuditLine>, Failure> {
        let mut line = Vec::new();
        let read = (&mut self.reader).take(LINE_BYTES_MAX).read_until(b'\n', &mut line).await;
        let count = read.map_err(|error| {
            Failure::new(Exit::Failed, "The file could not be read.").detail(error.to_string())
        })?;
        if count == 0 {
            return Ok(None);
        }
        self.number += 1;
        serde_json::from_slice(&line).map(Some).map_err(|error| {
            let title = format!("Line {} of the file is no line of an audit log.", self.number);
            Failure::new(Exit::Failed, title).detail(error.to_string())
        })
    }
}
