//! The bytes of a tunnel between two sockets, counted on the upstream's side.
//!
//! A tunnel has no buffer while it is silent: bytes are read into one that the thread's tunnels share and written at once;
//! what does not fit into the other socket is kept until it does. Once a direction carries a lot, its bytes stay in the kernel
//! ([`splice`]).

mod splice;

use std::cell::{Cell, RefCell};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use rustix::net::Shutdown;
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::dial::Caller;
use super::outgoing::Outgoing;
use super::refusal::Refusal;

/// Most that is read at once.
const BUFFER_BYTES: usize = 64 * 1024;
/// So many full buffers in a row make a direction one that carries a lot.
const FULL_READS: u32 = 8;
/// How often an idle time is looked at within itself: it is kept to a quarter.
const LOOKS: u32 = 4;

thread_local! {
    /// Used between two awaits only.
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; BUFFER_BYTES].into_boxed_slice());
}

/// How a tunnel ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Both sides have said all.
    Complete,
    /// One side broke off.
    Broken,
    /// Nothing was said for too long.
    Idle,
    /// It has been open for as long as a tunnel may.
    TooOld,
    /// The box may not reach this any more.
    Cut,
    /// The platform stops.
    Stopped,
}

impl End {
    /// A stable name.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Broken => "broken",
            Self::Idle => "idle",
            Self::TooOld => "too-old",
            Self::Cut => "cut",
            Self::Stopped => "stopped",
        }
    }
}

/// One direction.
struct Way<'a> {
    from: &'a TcpStream,
    to: &'a TcpStream,
    caller: &'a Arc<Caller>,
    outgoing: &'a Outgoing,
    /// Towards the upstream what was written counts, from it what was read.
    is_up: bool,
    moved: &'a AtomicU64,
}

/// Carries bytes both ways until both sides have ended, one breaks off, or time is up. `ahead` came with the request.
pub(crate) async fn run(
    client: &TcpStream,
    upstream: &TcpStream,
    ahead: &[u8],
    outgoing: &Outgoing,
    (idle, total): (Duration, Duration),
) -> End {
    let moved = AtomicU64::new(0);
    let caller = outgoing.caller();
    let up = Way { from: client, to: upstream, caller, outgoing, is_up: true, moved: &moved };
    let down = Way { from: upstream, to: client, caller, outgoing, is_up: false, moved: &moved };
    let both = async {
        let up = async {
            up.write_ahead(ahead).await?;
            up.carry().await
        };
        tokio::try_join!(up, down.carry())
    };
    tokio::select! {
        ended = both => if ended.is_ok() { End::Complete } else { End::Broken },
        end = watch(&moved, idle, total) => end,
    }
}

/// Ends when nothing moves for too long, or when it is late.
pub(crate) async fn watch(moved: &AtomicU64, idle: Duration, total: Duration) -> End {
    let until = Instant::now() + total;
    let (mut seen, mut quiet) = (moved.load(Relaxed), 0);
    while quiet < LOOKS {
        tokio::time::sleep_until(until.min(Instant::now() + idle / LOOKS)).await;
        if Instant::now() >= until {
            return End::TooOld;
        }
        let now = moved.load(Relaxed);
        quiet = if now == seen { quiet + 1 } else { 0 };
        seen = now;
    }
    End::Idle
}

/// What came of one attempt.
enum Step {
    /// Nothing to read yet.
    Nothing,
    /// Nothing may move.
    NoCredit,
    /// So much was read and written.
    Moved(usize),
    /// So much was read, and this much of it could not be written yet.
    Left(usize, Vec<u8>),
    End,
}

impl Way<'_> {
    /// Carries bytes to their end, and tells it to the other side.
    async fn carry(&self) -> io::Result<()> {
        let full = Cell::new(0_u32);
        loop {
            self.from.readable().await?;
            match self.step()? {
                Step::Nothing => {}
                Step::NoCredit => self.caller.need().await.map_err(used_up)?,
                Step::Moved(bytes) => self.judge(bytes, &full),
                Step::Left(bytes, left) => {
                    self.judge(bytes, &full);
                    self.write_all(&left).await?;
                }
                Step::End => break,
            }
            if full.get() >= FULL_READS {
                full.set(0);
                if splice::carry(self).await? == splice::Ended::AtEnd {
                    break;
                }
            }
        }
        match rustix::net::shutdown(self.to, Shutdown::Write) {
            // It has gone altogether, which its own direction finds out.
            Ok(()) | Err(rustix::io::Errno::NOTCONN) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn judge(&self, bytes: usize, full: &Cell<u32>) {
        full.set(if bytes == BUFFER_BYTES { full.get() + 1 } else { 0 });
    }

    /// Reads once and writes at once.
    fn step(&self) -> io::Result<Step> {
        BUFFER.with_borrow_mut(|buffer| {
            let taken = self.caller.credit.take(BUFFER_BYTES);
            if taken.bytes == 0 {
                return Ok(Step::NoCredit);
            }
            let read = self.from.try_read(&mut buffer[..taken.bytes]);
            self.caller.credit.moved(taken, *read.as_ref().unwrap_or(&0));
            let bytes = match read {
                Ok(0) => return Ok(Step::End),
                Ok(bytes) => bytes,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Step::Nothing),
                Err(error) => return Err(error),
            };
            self.caller.refill();
            self.has_read(bytes);
            let written = match self.to.try_write(&buffer[..bytes]) {
                Ok(written) => written,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
                Err(error) => return Err(error),
            };
            self.has_written(written);
            if written == bytes {
                Ok(Step::Moved(bytes))
            } else {
                Ok(Step::Left(bytes, buffer[written..bytes].to_vec()))
            }
        })
    }

    /// Writes what came with the request, as far as it may move.
    async fn write_ahead(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let taken = self.caller.take(bytes.len()).await.map_err(used_up)?;
            let (now, later) = bytes.split_at(taken.bytes);
            self.write_all(now).await?;
            bytes = later;
        }
        Ok(())
    }

    async fn write_all(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            self.to.writable().await?;
            match self.to.try_write(bytes) {
                Ok(written) => {
                    self.has_written(written);
                    bytes = &bytes[written..];
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn has_read(&self, bytes: usize) {
        self.moved.fetch_add(1, Relaxed);
        if !self.is_up {
            self.outgoing.received(bytes);
        }
    }

    fn has_written(&self, bytes: usize) {
        self.moved.fetch_add(1, Relaxed);
        if self.is_up {
            self.outgoing.sent(bytes);
        }
    }
}

/// A direction ends because nothing may move any more.
pub(super) fn used_up(refusal: Refusal) -> io::Error {
    io::Error::other(refusal)
}

/// Makes the next close a reset, so that nobody takes what was cut for a whole.
pub(crate) fn break_off(socket: &TcpStream) {
    // A socket that is gone already needs nothing.
    let _ = rustix::net::sockopt::set_socket_linger(socket, Some(Duration::ZERO));
}
