//! Where the body of a response comes from. At its end, its connection is kept for the next request; cut off, it is closed.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{HeaderMap, Response, Version};
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;

use crate::body::{Body, Bounded, BoxError, full};
use crate::config::EdgeConfig;
use crate::hold::InFlight;
use crate::pool::{Conn, Pool, Sender};
use crate::wire::response::Framing;

/// Where a body comes from.
pub(crate) enum Source {
    /// A gateway, over a connection that the request drives.
    Line(Coming),
    /// Anybody, over a connection of hyper.
    Hyper(Incoming, Sender),
}

/// A body on a line.
pub(crate) struct Coming {
    pub(crate) conn: Conn,
    pub(crate) framing: Framing,
    /// Whether the connection may be kept.
    pub(crate) keeps: bool,
}

impl Coming {
    /// Keeps the connection, if it can be kept.
    fn end(self, pool: &Pool) {
        if self.keeps {
            pool.keep(self.conn);
        }
    }
}

/// Streams a response.
pub(crate) fn stream(
    config: &EdgeConfig,
    pool: &Arc<Pool>,
    response: Response<Source>,
    headers: HeaderMap,
    in_flight: Option<InFlight>,
) -> Response<Body> {
    let (mut head, source) = response.into_parts();
    head.headers = headers;
    head.version = Version::HTTP_11;
    head.extensions = http::Extensions::default();
    let stall = config.response_stall_timeout;
    let body = match source {
        Source::Hyper(inner, sender) => {
            let mut body = Streamed { inner, pool: Arc::clone(pool), sender: Some(sender), in_flight };
            if body.inner.is_end_stream() {
                give_back(&body.pool, &mut body.sender);
            }
            Bounded::new(body, u64::MAX, stall).boxed_unsync()
        }
        Source::Line(mut coming) => match coming.conn.line.take_whole(&mut coming.framing) {
            // All of it is there: the connection is free for others, and the request is over.
            Some(bytes) => {
                coming.end(pool);
                full(bytes)
            }
            None => {
                let body = Driven { coming: Some(coming), pool: Arc::clone(pool), in_flight };
                Bounded::new(body, u64::MAX, stall).boxed_unsync()
            }
        },
    };
    Response::from_parts(head, body)
}

/// The body on a line, which is read by whoever wants it.
struct Driven {
    /// `None` at the end.
    coming: Option<Coming>,
    pool: Arc<Pool>,
    #[expect(dead_code, reason = "it is held, and its end says that the request is over")]
    in_flight: Option<InFlight>,
}

impl http_body::Body for Driven {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Some(coming) = &mut self.coming else { return Poll::Ready(None) };
        let read = ready!(coming.conn.line.poll_body(cx, &mut coming.framing));
        let is_over = match &read {
            // A body of known length ends with its last bytes; nobody asks for more.
            Ok(Some(_data)) => matches!(coming.framing, Framing::Length(0)),
            Ok(None) => true,
            Err(_broken) => {
                self.coming = None;
                false
            }
        };
        if is_over && let Some(over) = self.coming.take() {
            over.end(&self.pool);
        }
        Poll::Ready(read.map(|data| data.map(Frame::data)).map_err(Into::into).transpose())
    }

    fn is_end_stream(&self) -> bool {
        self.coming.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        match &self.coming {
            None => SizeHint::with_exact(0),
            Some(Coming { framing: Framing::Length(left), .. }) => SizeHint::with_exact(*left),
            Some(_unknown) => SizeHint::default(),
        }
    }
}

pin_project_lite::pin_project! {
    /// The body on a connection of hyper.
    struct Streamed {
        #[pin]
        inner: Incoming,
        pool: Arc<Pool>,
        sender: Option<Sender>,
        in_flight: Option<InFlight>,
    }
}

fn give_back(pool: &Arc<Pool>, sender: &mut Option<Sender>) {
    if let Some(sender) = sender.take() {
        pool.put_back(sender);
    }
}

impl http_body::Body for Streamed {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let mut this = self.project();
        let frame = ready!(this.inner.as_mut().poll_frame(cx));
        match &frame {
            // A body of known length ends with its last bytes; nobody asks for more.
            Some(Ok(_data)) if !this.inner.is_end_stream() => {}
            Some(Ok(_)) | None => give_back(this.pool, this.sender),
            Some(Err(_broken)) => *this.sender = None,
        }
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
