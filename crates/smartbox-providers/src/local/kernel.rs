//! The calls that need `unsafe`.
#![expect(unsafe_code, reason = "unshare(2) and the registration of foreign files have no safe wrapper")]

use std::io;
use std::os::fd::OwnedFd;

use rustix::thread::{UnshareFlags, unshare_unsafe};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Moves the calling thread into a new, empty network namespace.
pub(super) fn leave_network() -> io::Result<()> {
    // SAFETY: only the network namespace is unshared; the open files and the memory of the thread stay shared
    // with the other threads, so no file descriptor changes its meaning.
    Ok(unsafe { unshare_unsafe(UnshareFlags::NEWNET) }?)
}

/// Lets the async runtime wait until a file can be read.
pub(super) fn readable(file: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: an `OwnedFd` names the same open file until it is dropped, and it is moved into the `AsyncFd`.
    Ok(unsafe { AsyncFd::register_with_interest(file, Interest::READABLE) }?)
}
