//! A connection to a gateway that the request itself drives: it is written to and read from by whoever asks, with no task and
//! no channel in between.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{Method, StatusCode};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::io::poll_read_buf;

use crate::patience::Patience;
use crate::ports::Duplex;
use crate::wire::response::{self, Framing, Head};
use crate::wire::{Lines, chunked, take, write};

/// Most of a response's head.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Most interim responses in front of a final one (RFC 9110 §15.2).
const INTERIM_MAX: usize = 16;
/// Room for a head with a small body behind it.
const READ_BYTES: usize = 4 * 1024;
/// Room for more of a body.
const BODY_READ_BYTES: usize = 32 * 1024;
/// Most that is kept of a buffer of what was sent.
const KEPT_BYTES_MAX: usize = 4 * 1024;

/// A connection.
pub(crate) struct Line {
    io: Box<dyn Duplex>,
    /// What was read and belongs to nobody yet.
    read: BytesMut,
    out: Vec<u8>,
    sent_bytes: usize,
    /// How long a response may take to begin. Kept, because to set a timer for each costs more than to look at one.
    patience: Option<Patience>,
}

/// A request with all of its body.
pub(crate) struct Asking<'a> {
    pub(crate) method: &'a Method,
    /// Path and query.
    pub(crate) target: &'a str,
    pub(crate) headers: &'a Lines,
    pub(crate) body: &'a Bytes,
    /// Longest wait for the head of the response.
    pub(crate) timeout: Duration,
}

/// Why there is no response.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// Nothing was sent: the connection had ended before.
    Unsent,
    /// The connection ended.
    Ended,
    /// What came was no response.
    Broken,
    /// None came in time.
    Silent,
}

impl Line {
    pub(crate) fn new(io: Box<dyn Duplex>) -> Self {
        Self { io, read: BytesMut::new(), out: Vec::new(), sent_bytes: 0, patience: None }
    }

    /// What it is a connection over. Nothing of a response may be under way.
    pub(crate) fn into_io(self) -> Box<dyn Duplex> {
        self.io
    }

    /// Whether the connection has ended while nobody used it, or something came that nobody has asked for.
    pub(crate) fn is_stale(&mut self) -> bool {
        // Nobody waits: whoever uses it next polls it again.
        let mut cx = Context::from_waker(Waker::noop());
        let mut byte = [0];
        Pin::new(&mut self.io).poll_read(&mut cx, &mut ReadBuf::new(&mut byte)).is_ready()
    }

    /// Sends a request, calls `on_sent` when that is done, and waits for the head of the response. Then its body comes from
    /// [`Self::poll_body`].
    ///
    /// # Errors
    /// There is no response. The connection is of no use any more.
    pub(crate) async fn ask(&mut self, asking: &Asking<'_>, on_sent: impl FnOnce()) -> Result<Head, Lost> {
        let mut patience = match self.patience.take() {
            Some(mut patience) => {
                patience.restart(asking.timeout);
                patience
            }
            None => Patience::new(asking.timeout),
        };
        let asked = tokio::select! {
            biased;
            asked = self.converse(asking, on_sent) => asked,
            () = patience.is_over() => Err(Lost::Silent),
        };
        self.patience = Some(patience);
        asked
    }

