//! A home on this machine, for tasks: what blocks is done elsewhere.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;

use crate::{
    Entry, Error, FileHome, FilePath, FileSink, FileSource, Found, Home, Listing, Purged, Reader, Search,
    TrashRule, WriteOptions, Writer,
};

/// A home on this machine.
#[derive(Clone, Debug)]
pub struct HostHome(Arc<Home>);

impl HostHome {
    /// Opens it; `None`: it is not there.
    ///
    /// # Errors
    /// It cannot be opened.
    pub async fn open(path: PathBuf) -> Result<Option<Self>, Error> {
        let opened = blocking(move || Home::open(&path)).await?;
        Ok(opened.map(|home| Self(Arc::new(home))))
    }

    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Home) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let home = Arc::clone(&self.0);
        blocking(move || work(&home)).await
    }
}

/// Work that is dropped by its caller goes on to its end.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::Io(io::Error::other(error)))?
}

#[async_trait::async_trait]
impl FileHome for HostHome {
    async fn stat(&self, path: &FilePath) -> Result<Entry, Error> {
        let path = path.clone();
        self.with(move |home| home.stat(&path)).await
    }

    async fn list(&self, path: &FilePath, after: Option<Vec<u8>>, limit: usize) -> Result<Listing, Error> {
        let path = path.clone();
        self.with(move |home| home.list(&path, after.as_deref(), limit)).await
    }

    async fn read(&self, path: &FilePath) -> Result<Box<dyn FileSource>, Error> {
        let path = path.clone();
        let reader = self.with(move |home| home.read(&path)).await?;
        Ok(Box::new(HostSource(Arc::new(reader))))
    }

    async fn write(&self, path: &FilePath, options: WriteOptions) -> Result<Box<dyn FileSink>, Error> {
        let path = path.clone();
        let writer = self.with(move |home| home.write(&path, options)).await?;
        Ok(Box::new(HostSink(Some(writer))))
    }

    async fn make_dir(&self, path: &FilePath, parents: bool) -> Result<(Entry, bool), Error> {
        let path = path.clone();
        self.with(move |home| home.make_dir(&path, parents)).await
    }

    async fn rename(&self, from: &FilePath, to: &FilePath, how: (bool, bool)) -> Result<Entry, Error> {
        let (from, to) = (from.clone(), to.clone());
        self.with(move |home| home.rename(&from, &to, how)).await
    }

    async fn copy(&self, from: &FilePath, to: &FilePath, how: (bool, bool)) -> Result<Entry, Error> {
        let (from, to) = (from.clone(), to.clone());
        self.with(move |home| home.copy(&from, &to, how)).await
    }

    async fn remove(&self, path: &FilePath) -> Result<(), Error> {
        let path = path.clone();
        self.with(move |home| home.remove(&path)).await
    }

    async fn trash(&self, path: &FilePath, now_ms: i64, bytes_max: u64) -> Result<FilePath, Error> {
        let path = path.clone();
        self.with(move |home| home.trash(&path, now_ms, bytes_max)).await
    }

    async fn purge_trash(&self, rule: TrashRule) -> Result<Purged, Error> {
        self.with(move |home| home.purge_trash(rule)).await
    }

    async fn search(&self, search: Search) -> Result<Found, Error> {
        self.with(move |home| home.search(&search)).await
    }
}

struct HostSource(Arc<Reader>);

#[async_trait::async_trait]
impl FileSource for HostSource {
    fn entry(&self) -> &Entry {
        self.0.entry()
    }

    async fn read_at(&self, offset: u64, length: usize) -> Result<Bytes, Error> {
        let reader = Arc::clone(&self.0);
        blocking(move || reader.read_at(offset, length)).await
    }
}

/// Nothing in it after a failure.
struct HostSink(Option<Writer>);

impl HostSink {
    fn take(&mut self) -> Result<Writer, Error> {
        self.0.take().ok_or_else(|| Error::Io(io::Error::other("the file could not be written")))
    }
}

impl Drop for HostSink {
    fn drop(&mut self) {
        if let Some(writer) = self.0.take() {
            // Removing what was written blocks.
            drop(tokio::task::spawn_blocking(move || drop(writer)));
        }
    }
}

#[async_trait::async_trait]
impl FileSink for HostSink {
    async fn write(&mut self, bytes: Bytes) -> Result<(), Error> {
        let mut writer = self.take()?;
        let written = blocking(move || writer.write(&bytes).map(|()| writer)).await?;
        self.0 = Some(written);
        Ok(())
    }

    async fn commit(mut self: Box<Self>) -> Result<(Entry, bool), Error> {
        let writer = self.take()?;
        blocking(move || writer.commit()).await
    }
}
