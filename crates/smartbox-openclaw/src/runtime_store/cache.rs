//! The compile cache that all boxes of a version share.
//!
//! Node.js keys it by its own version, by the path of each script and by the user's id, all as seen in the box. So it
//! is filled by running a gateway in a box (uid 1000, same paths) with the directory mounted writable, and by letting
//! that gateway end by itself: Node.js writes the cache when it exits. From then on it is read-only for every box.
//! A box that could write it could put code into others.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use super::install::{blocking, publish_tree, remove_tree, sync_dir};
use super::{RuntimeError, RuntimeStore};

impl RuntimeStore {
    /// Directory of the compile cache of `version` on this machine. Mounted read-only into every box at
    /// [`crate::environment::COMPILE_CACHE_DIR`], warm or not.
    pub fn compile_cache_dir(&self, version: &str) -> PathBuf {
        self.dir().join(format!("openclaw-{version}.cache"))
    }

    /// Whether the compile cache is filled.
    pub fn is_warm(&self, version: &str) -> bool {
        self.warm_mark(version).exists()
    }

    /// An empty directory for the compile cache, owned by the caller, to be filled by a warm-up. What an earlier
    /// warm-up left is removed.
    pub async fn reset_compile_cache(&self, version: &str) -> Result<PathBuf, RuntimeError> {
        self.forget_compile_cache(version).await?;
        let dir = self.compile_cache_dir(version);
        fs::create_dir_all(&dir).map_err(RuntimeError::io("cannot make", &dir))?;
        Ok(dir)
    }

    /// Removes the compile cache.
    pub(super) async fn forget_compile_cache(&self, version: &str) -> Result<(), RuntimeError> {
        let mark = self.warm_mark(version);
        match fs::remove_file(&mark) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(RuntimeError::io("cannot remove", &mark)(error));
            }
            _ => {}
        }
        blocking(&self.compile_cache_dir(version), remove_tree).await
    }

    /// Declares the compile cache filled. Its files belonged to the warm-up box, and nobody else could read them;
    /// they become root's, and readable for everybody.
    pub async fn mark_warm(&self, version: &str) -> Result<(), RuntimeError> {
        blocking(&self.compile_cache_dir(version), publish_tree).await?;
        let mark = self.warm_mark(version);
        fs::write(&mark, []).map_err(RuntimeError::io("cannot write", &mark))?;
        sync_dir(self.dir())
    }

    fn warm_mark(&self, version: &str) -> PathBuf {
        self.dir().join(format!("openclaw-{version}.warm"))
    }
}
