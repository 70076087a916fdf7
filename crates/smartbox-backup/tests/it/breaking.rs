//! A store that fails when it is told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

#[derive(Debug)]
pub(crate) struct Breaking {
    inner: Arc<InMemory>,
    /// Writes that still succeed.
    pub(crate) puts_left: AtomicI64,
    /// How far its clock is ahead.
    pub(crate) hours_ahead: AtomicI64,
    /// Whether it takes conditions and forgets them.
    pub(crate) ignores_conditions: AtomicBool,
}

impl Breaking {
    pub(crate) fn new(inner: Arc<InMemory>) -> Self {
        Self {
            inner,
            puts_left: AtomicI64::new(i64::MAX),
            hours_ahead: AtomicI64::new(0),
            ignores_conditions: AtomicBool::new(false),
        }
    }
}

impl std::fmt::Display for Breaking {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a store that breaks")
    }
}

#[async_trait]
impl ObjectStore for Breaking {
    async fn put_opts(&self, to: &Path, payload: PutPayload, mut options: PutOptions) -> Result<PutResult> {
        if self.puts_left.fetch_sub(1, Ordering::SeqCst) <= 0 {
            return Err(object_store::Error::Generic { store: "test", source: "it is down".into() });
        }
        if self.ignores_conditions.load(Ordering::SeqCst) {
            options.mode = PutMode::Overwrite;
        }
        self.inner.put_opts(to, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        to: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(to, options).await
    }

    async fn get_opts(&self, from: &Path, options: GetOptions) -> Result<GetResult> {
        let mut got = self.inner.get_opts(from, options).await?;
        let ahead = u64::try_from(self.hours_ahead.load(Ordering::SeqCst)).unwrap();
        got.meta.last_modified += Duration::from_hours(ahead);
        Ok(got)
    }

    fn delete_stream(&self, gone: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(gone)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}
