//! Reading files.

use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;

use bytes::Bytes;
use rustix::fs::Stat;

use crate::beneath::{Owner, file_below};
use crate::{Entry, Error, FilePath, Home};

/// A file that is open for reading. Reading it blocks.
#[derive(Debug)]
pub struct Reader {
    file: File,
    entry: Entry,
}

impl Home {
    /// Opens a regular file for reading.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::NotAFile`], [`Error::LeadsOut`].
    pub fn read(&self, path: &FilePath) -> Result<Reader, Error> {
        let Some((_parent, name)) = path.split() else { return Err(Error::NotAFile) };
        let (file, stat) = file_below(&self.dir, path)?;
        refuse_foreign(self.owner, &stat)?;
        let entry = Entry::new(name.as_bytes(), &stat);
        Ok(Reader { file, entry })
    }
}

/// A file with a second name that somebody else owns may be that of another place.
pub(crate) fn refuse_foreign(owner: Owner, stat: &Stat) -> Result<(), Error> {
    if stat.st_nlink > 1 && stat.st_uid != owner.uid { Err(Error::LeadsOut) } else { Ok(()) }
}

impl Reader {
    /// The file as it was when it was opened.
    pub const fn entry(&self) -> &Entry {
        &self.entry
    }

    /// At most `length` bytes at `offset`; nothing at its end.
    ///
    /// # Errors
    /// The disk fails.
    pub fn read_at(&self, offset: u64, length: usize) -> Result<Bytes, Error> {
        let mut piece = vec![0; length];
        let mut filled = 0;
        while let Some(rest) = piece.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.file.read_at(rest, offset.saturating_add(filled as u64)) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        piece.truncate(filled);
        Ok(piece.into())
    }
}
