//! Stops reading from a connection whose input nobody takes, and cuts a connection off.
//!
//! The SSH library hands out new window as soon as bytes have arrived. A client that does not count credit (see
//! [`crate::exec`]) is therefore held back one level lower: while too much of its input waits, nothing is read
//! from its socket. Answers still flow. But what is not read may hold the window that those answers need, and a
//! program that is not rid of its answers takes no input. So while an answer waits for window, one window of input
//! after the other is let in all the same, the more slowly the more waits already: each step is a quarter longer
//! than the last. Whatever the client's reader does, its next sign is seen after about a quarter of the time it
//! stood still, and a few megabytes last for hours. Only a program that makes more than 32 times as much out of
//! much input (OpenSSH's window is 32 of ours) can come to a stop.

use std::io;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use super::WINDOW_BYTES;

/// Input of one connection that may wait before reading stops. Four windows, so that a few sessions at once do
/// not hold each other up.
const WAITING_BYTES_MAX: usize = 4 * WINDOW_BYTES as usize;
/// The same while an answer waits for window, in the end.
const WAITING_BYTES_MAX_STARVED: usize = 64 * WINDOW_BYTES as usize;
/// Pause between two windows that are let in, as long as few wait.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
/// Longest one.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);

/// The gate of one connection.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    hungry: Notify,
}

struct State {
    waiting: usize,
    /// Reading stops at this.
    most: usize,
    /// Answers that wait for window.
    starved: usize,
    aborted: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl Default for State {
    fn default() -> Self {
        Self { waiting: 0, most: WAITING_BYTES_MAX, starved: 0, aborted: false, reader: None, writer: None }
    }
}

impl State {
    const fn is_shut(&self) -> bool {
        self.waiting >= self.most
    }

    const fn is_hungry(&self) -> bool {
        self.starved > 0 && self.is_shut()
    }

    /// How long the window that is let in now has to last.
    fn pause(&self) -> Duration {
        let steps = self.waiting.saturating_sub(WAITING_BYTES_MAX) / WINDOW_BYTES as usize;
        (0..steps).fold(FIRST_PAUSE, |pause, _| (pause + pause / 4).min(LONGEST_PAUSE))
    }

    fn wake_reader(&mut self) {
        if !self.is_shut() {
            wake(self.reader.take());
        }
    }
}

/// An answer that waits for window, until dropped.
pub(crate) struct Starved(Gate);

impl Drop for Starved {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.starved = state.starved.saturating_sub(1);
    }
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
        if state.is_hungry() {
            self.0.hungry.notify_one();
        }
    }

    /// Input was taken or thrown away.
    pub(crate) fn remove(&self, bytes: usize) {
        let mut state = self.lock();
        state.waiting = state.waiting.saturating_sub(bytes);
        if state.waiting < WAITING_BYTES_MAX {
            state.most = WAITING_BYTES_MAX;
        }
        state.wake_reader();
    }

    /// An answer waits for window.
    pub(crate) fn starve(&self) -> Starved {
        let mut state = self.lock();
        state.starved += 1;
        if state.is_hungry() {
            self.0.hungry.notify_one();
        }
        drop(state);
        Starved(self.clone())
    }

    /// Lets more in while answers wait for window. Runs beside the connection.
    pub(crate) async fn pace(&self) {
        loop {
            match self.let_in() {
                Some(pause) => tokio::time::sleep(pause).await,
                None => self.0.hungry.notified().await,
            }
        }
    }

    /// Lets one window in if an answer needs it. Returns how long it has to last.
    fn let_in(&self) -> Option<Duration> {
        let mut state = self.lock();
        if !state.is_hungry() {
            return None;
        }
        let pause = state.pause();
        state.most = (state.waiting + WINDOW_BYTES as usize).min(WAITING_BYTES_MAX_STARVED);
        state.wake_reader();
        Some(pause)
    }

    /// Whether reading is stopped.
    pub(crate) fn is_shut(&self) -> bool {
        self.lock().is_shut()
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
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
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
            if state.is_shut() {
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

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_waits_for_window_lets_more_in_ever_more_slowly() {
        let gate = Gate::default();
        gate.add(WAITING_BYTES_MAX);
        let starved = gate.starve();
        // A client that always has something to send, with a reader that stands still.
        let client = async {
            loop {
                while !gate.is_shut() {
                    gate.add(1024);
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let stood_still = Duration::from_secs(3600);
        tokio::select! {
            () = gate.pace() => {}
            () = client => {}
            () = tokio::time::sleep(stood_still) => {}
        }
        let waiting = gate.lock().waiting;
        assert!((WAITING_BYTES_MAX..WAITING_BYTES_MAX_STARVED).contains(&waiting), "{waiting}");
        drop(starved);
        gate.remove(waiting);
        assert!(!gate.is_shut());
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
