//! Bytes from socket to socket through a pipe of the kernel, without passing through the program: splice(2).

use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Mutex, PoisonError};

use rustix::pipe::{PipeFlags, SpliceFlags, fcntl_setpipe_size, pipe_with, splice};
use tokio::io::Interest;

use super::{Way, used_up};

/// What a pipe holds. More is refused to programs without privileges, and then it stays as it is.
const PIPE_BYTES: usize = 512 * 1024;
/// A direction that carries less than this at a time is better off with the thread's buffer.
const LITTLE_BYTES: usize = 16 * 1024;
/// So many small pieces in a row give the pipe back.
const LITTLE_MAX: u32 = 4;
/// Most pipes that wait to be used again.
const SPARE_MAX: usize = 64;

/// Pipes that are empty and wait to be used again.
static SPARE: Mutex<Vec<Pipe>> = Mutex::new(Vec::new());

struct Pipe {
    out: OwnedFd,
    into: OwnedFd,
}

impl Pipe {
    fn take() -> io::Result<Self> {
        let spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        spare.map_or_else(Self::new, Ok)
    }

    fn new() -> io::Result<Self> {
        let (out, into) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        let _smaller_is_fine = fcntl_setpipe_size(&into, PIPE_BYTES);
        Ok(Self { out, into })
    }

    /// Only an empty one may be given back: its bytes would reach somebody else.
    fn give_back(self) {
        let mut spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner);
        if spare.len() < SPARE_MAX {
            spare.push(self);
        }
    }
}

/// Why it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// There is nothing more to read.
    AtEnd,
    /// It carries little by now, or the kernel cannot do it here.
    Slower,
}

/// Carries one direction until its end or until it carries little.
pub(super) async fn carry(way: &Way<'_>) -> io::Result<Ended> {
    let Ok(pipe) = Pipe::take() else { return Ok(Ended::Slower) };
    let flags = SpliceFlags::MOVE | SpliceFlags::NONBLOCK;
    let mut little = 0;
    // An error in between drops the pipe with whatever is in it.
    let ended = loop {
        way.from.readable().await?;
        let taken = way.caller.take(PIPE_BYTES).await.map_err(used_up)?;
        let filled = way
            .from
            .try_io(Interest::READABLE, || Ok(splice(way.from, None, &pipe.into, None, taken.bytes, flags)?));
        way.caller.credit.moved(taken, *filled.as_ref().unwrap_or(&0));
        let mut held = match filled {
            Ok(0) => break Ended::AtEnd,
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => break Ended::Slower,
            Err(error) => return Err(error),
        };
        way.has_read(held);
        little = if held < LITTLE_BYTES { little + 1 } else { 0 };
        while held > 0 {
            way.to.writable().await?;
            let drained =
                way.to.try_io(Interest::WRITABLE, || Ok(splice(&pipe.out, None, way.to, None, held, flags)?));
            match drained {
                Ok(bytes) => {
                    way.has_written(bytes);
                    held -= bytes;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        if little >= LITTLE_MAX {
            break Ended::Slower;
        }
    };
    pipe.give_back();
    Ok(ended)
}
