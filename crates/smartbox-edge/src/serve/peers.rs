//! Where other platforms come in. Nobody else is answered there.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::time::sleep;

use super::{ACCEPT_PAUSE, accept, connection};
use crate::bind::EdgeListener;
use crate::edge::Shared;

/// Serves until the stop signal. What is under way then is part of the edge's own drain.
pub(crate) async fn serve(shared: Arc<Shared>, listener: EdgeListener) {
    let places = Arc::new(Semaphore::new(shared.config.connections_max));
    loop {
        let accepted = tokio::select! {
            biased;
            () = shared.stop.cancelled() => return,
            () = shared.hard.cancelled() => return,
            accepted = accept(&listener, &places) => accepted,
        };
        match accepted {
            Ok((stream, mut connection)) => {
                connection.is_internal = true;
                shared.connections.spawn(connection::serve(Arc::clone(&shared), stream, connection, None));
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection of a platform");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
