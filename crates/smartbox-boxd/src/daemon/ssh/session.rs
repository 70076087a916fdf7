//! One running command or terminal.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use russh::server::{Handle, Msg};
use russh::{ChannelId, ChannelWriteHalf};
use rustix::process::Signal;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout};
use tokio_util::sync::CancellationToken;

use super::gate::Gate;
use super::input::Input;
use super::output::{Closed, Credit, Outlet, pump};
use super::signals;
use super::terminal::Terminal;
use crate::daemon::exit::Exit;
use crate::daemon::launch::{Launch, Launcher, Piped, TerminalSize};
use crate::daemon::reaper::Child;
use crate::exec::{CREDIT_CODE, EXIT_NOT_FOUND, EXIT_NOT_STARTED};

/// SSH's number for standard error.
const STDERR: u32 = 1;
/// A hung-up program that has not ended by then is killed.
const HANG_UP_GRACE: Duration = Duration::from_secs(2);

/// A started program and its streams.
pub(crate) enum Program {
    /// With pipes.
    Piped(Piped),
    /// On a terminal.
    Terminal(Child, Terminal),
}

impl Program {
    /// Starts it, on a terminal if a size is given.
    pub(crate) fn start(
        launcher: &Launcher,
        launch: &Launch,
        size: Option<TerminalSize>,
    ) -> io::Result<Self> {
        let Some(size) = size else { return Ok(Self::Piped(launcher.piped(launch)?)) };
        let (child, fd) = launcher.on_terminal(launch, size)?;
        Ok(Self::Terminal(child, Terminal::new(fd)?))
    }

    /// What its client controls it by.
    pub(crate) fn controls(&self) -> Controls {
        match self {
            Self::Piped(piped) => Controls { child: piped.child.clone(), terminal: None },
            Self::Terminal(child, terminal) => {
                Controls { child: child.clone(), terminal: Some(terminal.clone()) }
            }
        }
    }
}

/// Signals and sizes.
#[derive(Clone)]
pub(crate) struct Controls {
    child: Child,
    terminal: Option<Terminal>,
}

impl Controls {
    /// Tells the program the new size of its terminal.
    pub(crate) fn resize(&self, size: TerminalSize) {
        let Some(terminal) = &self.terminal else { return };
        let winsize =
            rustix::termios::Winsize { ws_row: size.rows, ws_col: size.columns, ws_xpixel: 0, ws_ypixel: 0 };
        if let Err(error) = rustix::termios::tcsetwinsize(terminal.fd(), winsize) {
            tracing::debug!(%error, "cannot resize a terminal");
        }
    }

    /// Sends a signal to the program's group, and to whatever runs in the foreground of its terminal.
    pub(crate) fn signal(&self, signal: Signal) {
        self.child.signal(signal);
        let foreground =
            self.terminal.as_ref().and_then(|terminal| rustix::termios::tcgetpgrp(terminal.fd()).ok());
        if let Some(group) = foreground
            && group.as_raw_nonzero().get() != self.child.pid()
            && let Err(error) = rustix::process::kill_process_group(group, signal)
        {
            tracing::debug!(%error, "cannot signal the foreground of a terminal");
        }
    }

    /// Ends a program whose client has gone.
    async fn hang_up(&self) {
        self.signal(Signal::HUP);
        self.signal(Signal::CONT); // a stopped program hears nothing
        if tokio::time::timeout(HANG_UP_GRACE, self.child.wait()).await.is_err() {
            self.signal(Signal::KILL);
        }
    }
}

/// One stream of a channel.
struct Stream<'a> {
    channel: &'a ChannelWriteHalf<Msg>,
    gate: &'a Gate,
    /// Type of extended data; `None` for plain data.
    code: Option<u32>,
}

impl Outlet for Stream<'_> {
    async fn send(&self, bytes: Bytes) -> Result<(), Closed> {
        let window = self.channel.writable_packet_size().await;
        let _starved = (window < bytes.len()).then(|| self.gate.starve());
        let result = match self.code {
            None => self.channel.data_bytes(bytes).await,
            Some(code) => self.channel.extended_data_bytes(code, bytes).await,
        };
        result.map_err(|_gone| Closed)
    }
}

