//! Connections of boxes on their way into logs: past a bounded queue, so that no connection waits for a disk.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use smartbox_control::{BoxConnection, Control};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::metrics::Dropped;

/// Connections that wait to be put down, of all boxes. What does not fit is counted and put down nowhere.
const WAITING_MAX: usize = 4096;
/// Most that are put down at once: one write for each box among them.
const BATCH_MAX: usize = 512;

/// The way in.
#[derive(Clone)]
pub(crate) struct Connections {
    tell: mpsc::Sender<BoxConnection>,
    dropped: Arc<Dropped>,
}

impl Connections {
    /// Both ends.
    pub(crate) fn new(dropped: Arc<Dropped>) -> (Self, mpsc::Receiver<BoxConnection>) {
        let (tell, told) = mpsc::channel(WAITING_MAX);
        (Self { tell, dropped }, told)
    }

    /// Takes note of one, or counts that it was dropped.
    pub(crate) fn tell(&self, connection: BoxConnection) {
        if self.tell.try_send(connection).is_err() {
            self.dropped.connections.fetch_add(1, Relaxed);
        }
    }
}

/// Puts them down until `stop`, and then what is there.
pub(crate) async fn follow(
    control: Control,
    mut told: mpsc::Receiver<BoxConnection>,
    dropped: Arc<Dropped>,
    stop: CancellationToken,
) {
    let mut batch = Vec::with_capacity(BATCH_MAX);
    loop {
        let is_last = tokio::select! { biased;
            received = told.recv_many(&mut batch, BATCH_MAX) => received == 0,
            () = stop.cancelled() => true,
        };
        if is_last {
            return;
        }
        let lost = control.note_connections(&batch).await;
        dropped.connections.fetch_add(lost as u64, Relaxed);
        batch.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_counted_and_nobody_waits() {
        let dropped = Arc::new(Dropped::default());
        let (connections, mut told) = Connections::new(Arc::clone(&dropped));
        let box_id = "box_01890a5d5a5a7b6c8d9e0f1a2b3c4d5e".parse().unwrap();
        let came = smartbox_control::Came::Failed { reason: "unresolved", message: String::new() };
        for _ in 0..WAITING_MAX + 3 {
            connections.tell(BoxConnection { box_id, target: "a:1".to_owned(), came: came.clone() });
        }
        assert_eq!(dropped.connections.load(Relaxed), 3);
        assert_eq!(std::iter::from_fn(|| told.try_recv().ok()).count(), WAITING_MAX);
    }
}
