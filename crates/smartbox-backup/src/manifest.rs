//! What an archive says of itself: its first entry.

use serde::{Deserialize, Serialize};

use crate::Error;

/// Name of the entry. It is no file of the home; a file of that name comes after it.
pub(crate) const NAME: &str = "smartbox-backup.json";
/// Longest manifest that is read.
pub(crate) const BYTES_MAX: u64 = 64 * 1024;
/// The format that is written, and the newest that is understood.
const FORMAT: u32 = 1;

/// What an archive holds, and what saved it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Its own format.
    format: u32,
    /// The version of the agent runtime that saved the state.
    pub runtime_version: String,
    /// When it was saved (RFC 3339).
    pub made_at: String,
    /// Regular files in it. With fewer it is not complete.
    pub files: u64,
    /// Sessions in its databases.
    #[serde(default)]
    pub sessions: u64,
}

impl Manifest {
    /// What is written now.
    pub fn new(runtime_version: &str, made_at: &str, (files, sessions): (u64, u64)) -> Self {
        let (runtime_version, made_at) = (runtime_version.to_owned(), made_at.to_owned());
        Self { format: FORMAT, runtime_version, made_at, files, sessions }
    }

    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        serde_json::to_vec_pretty(self).map_err(|error| Error::Repository(error.to_string()))
    }

    pub(crate) fn read(content: &[u8]) -> Result<Self, Error> {
        let read: Self = serde_json::from_slice(content)
            .map_err(|error| Error::Archive(format!("what it says of itself cannot be read: {error}")))?;
        if read.format > FORMAT {
            let format = read.format;
            return Err(Error::Archive(format!(
                "it has format {format}, and this platform understands {FORMAT}: upgrade the platform"
            )));
        }
        Ok(read)
    }
}
