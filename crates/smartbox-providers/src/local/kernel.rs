//! The calls that need `unsafe`.
#![expect(
    unsafe_code,
    reason = "unshare(2), process_madvise(2) and the registration of foreign files have no safe wrapper"
)]

use std::io;
use std::ops::Range;
use std::os::fd::{AsRawFd, OwnedFd};

use rustix::io::Errno;
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

/// Tells the kernel to push these ranges of another process's memory out to swap (process_madvise(2), Linux 5.10).
/// At most 1024 ranges (`UIO_MAXIOV`). Returns how many bytes were looked at, from the first range on.
pub(super) fn page_out(process: &OwnedFd, ranges: &[Range<usize>]) -> Result<usize, Errno> {
    let of = |range: &Range<usize>| libc::iovec {
        iov_base: std::ptr::without_provenance_mut(range.start),
        iov_len: range.len(),
    };
    let vector: Vec<libc::iovec> = ranges.iter().map(of).collect();
    // SAFETY: the kernel reads `vector`, which lives until the call returns, with its true length. The addresses in
    // it belong to the other process, are never followed here, and the advice changes no content of any memory.
    let done = unsafe {
        libc::syscall(
            libc::SYS_process_madvise,
            process.as_raw_fd(),
            vector.as_ptr(),
            vector.len(),
            libc::MADV_PAGEOUT,
            0,
        )
    };
    usize::try_from(done)
        .map_err(|_negative| Errno::from_io_error(&io::Error::last_os_error()).unwrap_or(Errno::INVAL))
}
