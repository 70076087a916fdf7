//! One command or terminal in a box.

use std::sync::Arc;

use bytes::Bytes;
use russh::{ChannelWriteHalf, Sig};
use smartbox_boxd::exec::{CREDIT_BYTES, CREDIT_CODE, ExecCommand, REQUEST_BYTES_MAX};

use crate::SshError;
use crate::connection::SessionChannel;
use crate::output::{ExecEvent, Found, Inbox};

/// Input is sent in pieces of at most this size: one SSH packet.
const INPUT_BYTES_MAX: usize = 32 * 1024;
/// `TERM` of a terminal that says nothing else.
const TERM: &str = "xterm-256color";

/// A command to run as the agent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExecRequest {
    /// Program and arguments, which reach the program untouched: no shell is between.
    pub argv: Vec<String>,
    /// Variables on top of the box's own.
    pub env: Vec<(String, String)>,
    /// Working directory; the agent's home when absent.
    pub cwd: Option<String>,
    /// Runs on a terminal of this size instead of on pipes.
    pub tty: Option<PtySize>,
}

/// Size of a terminal, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PtySize {
    /// Lines.
    pub rows: u16,
    /// Characters in a line.
    pub columns: u16,
}

/// A running command. Dropping it ends the command.
pub struct ExecSession {
    input: ExecInput,
    output: ExecOutput,
}

/// What goes to the command.
pub struct ExecInput {
    sender: Arc<ChannelWriteHalf<russh::client::Msg>>,
    inbox: Arc<Inbox>,
}

/// What comes from the command. Dropping it ends the command.
pub struct ExecOutput {
    channel: SessionChannel,
    ended: bool,
}

impl std::fmt::Debug for ExecSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExecSession").field("channel", &self.input.sender.id()).finish()
    }
}

/// The `exec` string of a request.
pub(crate) fn encode(request: &ExecRequest) -> Result<String, SshError> {
    let command =
        ExecCommand { argv: request.argv.clone(), env: request.env.clone(), cwd: request.cwd.clone() };
    let text =
        command.encode().map_err(|_unencodable| SshError::Protocol("a command that has no encoding"))?;
    if text.len() > REQUEST_BYTES_MAX {
        return Err(SshError::TooLong { bytes: text.len(), max: REQUEST_BYTES_MAX });
    }
    Ok(text)
}

impl ExecSession {
    /// Starts a command on an open channel.
    pub(crate) async fn start(
        channel: SessionChannel,
        text: String,
        request: &ExecRequest,
    ) -> Result<Self, SshError> {
        let lost = |_gone| SshError::Lost;
        if let Some(size) = request.tty {
            let term =
                request.env.iter().rev().find(|(name, _)| name == "TERM").map(|(_, value)| value.as_str());
            let (columns, rows) = (u32::from(size.columns), u32::from(size.rows));
            let sender = &channel.sender;
            sender.request_pty(true, term.unwrap_or(TERM), columns, rows, 0, 0, &[]).await.map_err(lost)?;
            channel.reply().await?;
        }
        channel.sender.exec(true, text).await.map_err(lost)?;
        channel.reply().await?;
        let input = ExecInput { sender: Arc::clone(&channel.sender), inbox: Arc::clone(&channel.inbox) };
        Ok(Self { input, output: ExecOutput { channel, ended: false } })
    }

    /// Separates the two directions, for two tasks.
    pub fn split(self) -> (ExecInput, ExecOutput) {
        (self.input, self.output)
    }

    /// See [`ExecOutput::next`].
    ///
    /// # Errors
    /// See there.
    pub async fn next(&mut self) -> Result<Option<ExecEvent>, SshError> {
        self.output.next().await
    }

    /// The direction towards the command.
    pub const fn input(&self) -> &ExecInput {
        &self.input
    }

    /// Ends the command and the session.
    pub fn close(self) {
        drop(self);
    }
}

impl ExecInput {
    /// Sends input, as fast as the command takes it. When dropped before its end, an unknown part was sent.
    ///
    /// # Errors
    /// [`SshError::Closed`] when the command has ended.
    pub async fn write(&self, bytes: impl Into<Bytes>) -> Result<(), SshError> {
        let mut bytes = bytes.into();
        while !bytes.is_empty() {
            let size = self.reserve(bytes.len().min(INPUT_BYTES_MAX)).await?;
            self.sender.data_bytes(bytes.split_to(size)).await.map_err(|_gone| SshError::Closed)?;
        }
        Ok(())
    }

    /// Waits for credit for at least one byte, and takes as much as there is up to `wanted`.
    async fn reserve(&self, wanted: usize) -> Result<usize, SshError> {
        let credit = &self.inbox.credit;
        credit.acquire().await.map_err(|_closed| SshError::Closed)?.forget();
        let more = u32::try_from(credit.available_permits().min(wanted - 1)).unwrap_or(CREDIT_BYTES);
        match credit.try_acquire_many(more) {
            Ok(permits) => {
                permits.forget();
                Ok(1 + usize::try_from(more).unwrap_or(0))
            }
            Err(_taken_meanwhile) => Ok(1),
        }
    }

    /// Ends the input. A command on a terminal does not see this; send it what its user would type.
    ///
    /// # Errors
    /// [`SshError::Closed`] when the command has ended.
    pub async fn finish(&self) -> Result<(), SshError> {
        self.sender.eof().await.map_err(|_gone| SshError::Closed)
    }

    /// Tells a command on a terminal its new size.
    ///
    /// # Errors
    /// [`SshError::Closed`] when the connection is gone.
    pub async fn resize(&self, size: PtySize) -> Result<(), SshError> {
        let (columns, rows) = (u32::from(size.columns), u32::from(size.rows));
        self.sender.window_change(columns, rows, 0, 0).await.map_err(|_gone| SshError::Closed)
    }

    /// Sends a signal to the command and its children, by its name without `SIG`. The box ignores names it does
    /// not know.
    ///
    /// # Errors
    /// [`SshError::Closed`] when the connection is gone.
    pub async fn signal(&self, name: &str) -> Result<(), SshError> {
        // The library encodes every name as it is; its named variants are for its readers.
        self.sender.signal(Sig::Custom(name.to_owned())).await.map_err(|_gone| SshError::Closed)
    }
}

impl ExecOutput {
    /// Waits for what the command says next; `None` once it has said how it ended. May be dropped and called
    /// again without losing anything. A reader that does not call it stops the command, not the connection.
    ///
    /// # Errors
    /// [`SshError::Lost`] when the connection broke before the command's end was known.
    pub async fn next(&mut self) -> Result<Option<ExecEvent>, SshError> {
        if self.ended {
            return Ok(None);
        }
        if let Some(grant) = self.channel.inbox.owed() {
            let message = Bytes::copy_from_slice(&grant.bytes.to_be_bytes());
            // A connection that is gone shows itself below.
            let _ = self.channel.sender.extended_data_bytes(CREDIT_CODE, message).await;
            grant.sent();
        }
        match self.channel.inbox.next().await {
            Found::Event(event) => Ok(Some(event)),
            Found::End => {
                self.ended = true;
                Ok(None)
            }
            Found::Broken => {
                self.ended = true;
                Err(SshError::Lost)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_does_not_fit_is_refused_before_it_is_sent() {
        let request = ExecRequest { argv: vec!["x".repeat(REQUEST_BYTES_MAX)], ..ExecRequest::default() };
        assert!(matches!(encode(&request), Err(SshError::TooLong { .. })));
    }
}
