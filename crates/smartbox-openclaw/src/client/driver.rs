//! The task that owns a connection.

use std::collections::HashMap;

use futures_util::SinkExt;
use serde::Deserialize;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use super::ClientError;
use super::chat::{Sink, Update};
use super::handshake;
use super::wire::{Event, Frame, Request};

/// Turns that one connection follows at a time. Further ones are refused.
const TURNS_MAX: usize = 64;

/// A call to make.
pub(super) struct Command {
    pub(super) method: String,
    pub(super) params: Value,
    /// The turn that the call starts, by the name that the caller gives it.
    pub(super) run: Option<(String, Sink)>,
    pub(super) reply: oneshot::Sender<Result<Value, ClientError>>,
}

/// A call that waits for its answer.
struct Pending {
    run: Option<String>,
    reply: oneshot::Sender<Result<Value, ClientError>>,
}

#[derive(Default)]
struct State {
    calls: u64,
    pending: HashMap<String, Pending>,
    turns: HashMap<String, Sink>,
}

/// Serves calls until the client is dropped or the connection ends. Whoever waits then learns that it is gone.
pub(super) async fn drive<S: AsyncRead + AsyncWrite + Unpin>(
    mut socket: WebSocketStream<S>,
    mut commands: mpsc::Receiver<Command>,
) {
    let mut state = State::default();
    loop {
        // Both branches are cancel-safe: receiving from a channel, and reading whole messages from a socket.
        let outcome = tokio::select! {
            command = commands.recv() => match command {
                Some(command) => match state.begin(command) {
                    Some(text) => socket.send(Message::text(text)).await.map_err(ClientError::from),
                    None => Ok(()),
                },
                None => {
                    // The answer to our close is of no interest.
                    let _ = socket.close(None).await;
                    return;
                }
            },
            frame = handshake::next(&mut socket) => frame.map(|frame| state.receive(frame)),
        };
        if let Err(error) = outcome {
            tracing::debug!(%error, "the connection to a gateway ended");
            return;
        }
    }
}

impl State {
    /// The frame to send for a call. A call that cannot be made is answered at once.
    fn begin(&mut self, command: Command) -> Option<String> {
        self.pending.retain(|_id, pending| !pending.reply.is_closed());
        self.turns.retain(|_run, sink| !sink.is_closed());
        self.calls += 1;
        let id = self.calls.to_string();
        let text = match Request::new(&id, &command.method, &command.params).to_text() {
            Ok(_) if command.run.is_some() && self.turns.len() >= TURNS_MAX => {
                Err(ClientError::unexpected(format!("more than {TURNS_MAX} turns on one connection")))
            }
            text => text,
        };
        match text {
            Err(error) => {
                // The caller has given up if this fails.
                let _ = command.reply.send(Err(error));
                None
            }
            Ok(text) => {
                let run = command.run.map(|(run, sink)| {
                    // From here on, not from the answer on: events may overtake it.
                    self.turns.insert(run.clone(), sink);
                    run
                });
                self.pending.insert(id, Pending { run, reply: command.reply });
                Some(text)
            }
        }
    }

    fn receive(&mut self, frame: Frame) {
        match frame {
            Frame::Res(response) => {
                let Some(pending) = self.pending.remove(&response.id) else { return };
                let result = response.into_result();
                if let Some(asked) = pending.run {
                    self.rename_turn(&asked, result.as_ref().ok());
                }
                // The caller has given up if this fails.
                let _ = pending.reply.send(result);
            }
            Frame::Event(event) if event.event == "chat" => self.chat(event),
            Frame::Event(_) | Frame::Other => {}
        }
    }

    /// The gateway names turns as it is asked to; should it choose another name, the turn goes on under that.
    fn rename_turn(&mut self, asked: &str, answer: Option<&Value>) {
        let given = answer.map(|payload| payload["runId"].as_str().unwrap_or(asked));
        if given == Some(asked) {
            return;
        }
        if let (Some(sink), Some(given)) = (self.turns.remove(asked), given) {
            self.turns.insert(given.to_owned(), sink);
        }
    }

    fn chat(&mut self, event: Event) {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Addressed {
            run_id: String,
            #[serde(flatten)]
            update: Update,
        }
        // Events of turns that others started are not ours to understand.
        let Ok(Addressed { run_id, update }) = serde_json::from_value(event.payload) else { return };
        if let Some(sink) = self.turns.remove(&run_id).and_then(|sink| sink.take(update)) {
            self.turns.insert(run_id, sink);
        }
    }
}
