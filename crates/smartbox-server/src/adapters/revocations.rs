//! A right that ends closes what it has opened at the edge.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use smartbox_core::Tie;
use smartbox_edge::Sockets;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use crate::metrics::Dropped;

/// What clients are told.
const REASON: &str = "you were signed out";
const BEHIND: &str = "sign in again";

/// Passes revocations on, until told to stop.
pub(crate) async fn follow(
    mut revocations: Receiver<Tie>,
    sockets: Sockets,
    dropped: Arc<Dropped>,
    stop: CancellationToken,
) {
    loop {
        let told = tokio::select! { biased;
            () = stop.cancelled() => return,
            told = revocations.recv() => told,
        };
        match told {
            Ok(tie) => drop(sockets.close(&tie, REASON)),
            // Which rights have ended is not known any more: everybody proves theirs again.
            Err(RecvError::Lagged(missed)) => {
                tracing::warn!(missed, "revocations came too fast: every connection is closed");
                dropped.revocations.fetch_add(missed, Relaxed);
                sockets.close_all(BEHIND);
            }
            Err(RecvError::Closed) => return,
        }
    }
}
