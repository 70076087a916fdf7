//! An archive of many things: files that are made up, and what snapshots hold. Written as it is made, so that it takes no more memory
//! than one piece of it.

use std::io::{self, Write};
use std::path::Path;

use crate::Error;
use crate::archive::{LEVEL, PIECE_BYTES, Reader};

type Packed<W> = zstd::stream::write::Encoder<'static, io::BufWriter<W>>;

/// A `.tar.zst` on its way out.
pub struct Bundle<W: Write> {
    archive: tar::Builder<Packed<W>>,
    /// Seconds since 1970: when files that are made up were made.
    made_at: u64,
}

impl<W: Write> Bundle<W> {
    /// Begins one.
    ///
    /// # Errors
    /// When it cannot be packed.
    pub fn new(out: W, made_at: u64) -> Result<Self, Error> {
        let packed = zstd::stream::write::Encoder::new(io::BufWriter::with_capacity(PIECE_BYTES, out), LEVEL);
        let packed = packed.map_err(Error::disk("writing an archive"))?;
        Ok(Self { archive: tar::Builder::new(packed), made_at })
    }

    /// Adds a file that is made up.
    ///
    /// # Errors
    /// When `out` fails.
    pub fn add_file(&mut self, path: &Path, content: &[u8]) -> Result<(), Error> {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o600);
        header.set_mtime(self.made_at);
        header.set_entry_type(tar::EntryType::Regular);
        header.set_size(content.len() as u64);
        self.archive.append_data(&mut header, path, content).map_err(Error::disk("writing an archive"))
    }

    /// Adds everything of a snapshot below a directory.
    ///
    /// # Errors
    /// When a part cannot be read, or `out` fails.
    pub fn add_snapshot(&mut self, below: &Path, reader: &Reader) -> Result<(), Error> {
        reader.append_to(&mut self.archive, below)
    }

    /// Ends it. One without its end is not complete.
    ///
    /// # Errors
    /// When `out` fails.
    pub fn finish(self) -> Result<(), Error> {
        let finished = self.archive.into_inner().and_then(zstd::stream::write::Encoder::finish);
        finished.and_then(|mut out| out.flush()).map_err(Error::disk("writing an archive"))
    }
}
