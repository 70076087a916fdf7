//! What a client has sent and the program has not taken yet.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::sync::Notify;

use super::gate::Gate;
use super::output::Outlet;
use crate::exec::CREDIT_BYTES;

/// Taken input is reported in steps of this: an eighth of what a client may have waiting.
const GRANT_STEP: usize = CREDIT_BYTES as usize / 8;

/// A program is fed in pieces of at most this size, so that what it has taken is known early.
const PIECE_BYTES_MAX: usize = 32 * 1024;

/// How much a client may have waiting.
#[derive(Clone)]
pub(crate) enum Bound {
    /// The client counts credit: more than it has is a breach.
    Credit,
    /// It does not: its connection is not read from while too much waits.
    Gate(Gate),
}

/// Input of one session. Both ends share it.
#[derive(Clone)]
pub(crate) struct Input(Arc<Shared>);

struct Shared {
    bound: Bound,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    waiting: BytesMut,
    finished: bool,
    /// The program does not read any more: what comes is thrown away.
    unwanted: bool,
    /// Taken by [`Input::take`] and not consumed yet.
    taken: usize,
    /// Consumed, and not yet reported to a client that counts credit.
    owed: usize,
}

/// A client sent more than its credit.
#[derive(Debug, thiserror::Error)]
#[error("the client sent more than its credit")]
pub(crate) struct CreditExceeded;

impl Input {
    /// Nothing waits yet.
    pub(crate) fn new(bound: Bound) -> Self {
        Self(Arc::new(Shared { bound, state: Mutex::default(), changed: Notify::new() }))
    }

    /// Adds what arrived.
    pub(crate) fn push(&self, bytes: &[u8]) -> Result<(), CreditExceeded> {
        let mut state = self.lock();
        match &self.0.bound {
            Bound::Credit => {
                let credit = usize::try_from(CREDIT_BYTES).unwrap_or(usize::MAX);
                if state.waiting.len() + state.taken + state.owed + bytes.len() > credit {
                    return Err(CreditExceeded);
                }
            }
            Bound::Gate(_) if state.unwanted => return Ok(()),
            Bound::Gate(gate) => gate.add(bytes.len()),
        }
        state.waiting.extend_from_slice(bytes);
        drop(state);
        self.0.changed.notify_one();
        Ok(())
    }

    /// No more will come.
    pub(crate) fn finish(&self) {
        self.lock().finished = true;
        self.0.changed.notify_one();
    }

    /// Feeds a program until the input ends. Reports what was consumed through `grants`, for a client that counts.
    pub(crate) async fn feed(&self, mut program: impl AsyncWrite + Unpin + Send, grants: &impl Outlet) {
        while let Some(bytes) = self.take().await {
            let result = program.write_all(&bytes).await;
            self.consume(&bytes, grants).await;
            if let Err(error) = result {
                if error.kind() != io::ErrorKind::BrokenPipe {
                    tracing::debug!(%error, "a program takes no input");
                }
                drop(program);
                return self.discard(grants).await;
            }
        }
        // For a pipe, dropping it here is the end of the program's input.
    }

    /// Throws away what still comes, so that no client is held up.
    async fn discard(&self, grants: &impl Outlet) {
        self.lock().unwanted = true;
        while let Some(bytes) = self.take().await {
            self.consume(&bytes, grants).await;
        }
    }

    async fn take(&self) -> Option<Bytes> {
        loop {
            {
                let mut state = self.lock();
                if !state.waiting.is_empty() {
                    let size = state.waiting.len().min(PIECE_BYTES_MAX);
                    state.taken = size;
                    return Some(state.waiting.split_to(size).freeze());
                }
                if state.finished {
                    return None;
                }
            }
            self.0.changed.notified().await;
        }
    }

    async fn consume(&self, bytes: &Bytes, grants: &impl Outlet) {
        if let Bound::Gate(gate) = &self.0.bound {
            self.lock().taken = 0;
            return gate.remove(bytes.len());
        }
        let grant = {
            let mut state = self.lock();
            state.taken = 0;
            state.owed += bytes.len();
            if state.owed < GRANT_STEP {
                return;
            }
            std::mem::take(&mut state.owed)
        };
        let grant = u32::try_from(grant).unwrap_or(u32::MAX).to_be_bytes();
        // A connection that is gone ends the session elsewhere.
        let _ = grants.send(Bytes::copy_from_slice(&grant)).await;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Bound::Gate(gate) = &self.bound {
            let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
            gate.remove(state.waiting.len() + state.taken);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;
    use tokio::sync::mpsc;

    use super::super::output::Closed;
    use super::*;

    struct Grants(mpsc::UnboundedSender<Bytes>);

    impl Outlet for Grants {
        async fn send(&self, bytes: Bytes) -> Result<(), Closed> {
            self.0.send(bytes).map_err(|_gone| Closed)
        }
    }

    const CREDIT: usize = CREDIT_BYTES as usize;

    #[tokio::test]
    async fn a_client_that_counts_gets_its_credit_back_as_the_program_reads() -> anyhow::Result<()> {
        let (sender, mut grants) = mpsc::unbounded_channel();
        let input = Input::new(Bound::Credit);
        input.push(&vec![1; CREDIT])?;
        assert!(input.push(&[1]).is_err(), "more than the credit");
        input.finish();
        let (program, mut reader) = tokio::io::duplex(1000);
        let mut read = Vec::new();
        let outlet = Grants(sender);
        tokio::join!(input.feed(program, &outlet), reader.read_to_end(&mut read)).1?;
        assert_eq!(read.len(), CREDIT);
        let mut granted = 0;
        while let Ok(grant) = grants.try_recv() {
            granted += crate::exec::decode_credit(&grant).expect("is well-formed");
        }
        assert_eq!(granted, CREDIT_BYTES);
        Ok(())
    }

    #[tokio::test]
    async fn input_that_nobody_wants_holds_nobody_up() -> anyhow::Result<()> {
        let (sender, _grants) = mpsc::unbounded_channel();
        let gate = Gate::default();
        let input = Input::new(Bound::Gate(gate.clone()));
        let (program, reader) = tokio::io::duplex(10);
        drop(reader);
        input.push(&vec![1; 4 * 1024 * 1024])?;
        assert!(gate.is_shut());
        input.finish();
        input.feed(program, &Grants(sender)).await;
        assert!(!gate.is_shut());
        input.push(&vec![1; 4 * 1024 * 1024])?;
        assert!(!gate.is_shut());
        Ok(())
    }

    #[test]
    fn a_session_that_ends_opens_the_gate() -> Result<(), CreditExceeded> {
        let gate = Gate::default();
        let input = Input::new(Bound::Gate(gate.clone()));
        input.push(&vec![1; 4 * 1024 * 1024])?;
        drop(input);
        assert!(!gate.is_shut());
        Ok(())
    }
}
