//! Taking the connections of one listener: bounded, drained at the end, alive through passing failures.

use std::io;
use std::time::Duration;

use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::accept::{Accept, Duplex};

/// After so many failures in a row a listener is taken as dead.
const ACCEPT_FAILURES_MAX: u32 = 10;
/// Pause after the first failure; it grows with each further one.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// A box is no longer served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The listener does not work any more. Make a new one.
    #[error("the listener in the box failed {ACCEPT_FAILURES_MAX} times in a row")]
    Listener(#[source] io::Error),
}

/// Serves each connection until `stop`, never more than `connections_max` at once; then drops the listener and lets
/// connections end, for as long as `drain`. Dropping the future ends everything at once.
///
/// # Errors
/// If the listener fails again and again.
pub(crate) async fn serve_each<F>(
    mut listener: impl Accept,
    connections_max: usize,
    drain: Duration,
    stop: CancellationToken,
    mut serve: impl FnMut(Box<dyn Duplex>, CancellationToken) -> F,
) -> Result<(), ServeError>
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut connections = JoinSet::new();
    // Connections also end when the listener is dead.
    let stop = stop.child_token();
    let mut failures = 0;
    let ended = loop {
        let full = connections.len() >= connections_max;
        let accepted = tokio::select! { biased;
            () = stop.cancelled() => break Ok(()),
            Some(ended) = connections.join_next() => { report(ended); continue }
            accepted = listener.accept(), if !full => accepted,
        };
        match accepted {
            Ok(stream) => {
                failures = 0;
                connections.spawn(serve(stream, stop.clone()));
            }
            Err(error) => {
                failures += 1;
                if failures == ACCEPT_FAILURES_MAX {
                    break Err(ServeError::Listener(error));
                }
                tracing::warn!(%error, "cannot take a connection from a box");
                tokio::time::sleep(ACCEPT_PAUSE * failures).await;
            }
        }
    };
    stop.cancel();
    drop(listener);
    end(connections, drain).await;
    ended
}

/// Lets connections end; cuts those that take longer than `patience`.
async fn end(mut connections: JoinSet<()>, patience: Duration) {
    let drained = async {
        while let Some(ended) = connections.join_next().await {
            report(ended);
        }
    };
    if tokio::time::timeout(patience, drained).await.is_err() {
        connections.shutdown().await;
    }
}

fn report(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(%error, "a connection from a box panicked");
    }
}
