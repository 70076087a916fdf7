//! HTTP/1.1 on one connection, without hyper: nearly all requests are plain, and what hyper has to be able to do besides costs
//! more than relaying them.
//!
//! A request is plain if everybody reads its head alike, and its body is short and there ([`wire::request`]). At the first
//! one that is not, hyper gets the connection with all that was read of it, and keeps it. Until then nothing of the
//! request was looked at, counted or answered: hyper refuses what it always refused.

use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Poll, ready};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use http::Request;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio_util::io::poll_read_buf;
use tokio_util::sync::WaitForCancellationFuture;

use super::rewound::Rewound;
use super::{Connection, http1};
use crate::body::{Body, empty, full};
use crate::edge::Shared;
use crate::patience::Patience;
use crate::wire::request::{self, Plain, Read, Scan};
use crate::wire::take;

mod answer;

/// Room for a head and a short body.
const READ_BYTES: usize = 4 * 1024;
/// Longest body that is waited for before anybody looks at the request.
const BODY_BYTES_MAX: u64 = 16 * 1024;
/// How long. Who sends a short body sends it with the head, or at once behind it.
const BODY_PATIENCE: Duration = Duration::from_millis(100);

/// What becomes of a connection.
enum After {
    /// hyper goes on with it.
    Hyper,
    /// It is closed in an orderly way.
    Close,
    /// It is dropped.
    Drop,
}

/// A client's connection.
struct Client<S> {
    io: S,
    /// What was read and belongs to no request yet.
    read: BytesMut,
    /// What is to be written.
    out: Vec<u8>,
}

type Hard<'a, 'b> = Pin<&'a mut WaitForCancellationFuture<'b>>;

/// Answers requests one after the other.
pub(super) async fn serve<S>(shared: &Arc<Shared>, io: S, connection: &Connection)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut client = Client { io, read: BytesMut::new(), out: Vec::new() };
    match client.serve(shared, connection).await {
        After::Hyper => {
            let Client { io, read, .. } = client;
            http1::serve(shared, TokioIo::new(Rewound::new(read, io)), connection).await;
        }
        After::Close => tokio::select! {
            biased;
            // Whoever takes nothing any more meets the deadline of their socket.
            _closed = client.io.shutdown() => {}
            () = shared.hard.cancelled() => {}
        },
        After::Drop => tracing::debug!(peer = %connection.peer, "connection ended early"),
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Client<S> {
    async fn serve(&mut self, shared: &Arc<Shared>, connection: &Connection) -> After {
        let mut hard = pin!(shared.hard.cancelled());
        let mut stop = pin!(shared.stop.cancelled());
        let mut patience = Patience::new(shared.config.head_timeout);
        loop {
            let mut scan = Scan::default();
            let plain = loop {
                // Something may have come behind the last request already.
                if !self.read.is_empty() {
                    match self.look(shared, &mut scan) {
                        Ok(None) => {}
                        Ok(Some(plain)) => break plain,
                        Err(after) => return after,
                    }
                }
                tokio::select! {
                    biased;
                    read = self.more(READ_BYTES) => match read {
                        Ok(true) => {}
                        Ok(false) => return After::Close,
                        Err(_broken) => return After::Drop,
                    },
                    () = hard.as_mut() => return After::Drop,
                    // What has begun is finished.
                    () = stop.as_mut() => return if self.read.is_empty() { After::Close } else { After::Hyper },
                    () = patience.is_over() => return After::Drop,
                }
            };
            if !self.has_all(&plain, hard.as_mut(), &mut patience).await {
                return After::Hyper;
            }
            match self.answer(shared, connection, plain, hard.as_mut()).await {
                Some(true) => patience.restart(shared.config.head_timeout),
                Some(false) => return After::Close,
                None => return After::Drop,
            }
        }
    }

    /// Looks whether a plain request has come.
    fn look(&mut self, shared: &Shared, scan: &mut Scan) -> Result<Option<Box<Plain>>, After> {
        let config = &shared.config;
        match request::read(&self.read, scan) {
            Read::More if self.read.len() < config.head_bytes_max => Ok(None),
            Read::Plain(plain)
                if plain.head_bytes <= config.head_bytes_max
                    && plain.head.headers.len() <= config.headers_max
                    && plain.body_bytes <= BODY_BYTES_MAX =>
            {
                Ok(Some(plain))
            }
            Read::More | Read::Plain(_) | Read::Other => Err(After::Hyper),
        }
    }

    /// Waits a moment for the whole body.
    async fn has_all(&mut self, plain: &Plain, mut hard: Hard<'_, '_>, patience: &mut Patience) -> bool {
        let Some(length) = length(plain) else { return false };
        if self.read.len() >= length {
            return true;
        }
        patience.restart(BODY_PATIENCE);
        while self.read.len() < length {
            let room = length - self.read.len();
            tokio::select! {
                biased;
                read = self.more(room) => if !matches!(read, Ok(true)) { return false },
                () = hard.as_mut() => return false,
                () = patience.is_over() => return false,
            }
        }
        true
    }

    /// Answers a request. Returns whether another may follow; `None` if the client has left or nothing more can be said.
    async fn answer(
        &mut self,
        shared: &Arc<Shared>,
        connection: &Connection,
        plain: Box<Plain>,
        mut hard: Hard<'_, '_>,
    ) -> Option<bool> {
        let body = self.take_request(&plain)?;
        let method = plain.head.method.clone();
        let request = Request::from_parts(plain.head, body);
        let response = {
            let mut answered = pin!(Arc::clone(shared).answer(connection.clone(), request));
            tokio::select! {
                biased;
                response = answered.as_mut() => response,
                () = hard.as_mut() => return None,
                () = self.gone() => return None,
            }
        };
        self.say(shared, &method, response, hard).await
    }

    /// Takes a request out of what was read, and returns its body.
    fn take_request(&mut self, plain: &Plain) -> Option<Body> {
        self.read.advance(plain.head_bytes);
        match usize::try_from(plain.body_bytes).ok()? {
            0 => Some(empty()),
            length => Some(full(take(&mut self.read, length))),
        }
    }

    /// Reads more; `false` at the end. Cancel-safe.
    async fn more(&mut self, room: usize) -> io::Result<bool> {
        self.read.reserve(room);
        poll_fn(|cx| poll_read_buf(Pin::new(&mut self.io), cx, &mut self.read)).await.map(|read| read > 0)
    }

    /// Returns when the client has left. What it sends ahead is read as far as there is room, and then it is not looked at
    /// any more. Cancel-safe.
    async fn gone(&mut self) {
        poll_fn(|cx| {
            if !self.read.is_empty() {
                return Poll::Pending;
            }
            self.read.reserve(READ_BYTES);
            match ready!(poll_read_buf(Pin::new(&mut self.io), cx, &mut self.read)) {
                Ok(1..) => Poll::Pending,
                Ok(0) | Err(_) => Poll::Ready(()),
            }
        })
        .await;
    }
}

/// How many bytes a whole request has.
fn length(plain: &Plain) -> Option<usize> {
    plain.head_bytes.checked_add(usize::try_from(plain.body_bytes).ok()?)
}
