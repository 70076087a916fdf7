//! What can go wrong, by what whoever asked can do about it.

use std::io;

use crate::trouble::{Trouble, TroubleKind, text_of};

/// Failure of a depot or repository. The text is fit for the log, says what helps, and names no key.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The settings of the depot cannot be used.
    #[error("the place of the backups cannot be used: {0}")]
    Place(String),
    /// The store does not answer, or refuses. What is saved may be whole all the same.
    #[error("the store of the backups {0}")]
    Store(#[source] Trouble),
    /// The key does not open the repository.
    #[error(
        "the key does not open the repository: it was made with another, or its `config` is damaged; put that key back, or name another place for backups"
    )]
    Key,
    /// Somebody removes things from it with restic.
    #[error(
        "somebody on {0} removes things from the repository with restic: wait until that ends, or run `restic unlock`"
    )]
    Held(String),
    /// The clocks of this machine and of the store differ by so much that what was written lately could be taken for old.
    #[error("the store's clock is {0} s away from this machine's: {remedy}; nothing is removed until then", remedy = TroubleKind::Clock.remedy())]
    Clocks(u64),
    /// The repository's library failed.
    #[error("the repository: {0}")]
    Repository(String),
    /// There is nothing where the repository was. It may be somewhere else: that says nothing of what is in it.
    #[error(
        "there is no repository at the place of the backups: mount its disk, or name the bucket again that it was made in"
    )]
    NoRepository,
    /// There is no such snapshot.
    #[error(
        "the repository has no such snapshot: it was forgotten, or is in another repository; list what is there"
    )]
    NoSnapshot,
    /// Whoever wanted it took it back while it was under way.
    #[error("it was taken back while it was under way")]
    Stopped,
    /// There is no such file in the snapshot.
    #[error("the snapshot has no such file")]
    NoFile,
    /// What is saved is not what was saved, or says something that no snapshot of ours says.
    #[error("the snapshot cannot be trusted: {0}; take another one")]
    Foreign(String),
    /// An archive that somebody brings is none of a box, or says something that none does.
    #[error("the archive is refused: {0}")]
    Archive(String),
    /// The disk.
    #[error("{what}: {source}{}", help(.source))]
    Disk {
        /// What was done.
        what: &'static str,
        /// The cause.
        source: io::Error,
    },
}

fn help(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::StorageFull => "; free room on this machine's disk and try again",
        io::ErrorKind::QuotaExceeded => "; raise the quota or free room and try again",
        io::ErrorKind::ReadOnlyFilesystem => "; mount the disk for writing and try again",
        _ => "",
    }
}

impl Error {
    pub(crate) fn disk(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Disk { what, source }
    }

    /// An error of the library: trouble with the store where that is the cause.
    pub(crate) fn rustic(error: impl AsRef<rustic_core::RusticError>) -> Self {
        let error = error.as_ref();
        match Trouble::among(error) {
            Some(trouble) => trouble.into(),
            None => {
                // Its own text goes over many lines, and has advice for users of another program.
                let text = error.display_log();
                let cause = std::error::Error::source(error).map(|cause| format!(": {}", text_of(cause)));
                let text = text.strip_prefix("Error: ").unwrap_or(&text);
                Self::Repository(format!("{text}{}", cause.unwrap_or_default()))
            }
        }
    }
}

impl From<Trouble> for Error {
    fn from(trouble: Trouble) -> Self {
        match trouble.kind {
            // It stays so, however often one asks.
            TroubleKind::Missing => {
                Self::Foreign(format!("an object of it, or a part of one, is gone ({})", trouble.detail))
            }
            _ => Self::Store(trouble),
        }
    }
}

impl From<object_store::Error> for Error {
    fn from(error: object_store::Error) -> Self {
        Trouble::of(&error).into()
    }
}
