//! A home, and a place for its snapshots.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::TryStreamExt;
use object_store::memory::InMemory;
use object_store::{ObjectStore, ObjectStoreExt};
use rustic_core::{BytesList, FileType, Id, ReadBackend, RusticResult, WriteBackend};
use secrecy::SecretString;
use smartbox_backup::{Depot, IdShift, Label, Limits, Repository, Saved, Source};
use tempfile::TempDir;
use tokio::runtime::{Handle, Runtime};

/// The ids that a box of these tests has: those of whoever runs them, so that no test needs root.
pub(crate) fn ids() -> IdShift {
    IdShift { base: rustix::process::getuid().as_raw(), count: 65_536 }
}

/// The key of the box whose snapshots these tests make.
pub(crate) const KEY: &str = "the key of this box";

pub(crate) struct World {
    pub(crate) runtime: Runtime,
    pub(crate) depot: Depot,
    pub(crate) root: TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let depot = Depot::in_memory(runtime.handle().clone());
        Self { runtime, depot, root: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn over(store: Arc<dyn ObjectStore>) -> Self {
        let runtime = Runtime::new().unwrap();
        let depot = Depot::over(store, runtime.handle().clone());
        Self { runtime, depot, root: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn home(&self) -> PathBuf {
        let home = self.root.path().join("home");
        fs::create_dir_all(home.join("state")).unwrap();
        fs::create_dir_all(home.join("workspace")).unwrap();
        home
    }

    pub(crate) fn repository(&self) -> Repository {
        self.depot.repository("org_1", "box_1", SecretString::from(KEY)).unwrap()
    }

    pub(crate) fn source(&self) -> Source {
        Source { home: self.home(), copies: Vec::new(), ids: ids(), limits: Limits::default() }
    }

    pub(crate) fn save(&self) -> Saved {
        self.repository().snapshot(self.source(), &label()).unwrap()
    }

    /// An empty directory.
    pub(crate) fn empty(&self, name: &str) -> PathBuf {
        let path = self.root.path().join(name);
        fs::create_dir_all(&path).unwrap();
        path
    }
}

pub(crate) fn label() -> Label {
    Label { host: "home".to_owned(), tags: vec!["smartbox".to_owned()], description: "{}".to_owned() }
}

pub(crate) fn write(home: &Path, name: &str, content: impl AsRef<[u8]>) {
    let path = home.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// Bytes that do not compress, always the same.
pub(crate) fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let mut bytes = vec![0; length];
    for piece in bytes.chunks_mut(8) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        piece.copy_from_slice(&state.to_le_bytes()[..piece.len()]);
    }
    bytes
}

/// The objects of a place, and the repository's library on them without us.
#[derive(Default)]
pub(crate) struct Objects {
    pub(crate) store: Arc<InMemory>,
}

impl Objects {
    /// The box's repository as the library takes it.
    pub(crate) fn backend(&self, world: &World) -> Backend {
        Backend { store: Arc::clone(&self.store), runtime: world.runtime.handle().clone() }
    }
}

#[derive(Clone)]
pub(crate) struct Backend {
    store: Arc<InMemory>,
    runtime: Handle,
}

impl std::fmt::Debug for Backend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Backend")
    }
}

impl Backend {
    fn path(kind: FileType, id: &Id) -> object_store::path::Path {
        let name = id.to_hex().to_string();
        let below = match kind {
            FileType::Config => "config".to_owned(),
            FileType::Pack => format!("data/{}/{name}", &name[..2]),
            other => format!("{}/{name}", other.dirname()),
        };
        object_store::path::Path::from(format!("users/org_1/box_1/{below}"))
    }

    fn read(&self, kind: FileType, id: &Id) -> Bytes {
        let path = Self::path(kind, id);
        self.runtime.block_on(async { self.store.get(&path).await.unwrap().bytes().await.unwrap() })
    }
}

impl ReadBackend for Backend {
    fn location(&self) -> String {
        "planted".to_owned()
    }

    fn list_with_size(&self, kind: FileType) -> RusticResult<Vec<(Id, u32)>> {
        if kind == FileType::Config {
            return Ok(vec![(Id::default(), 0)]);
        }
        let dir = object_store::path::Path::from(format!("users/org_1/box_1/{}", kind.dirname()));
        let found: Vec<_> = self.runtime.block_on(self.store.list(Some(&dir)).try_collect()).unwrap();
        let id = |object: &object_store::ObjectMeta| object.location.filename()?.parse().ok();
        Ok(found.iter().filter_map(|object| Some((id(object)?, u32::try_from(object.size).ok()?))).collect())
    }

    fn read_full(&self, kind: FileType, id: &Id) -> RusticResult<Bytes> {
        Ok(self.read(kind, id))
    }

    fn read_partial(
        &self,
        kind: FileType,
        id: &Id,
        _: bool,
        offset: u32,
        length: u32,
    ) -> RusticResult<Bytes> {
        Ok(self.read(kind, id).slice(offset as usize..(offset + length) as usize))
    }

    fn warmup_path(&self, _kind: FileType, _id: &Id) -> String {
        String::new()
    }
}

impl WriteBackend for Backend {
    fn write_bytes(&self, kind: FileType, id: &Id, _: bool, content: BytesList) -> RusticResult<()> {
        let payload = object_store::PutPayload::from_iter(content.into_vec());
        self.runtime.block_on(self.store.put(&Self::path(kind, id), payload)).unwrap();
        Ok(())
    }

    fn remove(&self, kind: FileType, id: &Id, _: bool) -> RusticResult<()> {
        self.runtime.block_on(self.store.delete(&Self::path(kind, id))).unwrap();
        Ok(())
    }
}
