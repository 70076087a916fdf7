//! The repository's library, which blocks, over an object store, which does not.
//!
//! Names are those of restic's default layout. Everything but `config` and locks is named by its content and written once.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutPayload};
use rustic_core::{BytesList, ErrorKind, FileType, Id, ReadBackend, RusticError, RusticResult, WriteBackend};
use tokio::runtime::Handle;

use crate::trouble::{Trouble, TroubleKind};

/// Locks that are looked at. restic makes one a run, and removes it.
const LOCKS_MAX: usize = 64;
/// A lock has some hundred bytes.
const LOCK_BYTES_MAX: u64 = 64 << 10;

/// The objects of one repository.
#[derive(Clone)]
pub(crate) struct Bridge {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    location: String,
    runtime: Handle,
}

impl std::fmt::Debug for Bridge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bridge").field("location", &self.location).finish_non_exhaustive()
    }
}

impl Bridge {
    pub(crate) fn new(store: Arc<dyn ObjectStore>, prefix: Path, location: String, runtime: Handle) -> Self {
        Self { store, prefix, location, runtime }
    }

    pub(crate) fn prefix(&self) -> &Path {
        &self.prefix
    }

    fn path(&self, kind: FileType, id: &Id) -> Path {
        let name = id.to_hex().to_string();
        match kind {
            FileType::Config => self.prefix.clone().join("config"),
            FileType::Pack => self.prefix.clone().join("data").join(&name[..2]).join(name.as_str()),
            other => self.prefix.clone().join(other.dirname()).join(name.as_str()),
        }
    }

    /// When somebody with another program last said that they work on the repository, and what they say, sealed.
    pub(crate) fn locks(&self) -> Result<Vec<(i64, Bytes)>, object_store::Error> {
        let dir = self.prefix.clone().join("locks");
        self.runtime.block_on(async {
            let found: Vec<_> = self.store.list(Some(&dir)).take(LOCKS_MAX).try_collect().await?;
            let mut locks = Vec::with_capacity(found.len());
            // What has no id for a name was not finished, and nobody removes it.
            let is_lock = |name: Option<&str>| name.is_some_and(|name| name.parse::<Id>().is_ok());
            for lock in found {
                if lock.size > LOCK_BYTES_MAX || !is_lock(lock.location.filename()) {
                    continue;
                }
                match self.store.get(&lock.location).await {
                    Ok(got) => locks.push((lock.last_modified.timestamp(), got.bytes().await?)),
                    // They are done.
                    Err(object_store::Error::NotFound { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(locks)
        })
    }

    /// The repository's settings, sealed. `None`: there is no repository.
    pub(crate) fn config(&self) -> Result<Option<Bytes>, object_store::Error> {
        let path = self.prefix.clone().join("config");
        let read = async { self.store.get(&path).await?.bytes().await };
        match self.runtime.block_on(read) {
            Ok(config) => Ok(Some(config)),
            // Asked for the head alone, a store without the bucket would say the same as one without the repository.
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Puts the object with which restic opens the repository. It is always the same one.
    pub(crate) fn put_key(&self, name: &str, content: Vec<u8>) -> Result<(), object_store::Error> {
        let path = self.prefix.clone().join("keys").join(name);
        self.runtime.block_on(self.store.put(&path, content.into())).map(drop)
    }

    /// Whether restic can open it.
    pub(crate) fn has_key(&self, name: &str) -> Result<bool, object_store::Error> {
        let path = self.prefix.clone().join("keys").join(name);
        match self.runtime.block_on(self.store.head(&path)) {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn failed(what: &'static str) -> impl FnOnce(object_store::Error) -> Box<RusticError> {
        move |error| RusticError::with_source(ErrorKind::Backend, what, error)
    }
}

impl ReadBackend for Bridge {
    fn location(&self) -> String {
        self.location.clone()
    }

    fn list_with_size(&self, kind: FileType) -> RusticResult<Vec<(Id, u32)>> {
        if kind == FileType::Config {
            let path = self.path(kind, &Id::default());
            return match self.runtime.block_on(self.store.head(&path)) {
                Ok(found) => Ok(vec![(Id::default(), u32::try_from(found.size).unwrap_or(u32::MAX))]),
                Err(object_store::Error::NotFound { .. }) => Ok(Vec::new()),
                Err(error) => Err(Self::failed("looking for the repository")(error)),
            };
        }
        let dir = self.prefix.clone().join(kind.dirname());
        let found: Vec<_> = self
            .runtime
            .block_on(self.store.list(Some(&dir)).try_collect())
            .map_err(Self::failed("listing the repository"))?;
        // What has no id for a name is somebody else's, such as a file that was not finished.
        Ok(found
            .into_iter()
            .filter_map(|object| {
                let id = object.location.filename()?.parse::<Id>().ok()?;
                Some((id, u32::try_from(object.size).ok()?))
            })
            .collect())
    }

    fn read_full(&self, kind: FileType, id: &Id) -> RusticResult<Bytes> {
        let path = self.path(kind, id);
        let read = async { self.store.get(&path).await?.bytes().await };
        self.runtime.block_on(read).map_err(Self::failed("reading from the repository"))
    }

    fn read_partial(
        &self,
        kind: FileType,
        id: &Id,
        _cacheable: bool,
        offset: u32,
        length: u32,
    ) -> RusticResult<Bytes> {
        let range = u64::from(offset)..u64::from(offset) + u64::from(length);
        let path = self.path(kind, id);
        let read = self.store.get_range(&path, range);
        self.runtime.block_on(read).map_err(Self::failed("reading from the repository"))
    }

    fn warmup_path(&self, kind: FileType, id: &Id) -> String {
        self.path(kind, id).to_string()
    }
}

impl WriteBackend for Bridge {
    fn write_bytes(&self, kind: FileType, id: &Id, _cacheable: bool, content: BytesList) -> RusticResult<()> {
        let path = self.path(kind, id);
        // Of two platforms that make a repository at the same time one must lose: their keys differ.
        let mode = if kind == FileType::Config { PutMode::Create } else { PutMode::Overwrite };
        let put = self.store.put_opts(&path, PutPayload::from_iter(content.into_vec()), mode.into());
        self.runtime.block_on(put).map(drop).map_err(Self::failed("writing to the repository"))
    }

    fn remove(&self, kind: FileType, id: &Id, _cacheable: bool) -> RusticResult<()> {
        match self.runtime.block_on(self.store.delete(&self.path(kind, id))) {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(Self::failed("removing from the repository")(error)),
        }
    }
}

fn is_missing(error: &object_store::Error) -> bool {
    matches!(error, object_store::Error::NotFound { .. }) && Trouble::of(error).kind == TroubleKind::Missing
}
