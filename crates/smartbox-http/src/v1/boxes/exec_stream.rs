//! `GET /v1/boxes/{box}/exec:stream`: a WebSocket. The framing is described in [`smartbox_api::ExecStreamStart`]'s
//! module.

mod frame;

use std::future::pending;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::response::Response;
use futures_util::stream::{Peekable, SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use smartbox_api::{EXEC_CHANNEL_STDERR, EXEC_CHANNEL_STDOUT, ExecStreamControl};
use smartbox_control::{CommandEvent, CommandInput, CommandOutput, CommandSession, NewCommand, Op};
use tokio::time::{MissedTickBehavior, interval, timeout};

use self::frame::Input;
use super::BoxReference;
use super::exec::outcome;
use crate::HttpState;
use crate::caller::{Listener, Right};
use crate::problem::{ApiError, codes};
use crate::request::{Instance, MaybeKept};

/// Longest wait for the message that names the command.
const START_TIMEOUT: Duration = Duration::from_secs(10);
/// Largest message from a client.
const MESSAGE_BYTES_MAX: usize = 1024 * 1024;
/// A ping is sent this often: it keeps the connection open at proxies, and fails when the client is gone.
const PING_PERIOD: Duration = Duration::from_secs(15);

/// Run a command interactively
///
/// A WebSocket. Starts the box if need be. Closing it kills the command.
#[utoipa::path(
    get,
    path = "/v1/boxes/{box}/exec:stream",
    tag = "boxes",
    operation_id = "execStream",
    params(("box" = String, Path, description = "Id, name or `default`.")),
    responses((status = SWITCHING_PROTOCOLS, description = "The WebSocket is open; the first message names the command.")),
)]
pub(crate) async fn exec_stream(
    State(state): State<HttpState>,
    Listener(op, right): Listener,
    BoxReference(reference): BoxReference,
    Instance(instance): Instance,
    MaybeKept(kept): MaybeKept,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    // Unknown boxes are refused while there is a status to do it with.
    let reference =
        state.control().resolve(&op, smartbox_core::Permission::BoxesExec, &reference).await?.id.to_string();
    let upgrade = upgrade.map_err(|_rejection| ApiError::known(&codes::UPGRADE_REQUIRED))?;
    let permit = state.stream_permit()?;
    let work = state.work().clone();
    let upgrade = upgrade.max_message_size(MESSAGE_BYTES_MAX).max_frame_size(MESSAGE_BYTES_MAX);
    Ok(upgrade.on_upgrade(move |socket| {
        work.track_future(async move {
            serve(&state, (&op, right), &reference, &instance, socket).await;
            drop((permit, kept));
        })
    }))
}

/// Close code of a socket whose right has ended: the same as the edge's.
const ACCESS_ENDED: u16 = 4001;

type Sink = SplitSink<WebSocket, Message>;
type Stream = Peekable<SplitStream<WebSocket>>;

/// Why a session came to its end.
enum End {
    /// The command has ended; the client was told.
    Ended,
    /// The client is gone.
    Left,
    /// The platform stops.
    Stopping,
    /// The right to be here has ended.
    Revoked,
    /// The client is to be told this.
    Failed(ApiError),
}

async fn serve(
    state: &HttpState,
    (op, right): (&Op, Right),
    reference: &str,
    instance: &str,
    socket: WebSocket,
) {
    let (mut sink, stream) = socket.split();
    let mut stream = stream.peekable();
    let stop = state.stop();
    let end = tokio::select! {
        end = session(state, op, reference, &mut sink, &mut stream) => end,
        () = stop.cancelled() => End::Stopping,
        () = right.ended() => End::Revoked,
    };
    let code = match end {
        End::Left => return,
        End::Ended => close_code::NORMAL,
        End::Stopping => close_code::AWAY,
        End::Revoked => ACCESS_ENDED,
        End::Failed(error) => {
            let problem = Box::new(error.report(instance));
            // Whoever does not take it is gone.
            let _ = sink.send(frame::control(&ExecStreamControl::Failed { problem })).await;
            close_code::NORMAL
        }
    };
    let _ = sink.send(Message::Close(Some(CloseFrame { code, reason: "".into() }))).await;
}

