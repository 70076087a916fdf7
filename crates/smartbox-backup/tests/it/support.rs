//! A home, and a place for its snapshots.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use object_store::ObjectStore;
use secrecy::SecretString;
use smartbox_backup::{Depot, IdShift, Label, Limits, Repository, Saved, Source};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The ids that a box of these tests has: those of whoever runs them, so that no test needs root.
pub(crate) fn ids() -> IdShift {
    IdShift { base: rustix::process::getuid().as_raw(), count: 65_536 }
}

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
        self.depot.repository("org_1", "box_1", SecretString::from("the key of this box")).unwrap()
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
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    std::iter::repeat_with(&mut next).take(length.div_ceil(8)).flatten().take(length).collect()
}
