//! What can go wrong, by what whoever asked can do about it.

use std::io;

/// Failure of a depot or repository. The text is fit for the log; it names no key.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The settings of the depot cannot be used.
    #[error("the place of the backups cannot be used: {0}")]
    Place(String),
    /// The store does not answer, or refuses.
    #[error("the store of the backups: {0}")]
    Store(#[source] Box<object_store::Error>),
    /// The repository's library failed. Its chain says more.
    #[error("the repository: {0}")]
    Repository(String),
    /// There is no such snapshot.
    #[error("the repository has no such snapshot")]
    NoSnapshot,
    /// There is no such file in the snapshot.
    #[error("the snapshot has no such file")]
    NoFile,
    /// The snapshot says something that no snapshot of ours says.
    #[error("the snapshot cannot be trusted: {0}")]
    Foreign(String),
    /// The disk.
    #[error("{what}: {source}")]
    Disk {
        /// What was done.
        what: &'static str,
        /// The cause.
        source: io::Error,
    },
}

impl Error {
    pub(crate) fn disk(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Disk { what, source }
    }

    pub(crate) fn rustic(error: impl AsRef<rustic_core::RusticError>) -> Self {
        let error = error.as_ref();
        let mut text = error.to_string();
        let mut cause = std::error::Error::source(error);
        while let Some(next) = cause {
            text = format!("{text}: {next}");
            cause = next.source();
        }
        Self::Repository(text)
    }
}

impl From<object_store::Error> for Error {
    fn from(error: object_store::Error) -> Self {
        Self::Store(Box::new(error))
    }
}
