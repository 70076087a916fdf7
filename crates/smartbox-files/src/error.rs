//! What can go wrong, by what the caller can do about it.

use std::io;

use rustix::io::Errno;

/// Failure of something that was done with files. The text is fit for everybody's eyes.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing has that name.
    #[error("there is no such file")]
    NotFound,
    /// It has to be a regular file.
    #[error("it is not a regular file")]
    NotAFile,
    /// It has to be a directory.
    #[error("it is not a directory")]
    NotADirectory,
    /// A link is on the way, or a place that lies elsewhere.
    #[error("a link, or a place outside of the home, is on the way")]
    LeadsOut,
    /// Something has the name already.
    #[error("something has this name already")]
    Exists,
    /// The directory in the place has something in it.
    #[error("the directory is not empty")]
    NotEmpty,
    /// It is not what the caller has seen.
    #[error("it has changed since it was read")]
    Changed,
    /// A directory cannot be put into itself, nor the home be moved or removed.
    #[error("{0}")]
    Senseless(&'static str),
    /// It is more than is done at once.
    #[error("{what} is more than is done at once: at most {max} {unit}")]
    TooMuch {
        /// What.
        what: &'static str,
        /// The bound.
        max: u64,
        /// Its unit.
        unit: &'static str,
    },
    /// There is no room on the disk.
    #[error("there is no room on the disk")]
    Full,
    /// The operating system refused. The cause is for the log.
    #[error("the disk of the box cannot be used")]
    Io(#[source] io::Error),
}

impl From<Errno> for Error {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::NOENT => Self::NotFound,
            Errno::NOTDIR => Self::NotADirectory,
            // A pipe without its other end, a socket, a device without a driver.
            Errno::ISDIR | Errno::NXIO | Errno::NODEV => Self::NotAFile,
            Errno::LOOP | Errno::XDEV => Self::LeadsOut,
            Errno::EXIST => Self::Exists,
            Errno::NOTEMPTY => Self::NotEmpty,
            Errno::NOSPC | Errno::DQUOT | Errno::FBIG => Self::Full,
            other => Self::Io(other.into()),
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        match error.raw_os_error() {
            Some(code) => Errno::from_raw_os_error(code).into(),
            None => Self::Io(error),
        }
    }
}
