//! Changing files.

use bytes::Bytes;
use serde_json::json;
use smartbox_files::{Entry, FilePath, FileSink, WriteOptions};
use smartbox_store::Smartbox;

use crate::{Control, Error, Op};

/// Longest file that is written, in bytes.
pub const FILE_BYTES_MAX: u64 = 4 << 30;

/// A file that is being written. Dropped before its end it never was.
pub struct FileWriting {
    control: Control,
    op: Op,
    smartbox: Smartbox,
    path: FilePath,
    sink: Box<dyn FileSink>,
}

impl FileWriting {
    /// Adds bytes.
    ///
    /// # Errors
    /// [`Error::FileTooLarge`], [`Error::DiskFull`].
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), Error> {
        Ok(self.sink.write(bytes).await?)
    }

    /// Puts the file in its place; says whether there was none before.
    ///
    /// # Errors
    /// [`Error::VersionMismatch`] when it is not what it had to be.
    pub async fn finish(self) -> Result<(Entry, bool), Error> {
        let Self { control, op, smartbox, path, sink } = self;
        let (entry, is_new) = sink.commit().await?;
        let detail = json!({ "path": path.lossy(), "bytes": entry.bytes });
        control.note_files(&op, &smartbox, "box.file-written", detail).await?;
        Ok((entry, is_new))
    }
}

impl Control {
    /// Begins to write a file.
    ///
    /// # Errors
    /// [`Error::VersionMismatch`] when the condition is not met; [`Error::Conflict`] when something else is in the place.
    pub async fn write_file(
        &self,
        op: &Op,
        reference: &str,
        path: &FilePath,
        options: WriteOptions,
    ) -> Result<FileWriting, Error> {
        let (smartbox, home) = self.home_to_fill(op, reference).await?;
        let sink = home.write(path, options).await?;
        Ok(FileWriting { control: self.clone(), op: op.clone(), smartbox, path: path.clone(), sink })
    }

    /// Makes a directory, and those on the way where `parents` says so; says whether it is new.
    pub async fn make_dir(
        &self,
        op: &Op,
        reference: &str,
        path: &FilePath,
        parents: bool,
    ) -> Result<(Entry, bool), Error> {
        let (smartbox, home) = self.home_to_fill(op, reference).await?;
        let (entry, is_new) = home.make_dir(path, parents).await?;
        if is_new {
            self.note_files(op, &smartbox, "box.directory-made", json!({ "path": path.lossy() })).await?;
        }
        Ok((entry, is_new))
    }

    /// Gives something another name. The flags: replace a file that has it, make the directories on the way.
    pub async fn move_file(
        &self,
        op: &Op,
        reference: &str,
        (from, to): (&FilePath, &FilePath),
        how: (bool, bool),
    ) -> Result<Entry, Error> {
        let (smartbox, home) = self.home_to_change(op, reference).await?;
        let entry = home.rename(from, to, how).await?;
        let detail = json!({ "from": from.lossy(), "to": to.lossy() });
        self.note_files(op, &smartbox, "box.file-moved", detail).await?;
        Ok(entry)
    }

    /// Copies something with everything in it. The flags are those of [`Control::move_file`].
    pub async fn copy_file(
        &self,
        op: &Op,
        reference: &str,
        (from, to): (&FilePath, &FilePath),
        how: (bool, bool),
    ) -> Result<Entry, Error> {
        let (smartbox, home) = self.home_to_fill(op, reference).await?;
        let _turn = self.inner.files.turn().await?;
        let entry = home.copy(from, to, how).await?;
        let detail = json!({ "from": from.lossy(), "to": to.lossy() });
        self.note_files(op, &smartbox, "box.file-copied", detail).await?;
        Ok(entry)
    }
}
