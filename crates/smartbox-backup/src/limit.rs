//! How many bytes a second go to and from a store.
//!
//! `object_store`'s own wrappers limit how many requests there are at once, and slow each one down by a fixed time; neither
//! knows a rate.

use std::num::NonZeroU64;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use tokio::time::{Instant, sleep_until};

/// How long a rate may have been unused for the rest to be made up for.
const BURST: Duration = Duration::from_secs(1);

/// Bytes a second that may go each way. `None`: as many as there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bandwidth {
    /// To the store.
    pub up: Option<NonZeroU64>,
    /// From the store.
    pub down: Option<NonZeroU64>,
}

/// A token bucket, as the moment at which everything that was let through would be through at the rate.
#[derive(Debug)]
struct Rate {
    per_second: NonZeroU64,
    through_at: Mutex<Option<Instant>>,
}

impl Rate {
    fn new(per_second: NonZeroU64) -> Self {
        Self { per_second, through_at: Mutex::new(None) }
    }

    /// Waits until so many bytes may go.
    async fn wait_for(&self, bytes: usize) {
        let takes = Duration::from_secs_f64(bytes as f64 / self.per_second.get() as f64);
        let through_at = {
            let mut through_at = self.through_at.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let earliest = now.checked_sub(BURST).unwrap_or(now);
            let through = through_at.map_or(now, |at| at.max(earliest)) + takes;
            *through_at = Some(through);
            through
        };
        sleep_until(through_at).await;
    }
}

/// A store with a limit. Everything that uses it shares the limit.
#[derive(Debug)]
pub(crate) struct Limited {
    inner: Arc<dyn ObjectStore>,
    up: Option<Rate>,
    down: Option<Arc<Rate>>,
}

impl Limited {
    pub(crate) fn new(inner: Arc<dyn ObjectStore>, bandwidth: Bandwidth) -> Self {
        Self {
            inner,
            up: bandwidth.up.map(Rate::new),
            down: bandwidth.down.map(|rate| Arc::new(Rate::new(rate))),
        }
    }
}

impl std::fmt::Display for Limited {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, with a limit", self.inner)
    }
}

#[async_trait]
impl ObjectStore for Limited {
    async fn put_opts(&self, to: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        if let Some(rate) = &self.up {
            rate.wait_for(payload.content_length()).await;
        }
        self.inner.put_opts(to, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        to: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        // Not used: what is written is a pack at most.
        self.inner.put_multipart_opts(to, options).await
    }

    async fn get_opts(&self, from: &Path, options: GetOptions) -> Result<GetResult> {
        let got = self.inner.get_opts(from, options).await?;
        let Some(rate) = &self.down else { return Ok(got) };
        let (meta, range) = (got.meta.clone(), got.range.clone());
        let (attributes, extensions) = (got.attributes.clone(), got.extensions.clone());
        let rate = Arc::clone(rate);
        let slowed = got.into_stream().and_then(move |piece: Bytes| {
            let rate = Arc::clone(&rate);
            async move {
                rate.wait_for(piece.len()).await;
                Ok(piece)
            }
        });
        Ok(GetResult {
            payload: GetResultPayload::Stream(slowed.boxed()),
            meta,
            range,
            attributes,
            extensions,
        })
    }

    async fn get_ranges(&self, from: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        if let Some(rate) = &self.down {
            let bytes: u64 = ranges.iter().map(|range| range.end - range.start).sum();
            rate.wait_for(usize::try_from(bytes).unwrap_or(usize::MAX)).await;
        }
        self.inner.get_ranges(from, ranges).await
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
