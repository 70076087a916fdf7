//! The two directions of a socket.

use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::sync::{mpsc, oneshot};

use super::boundary::Boundary;
use super::frames;
use super::inspect::{End, Inspector, Out};

/// Most that is read at once.
const READ_BYTES: usize = 16 * 1024;

/// Waits for bytes and looks at them before anything else happens; `None` at their end. Cancel-safe.
///
/// They are read to the stack: a socket is silent most of the time, and has no buffer then.
pub(super) async fn read<R, T>(from: &mut R, mut look: impl FnMut(&[u8]) -> T) -> io::Result<Option<T>>
where
    R: AsyncRead + Unpin,
{
    poll_fn(|cx| {
        let mut room = [const { MaybeUninit::uninit() }; READ_BYTES];
        let mut bytes = ReadBuf::uninit(&mut room);
        ready!(Pin::new(&mut *from).poll_read(cx, &mut bytes))?;
        let bytes = bytes.filled();
        Poll::Ready(Ok((!bytes.is_empty()).then(|| look(bytes))))
    })
    .await
}

/// From the client to the gateway. Returns how the client is to be told goodbye; `None` when one of them has gone.
pub(super) async fn up<R, W>(
    client: &mut R,
    mut gateway: W,
    mut inspector: Inspector,
    answers: mpsc::Sender<String>,
) -> Option<End>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    loop {
        let mut out = Out::default();
        let Some(taken) = read(client, |bytes| inspector.take(bytes, &mut out)).await.ok()? else {
            gateway.shutdown().await.ok()?;
            return None;
        };
        gateway.write_all(&out.relayed).await.ok()?;
        gateway.flush().await.ok()?;
        for answer in out.answers {
            // A client that does not read its answers is not read from either.
            answers.send(answer).await.ok()?;
        }
        if let Err(end) = taken {
            return Some(end);
        }
    }
}

/// From the gateway to the client: bytes as they are, with the edge's own messages where they may stand. Returns when the
/// gateway has ended, or when the client was told goodbye.
pub(super) async fn down<R, W>(
    mut gateway: R,
    client: W,
    mut answers: mpsc::Receiver<String>,
    mut goodbye: oneshot::Receiver<End>,
) -> io::Result<()>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut down = Down { client, boundary: Boundary::default(), waiting: None };
    loop {
        tokio::select! {
            biased;
            Ok(end) = &mut goodbye, if down.boundary.is_between_frames() => {
                return down.close(&end, &mut answers).await;
            }
            Some(answer) = answers.recv(), if down.waiting.is_none() => {
                down.waiting = Some(answer);
                if down.boundary.is_between_messages() {
                    down.say(&mut answers).await?;
                }
            }
            bytes = read(&mut gateway, <[u8]>::to_vec) => match bytes? {
                None => return down.client.shutdown().await,
                Some(bytes) => down.pass(&bytes, &mut answers).await?,
            },
        }
    }
}

struct Down<W> {
    client: W,
    boundary: Boundary,
    /// An answer of the edge's own, until there is a place for it.
    waiting: Option<String>,
}

impl<W: AsyncWrite + Unpin> Down<W> {
    async fn pass(&mut self, bytes: &[u8], answers: &mut mpsc::Receiver<String>) -> io::Result<()> {
        match self.boundary.advance(bytes) {
            Some(place) if self.waiting.is_some() => {
                self.client.write_all(&bytes[..place]).await?;
                self.say(answers).await?;
                self.client.write_all(&bytes[place..]).await?;
            }
            _ => self.client.write_all(bytes).await?,
        }
        self.client.flush().await
    }

    /// Says everything that waits to be said.
    async fn say(&mut self, answers: &mut mpsc::Receiver<String>) -> io::Result<()> {
        let mut own = Vec::new();
        while let Some(answer) = self.waiting.take() {
            frames::write(&mut own, frames::TEXT, answer.as_bytes(), None);
            self.waiting = answers.try_recv().ok();
        }
        self.client.write_all(&own).await?;
        self.client.flush().await
    }

    async fn close(&mut self, end: &End, answers: &mut mpsc::Receiver<String>) -> io::Result<()> {
        if self.boundary.is_between_messages() {
            self.waiting = self.waiting.take().or_else(|| answers.try_recv().ok());
            self.say(answers).await?;
        }
        let mut own = Vec::new();
        frames::write_close(&mut own, end.code, &end.reason);
        self.client.write_all(&own).await?;
        self.client.shutdown().await
    }
}
