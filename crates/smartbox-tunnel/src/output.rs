//! What a session has received and its reader has not taken yet.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};
use russh::Sig;
use smartbox_boxd::exec::CREDIT_BYTES;
use tokio::sync::{Notify, Semaphore};

use crate::SshError;

/// What a command says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExecEvent {
    /// It printed this. On a terminal everything comes this way.
    Stdout(Bytes),
    /// It printed this as an error.
    Stderr(Bytes),
    /// It ended with this exit code. Nothing follows.
    Exit {
        /// The code.
        code: u32,
    },
    /// It was ended by this signal. Nothing follows.
    Signal {
        /// Its name without `SIG`.
        name: String,
    },
}

/// SSH's answer to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// Done.
    Success,
    /// Refused.
    Failure,
}

/// Adjacent output is put together up to this size.
const CHUNK_BYTES_MAX: usize = 32 * 1024;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Stdout,
    Stderr,
}

#[derive(Default)]
struct State {
    chunks: VecDeque<(Kind, BytesMut)>,
    waiting: usize,
    /// Taken by the reader and not yet granted back to the box.
    owed: u32,
    /// How the command ended, until the reader took it.
    exit: Option<ExecEvent>,
    has_exited: bool,
    closed: bool,
    reply: Option<Reply>,
}

/// Shared by a session and its connection. Filled from the SSH library's loop, which is never made to wait: a box
/// that keeps to its credit cannot fill more than [`CREDIT_BYTES`].
pub(crate) struct Inbox {
    state: Mutex<State>,
    changed: Notify,
    /// Credit for input.
    pub(crate) credit: Semaphore,
}

/// Credit on its way to the box.
pub(crate) struct Grant<'a> {
    inbox: &'a Inbox,
    /// How much.
    pub(crate) bytes: u32,
}

impl Grant<'_> {
    /// The message has left.
    pub(crate) fn sent(mut self) {
        self.bytes = 0;
    }
}

impl Drop for Grant<'_> {
    fn drop(&mut self) {
        let mut state = self.inbox.lock();
        state.owed = state.owed.saturating_add(self.bytes);
    }
}

/// What the reader finds.
pub(crate) enum Found {
    /// Something.
    Event(ExecEvent),
    /// The end, after [`ExecEvent::Exit`] or [`ExecEvent::Signal`].
    End,
    /// The end without a word on how the command ended.
    Broken,
}

impl Inbox {
    pub(crate) fn new() -> Self {
        Self {
            state: Mutex::default(),
            changed: Notify::new(),
            credit: Semaphore::new(usize::try_from(CREDIT_BYTES).unwrap_or(usize::MAX)),
        }
    }

    /// Output arrived.
    pub(crate) fn push(&self, kind: Kind, bytes: &[u8]) -> Result<(), SshError> {
        let mut state = self.lock();
        let credit = usize::try_from(CREDIT_BYTES).unwrap_or(usize::MAX);
        let owed = usize::try_from(state.owed).unwrap_or(usize::MAX);
        if state.waiting.saturating_add(owed).saturating_add(bytes.len()) > credit {
            return Err(SshError::Protocol("more output than credit"));
        }
        state.waiting += bytes.len();
        match state.chunks.back_mut() {
            Some((last, chunk)) if *last == kind && chunk.len() + bytes.len() <= CHUNK_BYTES_MAX => {
                chunk.extend_from_slice(bytes);
            }
            _ => state.chunks.push_back((kind, BytesMut::from(bytes))),
        }
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    /// The command ended.
    pub(crate) fn exit(&self, exit: ExecEvent) {
        let mut state = self.lock();
        if !state.has_exited {
            state.has_exited = true;
            state.exit = Some(exit);
        }
        drop(state);
        self.changed.notify_one();
    }

    /// The box answered a request.
    pub(crate) fn answer(&self, reply: Reply) {
        self.lock().reply = Some(reply);
        self.changed.notify_one();
    }

    /// The box has taken input.
    pub(crate) fn grant(&self, bytes: u32) -> Result<(), SshError> {
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        let most = usize::try_from(CREDIT_BYTES).unwrap_or(usize::MAX);
        if self.credit.available_permits().saturating_add(bytes) > most {
            return Err(SshError::Protocol("more credit than input"));
        }
        self.credit.add_permits(bytes);
        Ok(())
    }

    /// Nothing follows, in neither direction.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.credit.close();
        self.changed.notify_one();
    }

