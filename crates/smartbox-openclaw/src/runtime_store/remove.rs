//! Removes a runtime: first out of sight, then from the disk.

use std::fs;
use std::io::ErrorKind;

use smartbox_core::progress::Silent;

use super::install::{blocking, lock, remove_tree, scratch_prefix, sync_dir};
use super::{RuntimeError, RuntimeStore};

impl RuntimeStore {
    /// Removes a version with its compile cache. Nothing happens when it is not there. That no box uses it is the caller's to know.
    ///
    /// # Errors
    /// The file system refuses. What is not removed then is no runtime any more.
    pub async fn remove(&self, version: &str) -> Result<(), RuntimeError> {
        if self.get(version).is_none() {
            return Ok(());
        }
        let _lock = lock(self, &Silent).await?;
        let place = self.runtime_path(version);
        // Under this name the next installation removes what a crash leaves.
        let gone = self.dir().join(format!("{}{}", scratch_prefix(version), std::process::id()));
        blocking(&gone, remove_tree).await?;
        match fs::rename(&place, &gone) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(RuntimeError::io("cannot remove", &place)(error));
            }
            _ => sync_dir(self.dir())?,
        }
        self.forget_compile_cache(version).await?;
        self.forget_schema(version)?;
        blocking(&gone, remove_tree).await
    }
}
