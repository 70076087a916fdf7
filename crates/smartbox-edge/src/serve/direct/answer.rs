//! An answer, written to the client as it comes.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{Method, Response};
use http_body::{Body as _, Frame};
use http_body_util::BodyExt;
use tokio::io::{AsyncRead, AsyncWrite};

use super::{Client, Hard};
use crate::body::{Body, BoxError};
use crate::edge::Shared;
use crate::wire::write::{self, Sending, Size};

/// Pieces up to this size are gathered; larger ones are written from where they are.
const GATHERED_BYTES_MAX: usize = 4 * 1024;
/// When what is gathered is written, whatever comes behind it.
const OUT_BYTES_MAX: usize = 16 * 1024;

/// Most that is kept of a buffer between two answers.
const KEPT_BYTES_MAX: usize = 4 * 1024;

/// What comes next of a body: a frame, its end, or the news that it has broken off.
type Next = Option<Result<Frame<Bytes>, BoxError>>;

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Client<S> {
    /// Says an answer. Returns whether another request may follow; `None` if the client does not get all of it.
    pub(super) async fn say(
        &mut self,
        shared: &Arc<Shared>,
        method: &Method,
        response: Response<Body>,
        mut hard: Hard<'_, '_>,
    ) -> Option<bool> {
        let (head, body) = response.into_parts();
        // A client that always has something to ask never waits for either signal.
        let mut keeps = !shared.stop.is_cancelled() && !shared.hard.is_cancelled();
        let now = || (shared.ports.clock)();
        let sending = write::answer(&mut self.out, &head, method, size_of(&body), &mut keeps, now);
        let is_whole = self.say_body(sending, body, hard.as_mut()).await;
        self.write(&[], hard).await?;
        is_whole.map(|()| keeps)
    }

    /// Gathers a body, and writes it as often as there is enough of it or no more. What hangs on the body is given up before
    /// its end is written, and with it before the client can ask for something else.
    async fn say_body(&mut self, mut sending: Sending, mut body: Body, mut hard: Hard<'_, '_>) -> Option<()> {
        while !matches!(sending, Sending::Nothing | Sending::Length(0)) {
            let at_once = poll_fn(|cx| Poll::Ready(Pin::new(&mut body).poll_frame(cx))).await;
            let next = match at_once {
                Poll::Ready(next) => next,
                Poll::Pending => {
                    self.write(&[], hard.as_mut()).await?;
                    self.next(&mut body, hard.as_mut()).await?
                }
            };
            // Trailers are nothing that is passed on.
            let data = next.transpose().ok()?.map(|frame| frame.into_data().unwrap_or_default());
            match (&mut sending, data) {
                (_, Some(data)) if data.is_empty() => {}
                (Sending::Chunked, Some(data)) => {
                    write::chunk(&mut self.out, data.len());
                    self.put(&data, hard.as_mut()).await?;
                    self.out.extend_from_slice(b"\r\n");
                }
                (Sending::Chunked, None) => {
                    self.out.extend_from_slice(b"0\r\n\r\n");
                    break;
                }
                (Sending::Length(left), Some(data)) => {
                    *left = left.checked_sub(data.len() as u64)?;
                    self.put(&data, hard.as_mut()).await?;
                }
                // It was to be longer.
                (Sending::Length(_) | Sending::Nothing, _) => return None,
            }
        }
        Some(())
    }

    /// Waits for more of a body, as long as somebody is there to hear it.
    async fn next(&mut self, body: &mut Body, hard: Hard<'_, '_>) -> Option<Next> {
        tokio::select! {
            biased;
            next = body.frame() => Some(next),
            () = hard => None,
            () = self.gone() => None,
        }
    }

    async fn put(&mut self, data: &[u8], hard: Hard<'_, '_>) -> Option<()> {
        if data.len() > GATHERED_BYTES_MAX {
            return self.write(data, hard).await;
        }
        self.out.extend_from_slice(data);
        if self.out.len() < OUT_BYTES_MAX { Some(()) } else { self.write(&[], hard).await }
    }

    /// Writes what is gathered, and these bytes behind it. `None` if the client does not take them.
    async fn write(&mut self, bytes: &[u8], hard: Hard<'_, '_>) -> Option<()> {
        let Self { io, out, .. } = self;
        let mut sent = 0;
        let writing = poll_fn(|cx| poll_write(io, cx, (out, bytes), &mut sent));
        tokio::select! {
            biased;
            written = writing => written.ok()?,
            () = hard => return None,
        }
        self.out.clear();
        self.out.shrink_to(KEPT_BYTES_MAX);
        Some(())
    }
}

/// Writes what was not sent of two pieces, together where that can be.
fn poll_write<S: AsyncWrite + Unpin>(
    io: &mut S,
    cx: &mut Context<'_>,
    (first, second): (&[u8], &[u8]),
    sent: &mut usize,
) -> Poll<io::Result<()>> {
    while *sent < first.len() + second.len() {
        let io = Pin::new(&mut *io);
        let written = match first.get(*sent..).filter(|rest| !rest.is_empty()) {
            Some(rest) if second.is_empty() => io.poll_write(cx, rest),
            Some(rest) => io.poll_write_vectored(cx, &[IoSlice::new(rest), IoSlice::new(second)]),
            None => io.poll_write(cx, &second[*sent - first.len()..]),
        };
        match ready!(written)? {
            0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            written => *sent += written,
        }
    }
    Pin::new(io).poll_flush(cx)
}

fn size_of(body: &Body) -> Size {
    match body.size_hint().exact() {
        _ if body.is_end_stream() => Size::Nothing,
        Some(length) => Size::Known(length),
        None => Size::Unknown,
    }
}
