//! What is in a directory, page by page.

use std::collections::BinaryHeap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use rustix::fs::Dir;

use crate::beneath::dir_below;
use crate::home::entry_in;
use crate::{Entry, Error, FilePath, Home};

/// Most names of a directory that are looked at for one page.
pub const LIST_ENTRIES_MAX: usize = 1_000_000;

/// A page of a directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// What is in it, by name.
    pub entries: Vec<Entry>,
    /// The name behind which the next page begins.
    pub next: Option<Vec<u8>>,
}

impl Home {
    /// At most `limit` things of a directory, by name, behind the name `after`. Never takes more memory than a page, however many
    /// there are.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::NotADirectory`], [`Error::LeadsOut`].
    pub fn list(&self, path: &FilePath, after: Option<&[u8]>, limit: usize) -> Result<Listing, Error> {
        let dir = dir_below(&self.dir, path)?;
        // The largest is on top, and goes when a smaller one comes.
        let mut names: BinaryHeap<Vec<u8>> = BinaryHeap::new();
        let mut has_more = false;
        for (count, entry) in Dir::read_from(&dir)?.enumerate() {
            if count >= LIST_ENTRIES_MAX {
                return Err(Error::TooMuch {
                    what: "the directory",
                    max: LIST_ENTRIES_MAX as u64,
                    unit: "names",
                });
            }
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if matches!(name, b"." | b"..") || after.is_some_and(|after| name <= after) {
                continue;
            }
            if names.len() < limit {
                names.push(name.to_vec());
            } else {
                has_more = true;
                if names.peek().is_some_and(|largest| name < largest.as_slice()) {
                    names.pop();
                    names.push(name.to_vec());
                }
            }
        }
        let names = names.into_sorted_vec();
        let next = names.last().filter(|_| has_more).cloned();
        let mut entries = Vec::with_capacity(names.len());
        for name in names {
            match entry_in(&dir, OsStr::from_bytes(&name)) {
                Ok(entry) => entries.push(entry),
                // Gone meanwhile.
                Err(Error::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Listing { entries, next })
    }
}