    async fn converse(&mut self, asking: &Asking<'_>, on_sent: impl FnOnce()) -> Result<Head, Lost> {
        self.sent_bytes = 0;
        write::request(&mut self.out, (asking.method, asking.target), asking.headers, asking.body.len());
        self.out.extend_from_slice(asking.body);
        let (mut on_sent, mut interim) = (Some(on_sent), 0);
        poll_fn(|cx| {
            match self.poll_send(cx) {
                Poll::Ready(Err(_gone)) if self.sent_bytes == 0 => return Poll::Ready(Err(Lost::Unsent)),
                // Whoever takes no more of a request may have answered it.
                Poll::Ready(_) => {
                    if let Some(on_sent) = on_sent.take() {
                        on_sent();
                    }
                }
                Poll::Pending => {}
            }
            self.poll_head(cx, asking.method, &mut interim)
        })
        .await
    }

    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.sent_bytes < self.out.len() {
            match ready!(Pin::new(&mut self.io).poll_write(cx, &self.out[self.sent_bytes..]))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => self.sent_bytes += written,
            }
        }
        if !self.out.is_empty() {
            ready!(Pin::new(&mut self.io).poll_flush(cx))?;
            self.out.clear();
            self.out.shrink_to(KEPT_BYTES_MAX);
        }
        Poll::Ready(Ok(()))
    }

    fn poll_head(
        &mut self,
        cx: &mut Context<'_>,
        method: &Method,
        interim: &mut usize,
    ) -> Poll<Result<Head, Lost>> {
        loop {
            // Without a request on its way, nothing that is there already can be the answer.
            while !self.read.is_empty() {
                match response::read(&mut self.read, method).map_err(|response::Broken| Lost::Broken)? {
                    Some(head) if !is_interim(&head) => return Poll::Ready(Ok(head)),
                    Some(_interim) if *interim < INTERIM_MAX => *interim += 1,
                    None if self.read.len() < HEAD_BYTES_MAX => break,
                    _ => return Poll::Ready(Err(Lost::Broken)),
                }
            }
            if ready!(self.poll_more(cx, READ_BYTES)).is_err() {
                return Poll::Ready(Err(Lost::Ended));
            }
        }
    }

    /// The next bytes of a body; `None` at its end. What is there already comes without a wait.
    ///
    /// # Errors
    /// The connection ended too early, or what came is no body.
    pub(crate) fn poll_body(
        &mut self,
        cx: &mut Context<'_>,
        framing: &mut Framing,
    ) -> Poll<io::Result<Option<Bytes>>> {
        loop {
            if let Some(piece) = self.take_body(framing)? {
                return Poll::Ready(Ok(piece));
            }
            let room = match framing {
                Framing::Length(left) => usize::try_from(*left).unwrap_or(usize::MAX),
                Framing::Chunked(_) | Framing::Close => BODY_READ_BYTES,
            };
            match (ready!(self.poll_more(cx, room.clamp(READ_BYTES, BODY_READ_BYTES))), &framing) {
                (Ok(()), _) => {}
                (Err(error), Framing::Close) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return Poll::Ready(Ok(None));
                }
                (Err(error), _) => return Poll::Ready(Err(error)),
            }
        }
    }

    /// What of a body is there already; `None` if more has to be read.
    fn take_body(&mut self, framing: &mut Framing) -> io::Result<Option<Option<Bytes>>> {
        match framing {
            Framing::Length(0) => Ok(Some(None)),
            _ if self.read.is_empty() => Ok(None),
            Framing::Length(left) => {
                let length = usize::try_from(*left).unwrap_or(usize::MAX).min(self.read.len());
                *left -= length as u64;
                Ok(Some(Some(take(&mut self.read, length))))
            }
            Framing::Chunked(chunked) => match chunked.next(&mut self.read) {
                Ok(chunked::Piece::Data(data)) => Ok(Some(Some(data))),
                Ok(chunked::Piece::End) => Ok(Some(None)),
                Ok(chunked::Piece::More) => Ok(None),
                Err(chunked::Broken) => Err(io::ErrorKind::InvalidData.into()),
            },
            Framing::Close => {
                let length = self.read.len();
                Ok(Some(Some(take(&mut self.read, length))))
            }
        }
    }

    /// All of a body of known length, if it is there already.
    pub(crate) fn take_whole(&mut self, framing: &mut Framing) -> Option<Bytes> {
        let Framing::Length(left) = framing else { return None };
        let length = usize::try_from(*left).ok().filter(|length| *length <= self.read.len())?;
        *left = 0;
        Some(take(&mut self.read, length))
    }

    /// Whether another request may follow: nothing is left of the last response, and the request was sent to its end.
    pub(crate) fn is_free(&self) -> bool {
        self.read.is_empty() && self.out.is_empty()
    }

    fn poll_more(&mut self, cx: &mut Context<'_>, room: usize) -> Poll<io::Result<()>> {
        self.read.reserve(room);
        match ready!(poll_read_buf(Pin::new(&mut self.io), cx, &mut self.read))? {
            0 => Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
            _read => Poll::Ready(Ok(())),
        }
    }
}

/// Whether another head follows. A switch of protocols is the last one.
fn is_interim(head: &Head) -> bool {
    head.parts.status.is_informational() && head.parts.status != StatusCode::SWITCHING_PROTOCOLS
}
