//! The same for tasks: what a place for boxes gives to whoever works with their files.

use bytes::Bytes;

use crate::{Entry, Error, FilePath, Found, Listing, Purged, Search, TrashRule, WriteOptions};

/// The files of a home. What each call does, and how it fails, is told by [`crate::Home`].
#[async_trait::async_trait]
pub trait FileHome: Send + Sync {
    /// What has this path.
    async fn stat(&self, path: &FilePath) -> Result<Entry, Error>;

    /// At most `limit` things of a directory, by name, behind the name `after`.
    async fn list(&self, path: &FilePath, after: Option<Vec<u8>>, limit: usize) -> Result<Listing, Error>;

    /// Opens a regular file for reading.
    async fn read(&self, path: &FilePath) -> Result<Box<dyn FileSource>, Error>;

    /// Begins to write a file.
    async fn write(&self, path: &FilePath, options: WriteOptions) -> Result<Box<dyn FileSink>, Error>;

    /// Makes a directory; says whether it is new.
    async fn make_dir(&self, path: &FilePath, parents: bool) -> Result<(Entry, bool), Error>;

    /// Gives something another name. The two flags: replace what has it, make the directories on the way.
    async fn rename(&self, from: &FilePath, to: &FilePath, how: (bool, bool)) -> Result<Entry, Error>;

    /// Copies something with everything in it. The flags are those of [`FileHome::rename`].
    async fn copy(&self, from: &FilePath, to: &FilePath, how: (bool, bool)) -> Result<Entry, Error>;

    /// Removes something for good, with everything in it.
    async fn remove(&self, path: &FilePath) -> Result<(), Error>;

    /// Throws something away; gives where it lies in the trash.
    async fn trash(&self, path: &FilePath, now_ms: i64, bytes_max: u64) -> Result<FilePath, Error>;

    /// Empties the trash as far as the rule says.
    async fn purge_trash(&self, rule: TrashRule) -> Result<Purged, Error>;

    /// Looks through a directory and everything in it.
    async fn search(&self, search: Search) -> Result<Found, Error>;
}

/// A file that is open for reading.
#[async_trait::async_trait]
pub trait FileSource: Send + Sync {
    /// The file as it was when it was opened.
    fn entry(&self) -> &Entry;

    /// At most `length` bytes at `offset`; nothing at its end.
    async fn read_at(&self, offset: u64, length: usize) -> Result<Bytes, Error>;
}

/// A file that is being written. Dropped before its commit it never was.
#[async_trait::async_trait]
pub trait FileSink: Send {
    /// Adds bytes. A sink that has failed is of no more use.
    async fn write(&mut self, bytes: Bytes) -> Result<(), Error>;

    /// Puts the file in its place; says whether there was none before.
    async fn commit(self: Box<Self>) -> Result<(Entry, bool), Error>;
}
