//! The requests of one HTTP/2 connection: each is a task of its own, which ends when its client takes nothing of the answer.
//!
//! On HTTP/1.1 a client that reads nothing lets the socket stand still, and the socket has a deadline. Here it only leaves one
//! stream's window closed, of which nobody but the task that sends can tell: it holds bytes and is not asked for more.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::rt::Executor;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::body::{Body, BoxError};
use crate::edge::Shared;
use crate::since::Since;

tokio::task_local! {
    /// Since when bytes wait for the client of this stream to take them.
    static UNTAKEN: Arc<Since>;
}

/// Runs the streams of one connection. All clones are one.
#[derive(Clone)]
pub(super) struct Streams {
    tasks: TaskTracker,
    hard: CancellationToken,
    stall: Duration,
    open: Arc<Open>,
}

/// How many streams are open, and since when none is.
struct Open {
    count: AtomicUsize,
    idle: Since,
}

/// One of them.
struct Entry(Arc<Open>);

impl Streams {
    pub(super) fn new(shared: &Shared) -> Self {
        let open = Open { count: AtomicUsize::new(0), idle: Since::default() };
        open.idle.begin();
        Self {
            tasks: shared.connections.clone(),
            hard: shared.hard.clone(),
            stall: shared.config.stall_timeout,
            open: Arc::new(open),
        }
    }

    /// Returns when no stream has been open for this long. Cancel-safe.
    pub(super) async fn idle(&self, limit: Duration) {
        self.open.idle.lasts(limit).await;
    }

    /// The body of an answer, watched by the stream's task, which is the one that calls this. The permit is given back at
    /// its end.
    pub(super) fn watch(body: Body, permit: OwnedSemaphorePermit) -> Body {
        let untaken = UNTAKEN.try_with(Arc::clone).unwrap_or_default();
        Watched { inner: body, untaken, _permit: permit }.boxed_unsync()
    }
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Streams {
    fn execute(&self, stream: F) {
        self.open.count.fetch_add(1, Ordering::SeqCst);
        self.open.idle.end();
        let entry = Entry(Arc::clone(&self.open));
        let (hard, stall, untaken) = (self.hard.clone(), self.stall, Arc::<Since>::default());
        self.tasks.spawn(async move {
            let _entry = entry;
            tokio::select! {
                biased;
                () = hard.cancelled() => {}
                () = UNTAKEN.scope(Arc::clone(&untaken), stream) => {}
                // Dropping the stream resets it.
                () = untaken.lasts(stall) => tracing::debug!("a client took nothing of an answer for too long"),
            }
        });
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        if self.0.count.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.idle.begin();
            // Another may have begun in between.
            if self.0.count.load(Ordering::SeqCst) > 0 {
                self.0.idle.end();
            }
        }
    }
}

pin_project_lite::pin_project! {
    /// Between two frames, the first is on its way to the client.
    struct Watched {
        #[pin]
        inner: Body,
        untaken: Arc<Since>,
        _permit: OwnedSemaphorePermit,
    }
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.project();
        this.untaken.end();
        let frame = this.inner.poll_frame(cx);
        if matches!(frame, Poll::Ready(Some(Ok(_)))) {
            this.untaken.begin();
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
