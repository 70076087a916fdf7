//! Ctrl-C and other wishes to end.

use std::future::pending;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::exit::Exit;

/// A signal that asks the command to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interrupt {
    /// SIGINT: Ctrl-C.
    Int,
    /// SIGTERM.
    Term,
    /// SIGHUP: the terminal is gone.
    Hup,
}

impl Interrupt {
    /// The signal's name without `SIG`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Int => "INT",
            Self::Term => "TERM",
            Self::Hup => "HUP",
        }
    }

    /// The exit code of a command that was ended by it.
    pub(crate) const fn exit(self) -> Exit {
        match self {
            Self::Int => Exit::Interrupted,
            Self::Term => Exit::Signal(15),
            Self::Hup => Exit::Signal(1),
        }
    }
}

/// Where interrupts come from. Signals are caught only while somebody listens: a command that does not care is
/// ended by them as any program is.
#[derive(Clone)]
pub struct Interrupts {
    source: Source,
}

#[derive(Clone)]
enum Source {
    Process,
    Scripted(watch::Receiver<u32>),
}

impl Interrupts {
    /// The signals of this process.
    pub(super) const fn of_process() -> Self {
        Self { source: Source::Process }
    }

    /// Ctrl-C as often as the number of the channel is raised. For tests.
    pub const fn scripted(times: watch::Receiver<u32>) -> Self {
        Self { source: Source::Scripted(times) }
    }

    /// Begins to listen.
    pub(crate) fn listen(&self) -> std::io::Result<Listener> {
        Ok(match &self.source {
            Source::Process => Listener::Process {
                int: signal(SignalKind::interrupt())?,
                term: signal(SignalKind::terminate())?,
                hup: signal(SignalKind::hangup())?,
            },
            Source::Scripted(times) => Listener::Scripted(times.clone()),
        })
    }
}

/// Receives interrupts; cancel-safe.
pub(crate) enum Listener {
    Process { int: Signal, term: Signal, hup: Signal },
    Scripted(watch::Receiver<u32>),
}

impl Listener {
    /// The next interrupt.
    pub(crate) async fn next(&mut self) -> Interrupt {
        match self {
            Self::Process { int, term, hup } => tokio::select! {
                Some(()) = int.recv() => Interrupt::Int,
                Some(()) = term.recv() => Interrupt::Term,
                Some(()) = hup.recv() => Interrupt::Hup,
                else => pending().await,
            },
            Self::Scripted(times) => match times.changed().await {
                Ok(()) => Interrupt::Int,
                Err(_) => pending().await,
            },
        }
    }
}
