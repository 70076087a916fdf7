//! Carries what a program prints to the client, never faster than the client takes it.

use std::time::Duration;

use bytes::{BufMut as _, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::exec::CREDIT_BYTES;

/// Most bytes taken from a program at a time: one SSH packet.
const READ_BYTES_MAX: usize = 32 * 1024;
/// Once the program has ended, its streams may be held open by others. They are read until they were silent for
/// this long …
const QUIET: Duration = Duration::from_millis(250);
/// … or this much was read: the program itself cannot have left more than a full pipe (64 KiB).
const AFTER_END_BYTES_MAX: usize = 96 * 1024;

/// How much may be sent before the client has taken some.
pub(crate) enum Credit {
    /// As much as SSH's own window allows.
    Window,
    /// As much as the client has granted.
    Counted(Semaphore),
}

/// A client granted more than it can have.
#[derive(Debug, thiserror::Error)]
#[error("the client granted too much credit")]
pub(crate) struct TooMuchCredit;

impl Credit {
    /// What a client that counts credit begins with.
    pub(crate) fn counted() -> Self {
        Self::Counted(Semaphore::new(usize::try_from(CREDIT_BYTES).unwrap_or(usize::MAX)))
    }

    /// The client has taken `bytes`.
    pub(crate) fn grant(&self, bytes: u32) -> Result<(), TooMuchCredit> {
        let Self::Counted(semaphore) = self else { return Ok(()) };
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        let most = usize::try_from(CREDIT_BYTES).unwrap_or(usize::MAX);
        if semaphore.available_permits().saturating_add(bytes) > most {
            return Err(TooMuchCredit);
        }
        semaphore.add_permits(bytes);
        Ok(())
    }

    /// Waits until at least one byte may be sent; takes as many as one read can use.
    async fn reserve(&self) -> usize {
        let Self::Counted(semaphore) = self else { return READ_BYTES_MAX };
        let Ok(first) = semaphore.acquire().await else {
            return std::future::pending().await; // never closed
        };
        first.forget();
        let more = semaphore.available_permits().min(READ_BYTES_MAX - 1);
        match u32::try_from(more).map(|more| semaphore.try_acquire_many(more)) {
            Ok(Ok(permits)) => {
                permits.forget();
                1 + more
            }
            _ => 1,
        }
    }

    fn give_back(&self, bytes: usize) {
        if let Self::Counted(semaphore) = self {
            semaphore.add_permits(bytes);
        }
    }
}

/// The channel has been closed, by the client or with its connection.
#[derive(Debug)]
pub(crate) struct Closed;

/// A way to the client.
pub(crate) trait Outlet: Sync {
    /// Waits until the client's window has room for all of it.
    fn send(&self, bytes: Bytes) -> impl Future<Output = Result<(), Closed>> + Send;
}

/// Carries one stream until it ends, or until the program has ended and the stream is silent.
pub(crate) async fn pump(
    mut stream: impl AsyncRead + Unpin + Send,
    credit: &Credit,
    ended: &CancellationToken,
    outlet: &impl Outlet,
) -> Result<(), Closed> {
    let mut after_end = 0;
    while after_end < AFTER_END_BYTES_MAX {
        let room = credit.reserve().await;
        let mut buffer = BytesMut::with_capacity(room).limit(room);
        let silence = async {
            ended.cancelled().await;
            tokio::time::sleep(QUIET).await;
        };
        let result = tokio::select! {
            biased;
            result = stream.read_buf(&mut buffer) => result,
            () = silence => Ok(0),
        };
        let length = *result.as_ref().unwrap_or(&0);
        credit.give_back(room - length);
        if let Err(error) = result {
            tracing::debug!(%error, "cannot read a program's output");
        }
        if length == 0 {
            return Ok(());
        }
        if ended.is_cancelled() {
            after_end += length;
        }
        outlet.send(buffer.into_inner().freeze()).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[derive(Default)]
    struct Counter(AtomicUsize);

    impl Outlet for Counter {
        async fn send(&self, bytes: Bytes) -> Result<(), Closed> {
            self.0.fetch_add(bytes.len(), Ordering::Relaxed);
            Ok(())
        }
    }

    #[tokio::test]
    async fn no_more_is_read_than_the_client_has_granted() -> anyhow::Result<()> {
        let (credit, counter, ended) = (Credit::counted(), Counter::default(), CancellationToken::new());
        let most = usize::try_from(CREDIT_BYTES)?;
        let pumping = pump(tokio::io::repeat(b'y'), &credit, &ended, &counter);
        tokio::pin!(pumping);
        let early = tokio::time::timeout(Duration::from_millis(100), &mut pumping).await;
        assert!(early.is_err());
        assert_eq!(counter.0.load(Ordering::Relaxed), most);
        credit.grant(1000)?;
        let early = tokio::time::timeout(Duration::from_millis(100), &mut pumping).await;
        assert!(early.is_err());
        assert_eq!(counter.0.load(Ordering::Relaxed), most + 1000);
        assert!(credit.grant(CREDIT_BYTES + 1).is_err());
        Ok(())
    }

    #[tokio::test]
    async fn an_ended_program_does_not_keep_a_session_open_through_others() {
        let (silent, held_open) = tokio::io::duplex(10);
        let (counter, ended) = (Counter::default(), CancellationToken::new());
        ended.cancel();
        pump(silent, &Credit::Window, &ended, &counter).await.expect("ends");
        drop(held_open);
        pump(tokio::io::repeat(b'y'), &Credit::Window, &ended, &counter).await.expect("ends");
    }
}