    /// Waits for the answer to a request; `None` when the channel closed instead.
    pub(crate) async fn reply(&self) -> Option<Reply> {
        loop {
            {
                let mut state = self.lock();
                if let Some(reply) = state.reply.take() {
                    return Some(reply);
                }
                if state.closed {
                    return None;
                }
            }
            self.changed.notified().await;
        }
    }

    /// Waits for the next event. May be dropped and called again.
    pub(crate) async fn next(&self) -> Found {
        loop {
            {
                let mut state = self.lock();
                if let Some((kind, chunk)) = state.chunks.pop_front() {
                    state.waiting -= chunk.len();
                    state.owed = state.owed.saturating_add(u32::try_from(chunk.len()).unwrap_or(u32::MAX));
                    let bytes = chunk.freeze();
                    return Found::Event(match kind {
                        Kind::Stdout => ExecEvent::Stdout(bytes),
                        Kind::Stderr => ExecEvent::Stderr(bytes),
                    });
                }
                if let Some(exit) = state.exit.take() {
                    return Found::Event(exit);
                }
                if state.has_exited {
                    return Found::End;
                }
                if state.closed {
                    return Found::Broken;
                }
            }
            self.changed.notified().await;
        }
    }

    /// Credit that should be granted back before more is read, if it is worth a message. It counts as granted from
    /// now on, because the box may use it before this task goes on; a grant that is dropped unsent takes it back.
    pub(crate) fn owed(&self) -> Option<Grant<'_>> {
        let mut state = self.lock();
        let worth_it = state.owed >= CREDIT_BYTES / 4 && !state.closed && !state.has_exited;
        worth_it.then(|| Grant { inbox: self, bytes: std::mem::take(&mut state.owed) })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A signal's name without `SIG`, and without the suffix of names that SSH does not know.
pub(crate) fn signal_name(signal: &Sig) -> String {
    match signal {
        Sig::ABRT => "ABRT",
        Sig::ALRM => "ALRM",
        Sig::FPE => "FPE",
        Sig::HUP => "HUP",
        Sig::ILL => "ILL",
        Sig::INT => "INT",
        Sig::KILL => "KILL",
        Sig::PIPE => "PIPE",
        Sig::QUIT => "QUIT",
        Sig::SEGV => "SEGV",
        Sig::TERM => "TERM",
        Sig::USR1 => "USR1",
        Sig::Custom(name) => name.split('@').next().unwrap_or(name),
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn output_is_put_together_and_keeps_its_order() -> Result<(), SshError> {
        let inbox = Inbox::new();
        for byte in *b"abc" {
            inbox.push(Kind::Stdout, &[byte])?;
        }
        inbox.push(Kind::Stderr, b"!")?;
        inbox.exit(ExecEvent::Exit { code: 3 });
        inbox.close();
        let mut seen = Vec::new();
        while let Found::Event(event) = inbox.next().await {
            seen.push(event);
        }
        let expected = [
            ExecEvent::Stdout(Bytes::from_static(b"abc")),
            ExecEvent::Stderr(Bytes::from_static(b"!")),
            ExecEvent::Exit { code: 3 },
        ];
        assert_eq!(seen, expected);
        Ok(())
    }

    #[tokio::test]
    async fn a_box_that_ignores_its_credit_is_caught() {
        let inbox = Inbox::new();
        let half = vec![0; CREDIT_BYTES as usize / 2];
        assert!(inbox.push(Kind::Stdout, &half).is_ok() && inbox.push(Kind::Stderr, &half).is_ok());
        assert!(matches!(inbox.push(Kind::Stdout, &[0]), Err(SshError::Protocol(_))));
        // Read, but not granted back yet.
        assert!(matches!(inbox.next().await, Found::Event(_)));
        assert!(inbox.push(Kind::Stdout, &[0]).is_err());
        drop(inbox.owed().expect("is worth it"));
        assert!(inbox.push(Kind::Stdout, &[0]).is_err(), "the grant was not sent");
        inbox.owed().expect("is worth it still").sent();
        assert!(inbox.push(Kind::Stdout, &[0]).is_ok());
        assert!(inbox.grant(1).is_err(), "no input was sent");
    }

    #[tokio::test]
    async fn a_lost_connection_is_no_clean_end() {
        let inbox = Inbox::new();
        inbox.close();
        assert!(matches!(inbox.next().await, Found::Broken));
        assert!(inbox.reply().await.is_none());
    }
}
