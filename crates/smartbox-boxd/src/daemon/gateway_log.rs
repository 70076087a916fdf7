//! Carries the gateway's output into its log.
//!
//! One pipe serves all starts of the gateway: both output streams write into it, so their order is kept, and a
//! process that outlives its gateway with the pipe open does no harm.

use std::io;
use std::os::fd::OwnedFd;

use tokio::net::unix::pipe;
use tokio_util::sync::CancellationToken;

use super::rotating_log::{Lines, RotatingLog};
use crate::redact::Redactor;

/// Bytes taken from the pipe at a time: a quarter of what the kernel holds.
const READ_BYTES: usize = 16 * 1024;

/// The end that the gateway writes to.
pub(crate) struct GatewayOutput(OwnedFd);

/// The end that is read.
pub(crate) struct GatewayLog {
    pipe: pipe::Receiver,
    lines: Lines,
    log: RotatingLog,
}

impl GatewayOutput {
    /// One more handle, for a standard stream of the gateway.
    pub(crate) fn handle(&self) -> io::Result<OwnedFd> {
        self.0.try_clone()
    }
}

/// Opens the pipe.
pub(crate) fn open(log: RotatingLog, redactor: Redactor) -> io::Result<(GatewayOutput, GatewayLog)> {
    let (sender, receiver) = pipe::pipe()?;
    let output = GatewayOutput(sender.into_blocking_fd()?);
    Ok((output, GatewayLog { pipe: receiver, lines: Lines::new(redactor), log }))
}

impl GatewayLog {
    /// Reads until asked to stop; what is in the pipe then is still written.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut buffer = vec![0; READ_BYTES];
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                readable = self.pipe.readable() => {
                    if readable.is_err() || !self.read_once(&mut buffer) {
                        break;
                    }
                }
            }
        }
        // Bounded: a process that goes on writing must not keep boxd from ending.
        for _ in 0..8 {
            match self.pipe.try_read(&mut buffer) {
                Ok(length) if length > 0 => self.write(&buffer[..length]),
                Ok(_) | Err(_) => break,
            }
        }
        let rest = self.lines.finish();
        self.write_whole(&rest);
    }

    /// Whether there can be more.
    fn read_once(&mut self, buffer: &mut [u8]) -> bool {
        match self.pipe.try_read(buffer) {
            // boxd holds a writing end itself, so this is not the end of the file.
            Ok(0) => false,
            Ok(length) => {
                self.write(&buffer[..length]);
                true
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => true,
            Err(error) => {
                tracing::error!(%error, "cannot read the gateway's output");
                false
            }
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        let lines = self.lines.push(bytes);
        self.write_whole(&lines);
    }

    fn write_whole(&mut self, lines: &[u8]) {
        if !lines.is_empty() {
            self.log.write_lines(lines);
        }
    }
}