/// A session and its channel.
pub(crate) struct Session {
    /// The channel.
    pub(crate) id: ChannelId,
    /// Its sending side.
    pub(crate) channel: ChannelWriteHalf<Msg>,
    /// Its connection.
    pub(crate) connection: Handle,
    /// The connection's gate.
    pub(crate) gate: Gate,
    /// What arrives on it.
    pub(crate) input: Input,
    /// What may be sent on it.
    pub(crate) credit: Arc<Credit>,
    /// Cancelled when the client has gone.
    pub(crate) closed: CancellationToken,
}

impl Session {
    /// Runs until the program has ended and the client was told, or until the client has gone. Whatever runs
    /// then is ended.
    pub(crate) async fn run(self, program: io::Result<Program>) {
        let controls = program.as_ref().ok().map(Program::controls);
        let conversation = async {
            match program {
                Ok(Program::Terminal(child, terminal)) => {
                    let streams = (terminal.clone(), terminal, tokio::io::empty());
                    self.converse(&child, streams).await
                }
                Ok(Program::Piped(piped)) => match pipes(piped) {
                    Ok((child, streams)) => self.converse(&child, streams).await,
                    Err(error) => self.excuse(&error).await,
                },
                Err(error) => self.excuse(&error).await,
            }
        };
        let told = tokio::select! {
            result = conversation => result.is_ok(),
            () = self.closed.cancelled() => false,
        };
        if let Some(controls) = controls.filter(|_| !told) {
            controls.hang_up().await;
        }
    }

    async fn converse(
        &self,
        child: &Child,
        (stdin, stdout, stderr): (
            impl AsyncWrite + Unpin + Send,
            impl AsyncRead + Unpin + Send,
            impl AsyncRead + Unpin + Send,
        ),
    ) -> Result<(), Closed> {
        let ended = CancellationToken::new();
        let waited = async {
            let exit = child.wait().await;
            ended.cancel();
            Ok(exit)
        };
        let (plain, errors, grants) =
            (self.stream(None), self.stream(Some(STDERR)), self.stream(Some(CREDIT_CODE)));
        let stdout = pump(stdout, &self.credit, &ended, &plain);
        let stderr = pump(stderr, &self.credit, &ended, &errors);
        let fed = async {
            self.input.feed(stdin, &grants).await;
            std::future::pending().await
        };
        let (exit, ..) = tokio::select! {
            result = async { tokio::try_join!(waited, stdout, stderr) } => result?,
            never = fed => never,
        };
        self.report(exit).await
    }

    fn stream(&self, code: Option<u32>) -> Stream<'_> {
        Stream { channel: &self.channel, gate: &self.gate, code }
    }

    async fn report(&self, exit: Exit) -> Result<(), Closed> {
        match exit {
            Exit::Code(code) => {
                let code = u32::try_from(code).unwrap_or(u32::MAX);
                self.channel.exit_status(code).await.map_err(|_gone| Closed)?;
            }
            Exit::Signal(signal) => {
                let name = signals::to_ssh(signal);
                self.connection
                    .exit_signal_request(self.id, name, false, String::new(), String::new())
                    .await
                    .map_err(|()| Closed)?;
            }
        }
        self.close().await
    }

    /// Says why a program could not be started, the way a shell does.
    async fn excuse(&self, error: &io::Error) -> Result<(), Closed> {
        let text = Bytes::from(format!("smartbox: the command cannot be started: {error}\n"));
        self.stream(Some(STDERR)).send(text).await?;
        let code = if error.kind() == io::ErrorKind::NotFound { EXIT_NOT_FOUND } else { EXIT_NOT_STARTED };
        self.channel.exit_status(code).await.map_err(|_gone| Closed)?;
        self.close().await
    }

    async fn close(&self) -> Result<(), Closed> {
        self.channel.eof().await.map_err(|_gone| Closed)?;
        self.channel.close().await.map_err(|_gone| Closed)
    }
}

type Pipes = (Child, (ChildStdin, ChildStdout, ChildStderr));

fn pipes(piped: Piped) -> io::Result<Pipes> {
    let streams = (
        ChildStdin::from_std(piped.stdin)?,
        ChildStdout::from_std(piped.stdout)?,
        ChildStderr::from_std(piped.stderr)?,
    );
    Ok((piped.child, streams))
}
