//! One command over the exec stream. The framing is described in `smartbox_api`'s exec module.

use std::future::pending;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use smartbox_api::{
    EXEC_CHANNEL_CONTROL, EXEC_CHANNEL_STDERR, EXEC_CHANNEL_STDIN, EXEC_CHANNEL_STDOUT, ExecOutcome,
    ExecStreamControl, ExecStreamStart,
};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_tungstenite::tungstenite::Message;

use super::escape::Escape;
use crate::client::{Client, Socket};
use crate::console::{Console, Interrupt, Listener};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal;

/// Most input that is sent in one frame, in bytes.
const INPUT_BYTES_MAX: usize = 32 * 1024;
/// Ctrl-C goes to the command this often; the next one leaves it.
const INTERRUPTS_MAX: u32 = 2;

/// What the session has to care for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    /// The command has a terminal.
    pub(super) has_tty: bool,
    /// Our standard input is that terminal, in raw mode.
    pub(super) has_keys: bool,
    /// Standard input is passed on.
    pub(super) has_stdin: bool,
}

type Stdin = Box<dyn AsyncRead + Send + Unpin>;
type Sink = SplitSink<Socket, Message>;

/// Runs the session to the command's end.
///
/// The two directions are independent, so that a command which reads slowly cannot hold up its own output.
pub(super) async fn run(
    client: &Client,
    socket: Socket,
    start: &ExecStreamStart,
    settings: Settings,
    interrupts: Listener,
    console: &mut Console,
) -> Result<ExecOutcome, Failure> {
    let (mut sink, stream) = socket.split();
    let start = serde_json::to_string(start).map_err(|error| client.not_understood(&error.to_string()))?;
    sink.send(Message::text(start)).await.map_err(|_error| lost())?;
    let stdin = if settings.has_stdin { console.take_stdin() } else { None };
    let resizes = settings.has_tty.then(|| signal(SignalKind::window_change())).transpose();
    let resizes = resizes.map_err(|error| Failure::output(&error))?;
    let uplink =
        Uplink { sink, escape: settings.has_keys.then(Escape::new), interrupts, resizes, pressed: 0 };
    tokio::select! {
        // Output that has arrived is printed before a wish to leave is looked at.
        biased;
        ended = downlink(client, stream, console) => ended,
        left = uplink.run(stdin) => Err(left),
    }
}

/// Prints what the command says, until it has ended.
async fn downlink(
    client: &Client,
    mut stream: SplitStream<Socket>,
    console: &mut Console,
) -> Result<ExecOutcome, Failure> {
    while let Some(message) = stream.next().await {
        let frame = match message.map_err(|_error| lost())? {
            Message::Binary(frame) => frame,
            Message::Close(_) => break,
            // Pings are answered by the library.
            Message::Ping(_) | Message::Pong(_) => continue,
            Message::Text(_) | Message::Frame(_) => return Err(client.not_understood("a frame of text")),
        };
        let Some((channel, payload)) = frame.split_first() else {
            return Err(client.not_understood("an empty frame"));
        };
        match *channel {
            EXEC_CHANNEL_STDOUT => console.bytes(payload).await?,
            EXEC_CHANNEL_STDERR => console.error_bytes(payload).await?,
            EXEC_CHANNEL_CONTROL => {
                let control = serde_json::from_slice(payload)
                    .map_err(|error| client.not_understood(&format!("a control message: {error}")))?;
                match control {
                    ExecStreamControl::Ended(outcome) => return Ok(outcome),
                    ExecStreamControl::Failed { problem } => return Err(Failure::problem(*problem)),
                    // These only ever go to the server.
                    ExecStreamControl::Resize(_) | ExecStreamControl::Signal { .. } => {}
                }
            }
            other => return Err(client.not_understood(&format!("a frame of channel {other}"))),
        }
    }
    Ok(ExecOutcome::Lost)
}

