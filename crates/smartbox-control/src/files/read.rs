//! Looking at files.

use smartbox_files::{Entry, FilePath, FileSource, Kind, Listing};

use crate::{Control, Error, Op};

/// Most things of a directory on one page.
pub const PAGE_ENTRIES_MAX: usize = 1000;

/// What lies at a path.
pub enum Looked {
    /// A file, open for reading.
    File(Box<dyn FileSource>),
    /// A page of a directory.
    Directory(Listing),
}

impl Control {
    /// What has this path in the home of a box. A link is told as what it is.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Conflict`] when a link is on the way, or the box has no disk here.
    pub async fn stat_file(&self, op: &Op, reference: &str, path: &FilePath) -> Result<Entry, Error> {
        let (_smartbox, home) = self.home_of(op, reference).await?;
        Ok(home.stat(path).await?)
    }

    /// Opens a file, or lists a directory: at most `limit` names behind `after`.
    ///
    /// # Errors
    /// As [`Control::stat_file`].
    pub async fn look_at_file(
        &self,
        op: &Op,
        reference: &str,
        path: &FilePath,
        (after, limit): (Option<Vec<u8>>, usize),
    ) -> Result<Looked, Error> {
        let (_smartbox, home) = self.home_of(op, reference).await?;
        match home.stat(path).await?.kind {
            Kind::Directory => {
                Ok(Looked::Directory(home.list(path, after, limit.clamp(1, PAGE_ENTRIES_MAX)).await?))
            }
            Kind::File | Kind::Link | Kind::Other => Ok(Looked::File(home.read(path).await?)),
        }
    }
}