async fn session(state: &HttpState, op: &Op, reference: &str, sink: &mut Sink, stream: &mut Stream) -> End {
    let command = match first_message(stream).await {
        Ok(command) => command,
        Err(end) => return end,
    };
    let started = tokio::select! {
        started = start(state, op, reference, &command) => started,
        () = client_left(stream) => return End::Left,
    };
    let (mut input, mut output) = match started {
        Ok(session) => session.split(),
        Err(error) => return End::Failed(error),
    };
    // The two directions are independent: a command that does not read cannot hold up its own output.
    tokio::select! {
        end = downlink(&mut output, sink) => end,
        end = uplink(stream, &mut input) => end,
    }
}

async fn first_message(stream: &mut Stream) -> Result<NewCommand, End> {
    let bad = |message: &str| End::Failed(ApiError::field("start", message));
    match timeout(START_TIMEOUT, stream.next()).await {
        Ok(Some(Ok(Message::Text(text)))) => frame::start(text.as_bytes()).map_err(End::Failed),
        Ok(Some(Ok(Message::Close(_)) | Err(_)) | None) => Err(End::Left),
        Ok(Some(Ok(_))) => Err(bad("the first message must be text: the command as JSON")),
        Err(_elapsed) => Err(bad("the first message, which names the command, did not come")),
    }
}

async fn start(
    state: &HttpState,
    op: &Op,
    reference: &str,
    command: &NewCommand,
) -> Result<CommandSession, ApiError> {
    Ok(state.control().start_command(op, reference, command).await?)
}

/// Returns when the client leaves before its command was started. Input that came early stays in the stream.
async fn client_left(stream: &mut Stream) {
    match std::pin::Pin::new(stream).peek().await {
        None | Some(Err(_) | Ok(Message::Close(_))) => {}
        Some(Ok(_)) => pending().await,
    }
}

/// What the command says. Waits while the client does not read; then the command waits, too.
async fn downlink(output: &mut CommandOutput, sink: &mut Sink) -> End {
    let mut pings = interval(PING_PERIOD);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let event = tokio::select! {
            event = output.next() => event,
            _ = pings.tick() => {
                if sink.send(Message::Ping(bytes::Bytes::new())).await.is_err() {
                    return End::Left;
                }
                continue;
            }
        };
        let message = match &event {
            Some(CommandEvent::Stdout(bytes)) => frame::output(EXEC_CHANNEL_STDOUT, bytes),
            Some(CommandEvent::Stderr(bytes)) => frame::output(EXEC_CHANNEL_STDERR, bytes),
            Some(CommandEvent::Exited(_) | CommandEvent::Signalled(_)) | None => {
                let ended = event.as_ref().and_then(outcome).unwrap_or(smartbox_api::ExecOutcome::Lost);
                let sent = sink.send(frame::control(&ExecStreamControl::Ended(ended))).await;
                return if sent.is_ok() { End::Ended } else { End::Left };
            }
        };
        if sink.send(message).await.is_err() {
            return End::Left;
        }
    }
}

/// What the client says. Waits while the command does not read; then the client waits, too.
async fn uplink(stream: &mut Stream, input: &mut CommandInput) -> End {
    loop {
        let message = match stream.next().await {
            None | Some(Err(_) | Ok(Message::Close(_))) => return End::Left,
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
            Some(Ok(Message::Text(_))) => return End::Failed(frame::not_understood("a second text message")),
            Some(Ok(Message::Binary(bytes))) => bytes,
        };
        let taken = match frame::input(&message) {
            Ok(Input::Bytes(bytes)) => input.write(bytes).await,
            Ok(Input::End) => input.close().await,
            Ok(Input::Resize(size)) => input.resize(size.cols, size.rows).await,
            Ok(Input::Signal(name)) => input.signal(&name).await,
            Err(error) => return End::Failed(error),
        };
        // A command may close its input or end at any moment; its end is told by the other direction.
        drop(taken);
    }
}
