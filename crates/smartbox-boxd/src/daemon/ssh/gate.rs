//! Stops reading from a connection whose input nobody takes, and cuts a connection off.
//!
//! The SSH library hands out new window as soon as bytes have arrived. A client that does not count credit (see
//! [`crate::exec`]) is therefore held back one level lower: while too much of its input waits, nothing is read
//! from its socket. Answers still flow, so a program that prints while it is fed goes on. The price is that such a
//! connection's other messages wait as well; a client whose reader stands still while it sends without end can
//! come to a stop, as it would with a full pipe.

use std::io;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Input of one connection that may wait before reading stops. Four windows, so that a few sessions at once do
/// not hold each other up.
const WAITING_BYTES_MAX: usize = 1024 * 1024;

/// The gate of one connection.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    waiting: usize,
    aborted: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl PartialEq for Gate {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Gate {
    /// Input arrived that nobody has taken yet.
    pub(crate) fn add(&self, bytes: usize) {
        let mut state = self.lock();
        state.waiting = state.waiting.saturating_add(bytes);
    }

    /// Input was taken or thrown away.
    pub(crate) fn remove(&self, bytes: usize) {
        let mut state = self.lock();
        state.waiting = state.waiting.saturating_sub(bytes);
        if state.waiting < WAITING_BYTES_MAX {
            wake(state.reader.take());
        }
    }

    /// Whether reading is stopped.
    pub(crate) fn is_shut(&self) -> bool {
        self.lock().waiting >= WAITING_BYTES_MAX
    }

    /// Makes every further read and write fail.
    pub(crate) fn abort(&self) {
        let mut state = self.lock();
        state.aborted = true;
        wake(state.reader.take());
        wake(state.writer.take());
    }

    #[cfg(test)]
    pub(crate) fn is_aborted(&self) -> bool {
        self.lock().aborted
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

fn cut_off() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "the connection was cut off")
}

/// A connection behind its gate.
pub(crate) struct GatedStream {
    stream: TcpStream,
    gate: Gate,
    watch: Arc<OwnedFd>,
}

/// Sees whether the client of a connection has gone, without reading from it.
pub(crate) struct Watch(Arc<OwnedFd>);

impl Watch {
    /// Whether the client has closed the connection.
    pub(crate) fn is_gone(&self) -> bool {
        let mut entries = [PollFd::new(&*self.0, PollFlags::RDHUP)];
        matches!(poll(&mut entries, Some(&Timespec::default())), Ok(1..))
    }
}

impl GatedStream {
    /// Puts a connection behind a gate.
    pub(crate) fn new(stream: TcpStream, gate: Gate) -> io::Result<Self> {
        let watch = Arc::new(rustix::io::dup(&stream)?);
        Ok(Self { stream, gate, watch })
    }

    /// An eye on the connection that works while the gate is shut.
    pub(crate) fn watch(&self) -> Watch {
        Watch(Arc::clone(&self.watch))
    }

    fn check_writer(&self, context: &Context<'_>) -> io::Result<()> {
        let mut state = self.gate.lock();
        if state.aborted {
            return Err(cut_off());
        }
        state.writer = Some(context.waker().clone());
        Ok(())
    }
}

impl AsyncRead for GatedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        {
            let mut state = self.gate.lock();
            if state.aborted {
                return Poll::Ready(Err(cut_off()));
            }
            state.reader = Some(context.waker().clone());
            if state.waiting >= WAITING_BYTES_MAX {
                return Poll::Pending;
            }
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for GatedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check_writer(context)?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check_writer(context)?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    async fn pair() -> io::Result<(GatedStream, TcpStream, Gate)> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let client = TcpStream::connect(listener.local_addr()?).await?;
        let gate = Gate::default();
        Ok((GatedStream::new(listener.accept().await?.0, gate.clone())?, client, gate))
    }

    #[tokio::test]
    async fn nothing_is_read_while_too_much_waits() -> io::Result<()> {
        let (mut server, mut client, gate) = pair().await?;
        client.write_all(b"x").await?;
        gate.add(WAITING_BYTES_MAX);
        let mut byte = [0];
        let early =
            tokio::time::timeout(std::time::Duration::from_millis(50), server.read_exact(&mut byte)).await;
        assert!(early.is_err(), "the gate is shut");
        gate.remove(1);
        server.read_exact(&mut byte).await?;
        Ok(())
    }

    #[tokio::test]
    async fn a_cut_connection_fails_at_once_and_a_gone_client_is_seen() -> io::Result<()> {
        let (mut server, client, gate) = pair().await?;
        let watch = server.watch();
        assert!(!watch.is_gone());
        drop(client);
        tokio::time::timeout(std::time::Duration::from_secs(5), async {
            while !watch.is_gone() {
                tokio::task::yield_now().await;
            }
        })
        .await?;
        gate.abort();
        assert!(server.read_u8().await.is_err());
        assert!(server.write_u8(0).await.is_err());
        Ok(())
    }
}