/// What goes to the command: input, signals, the terminal's size.
struct Uplink {
    sink: Sink,
    escape: Option<Escape>,
    interrupts: Listener,
    resizes: Option<Signal>,
    pressed: u32,
}

impl Uplink {
    /// Passes everything on until the user leaves. Answers why.
    async fn run(mut self, mut stdin: Option<Stdin>) -> Failure {
        let mut buffer = vec![0; INPUT_BYTES_MAX];
        if stdin.is_none() && self.end_input().await.is_err() {
            return pending().await;
        }
        loop {
            let step = tokio::select! {
                count = read(&mut stdin, &mut buffer) => self.input(&mut stdin, &buffer[..count]).await,
                interrupt = self.interrupts.next() => self.interrupt(interrupt).await,
                () = resized(&mut self.resizes) => self.control(&ExecStreamControl::Resize(terminal::size())).await,
            };
            match step {
                Ok(()) => {}
                Err(Stop::Left(failure)) => return *failure,
                // The other direction knows how the command ended, and will say so.
                Err(Stop::Closed) => return pending().await,
            }
        }
    }

    async fn input(&mut self, stdin: &mut Option<Stdin>, bytes: &[u8]) -> Result<(), Stop> {
        if bytes.is_empty() {
            *stdin = None;
            return self.end_input().await;
        }
        let Some(escape) = &mut self.escape else { return self.send(EXEC_CHANNEL_STDIN, bytes).await };
        let keys = escape.push(bytes);
        if !keys.bytes.is_empty() {
            self.send(EXEC_CHANNEL_STDIN, &keys.bytes).await?;
        }
        if keys.leaves { Err(Stop::left(Interrupt::Hup)) } else { Ok(()) }
    }

    /// Ctrl-C and its like are the command's; a command that does not mind them is left.
    async fn interrupt(&mut self, interrupt: Interrupt) -> Result<(), Stop> {
        let signal = interrupt.name().to_owned();
        self.control(&ExecStreamControl::Signal { signal }).await?;
        self.pressed += 1;
        let is_done = interrupt != Interrupt::Int || self.pressed > INTERRUPTS_MAX;
        if is_done { Err(Stop::left(interrupt)) } else { Ok(()) }
    }

    async fn end_input(&mut self) -> Result<(), Stop> {
        self.send(EXEC_CHANNEL_STDIN, &[]).await
    }

    async fn control(&mut self, control: &ExecStreamControl) -> Result<(), Stop> {
        let json = serde_json::to_vec(control).map_err(|_error| Stop::Closed)?;
        self.send(EXEC_CHANNEL_CONTROL, &json).await
    }

    async fn send(&mut self, channel: u8, payload: &[u8]) -> Result<(), Stop> {
        let mut frame = Vec::with_capacity(payload.len() + 1);
        frame.push(channel);
        frame.extend_from_slice(payload);
        self.sink.send(Message::binary(frame)).await.map_err(|_error| Stop::Closed)
    }
}

/// Why nothing more is passed on.
enum Stop {
    Left(Box<Failure>),
    Closed,
}

impl Stop {
    fn left(interrupt: Interrupt) -> Self {
        Self::Left(Box::new(Failure::new(
            interrupt.exit(),
            "Left the command; it is ended with the connection.",
        )))
    }
}

/// Reads input; without any it waits for ever. An error counts as the end.
async fn read(stdin: &mut Option<Stdin>, buffer: &mut [u8]) -> usize {
    match stdin {
        Some(stdin) => stdin.read(buffer).await.unwrap_or(0),
        None => pending().await,
    }
}

async fn resized(resizes: &mut Option<Signal>) {
    let Some(resizes) = resizes else { return pending().await };
    if resizes.recv().await.is_none() {
        pending().await
    }
}

fn lost() -> Failure {
    Failure::new(Exit::Unavailable, "The connection to the box was lost.")
        .detail("Whether the command still runs is unknown.")
}
