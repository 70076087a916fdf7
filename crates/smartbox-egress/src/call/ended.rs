//! Calls that have ended, on their way to whoever settles and keeps them.
//!
//! A call takes its place in the queue when it begins, so that its end is never lost for want of room: who finds no place is
//! turned away before anything is spent.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::mpsc::{self, OwnedPermit};
use tokio_util::sync::CancellationToken;

use crate::ports::{CallRecord, ModelPorts, Reservation, Spent};

/// Calls under way and calls whose end is not put down yet, together.
pub(crate) const CALLS_MAX: usize = 4096;
/// Calls that are put down together.
const BATCH_MAX: usize = 256;
/// How often something is tried to be put down.
const TRIES_MAX: u32 = 5;
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(500);

/// A call that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) record: CallRecord,
    /// The model that was really asked.
    pub(crate) model: Option<String>,
    pub(crate) reservation: Option<Reservation>,
    /// Tokens that the minute's limit still counts for it.
    pub(crate) taken: Option<u64>,
}

/// A place in the queue.
#[derive(Debug)]
pub(crate) struct Place(OwnedPermit<Ended>);

impl Place {
    /// Hands the end of a call over.
    pub(crate) fn tell(self, ended: Ended) {
        self.0.send(ended);
    }
}

/// The queue.
#[derive(Debug)]
pub(crate) struct EndedCalls {
    sender: mpsc::Sender<Ended>,
    /// Until somebody runs the queue.
    receiver: Mutex<Option<mpsc::Receiver<Ended>>>,
}

impl EndedCalls {
    pub(crate) fn new() -> Self {
        let (sender, receiver) = mpsc::channel(CALLS_MAX);
        Self { sender, receiver: Mutex::new(Some(receiver)) }
    }

    /// A place for a call, if there is one.
    pub(crate) fn place(&self) -> Option<Place> {
        self.sender.clone().try_reserve_owned().ok().map(Place)
    }

    /// Puts ended calls down until told to stop, and then those that are there. `settled` hears of each.
    pub(crate) async fn run(&self, ports: &ModelPorts, stop: CancellationToken, settled: impl Fn(&Ended)) {
        let Some(mut receiver) = self.take() else { return };
        let mut batch = Vec::with_capacity(BATCH_MAX);
        loop {
            let received = tokio::select! { biased;
                received = receiver.recv_many(&mut batch, BATCH_MAX) => received,
                () = stop.cancelled() => break,
            };
            if received == 0 {
                return;
            }
            put_down(ports, &mut batch, &settled).await;
        }
        self.give_back(receiver);
        self.flush(ports, settled).await;
    }

    /// Puts down what is there, for whoever knows that no call is under way any more.
    pub(crate) async fn flush(&self, ports: &ModelPorts, settled: impl Fn(&Ended)) {
        let Some(mut receiver) = self.take() else { return };
        let mut batch = Vec::new();
        while let Ok(ended) = receiver.try_recv() {
            batch.push(ended);
        }
        put_down(ports, &mut batch, &settled).await;
        self.give_back(receiver);
    }

    fn take(&self) -> Option<mpsc::Receiver<Ended>> {
        self.receiver.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn give_back(&self, receiver: mpsc::Receiver<Ended>) {
        *self.receiver.lock().unwrap_or_else(PoisonError::into_inner) = Some(receiver);
    }
}

async fn put_down(ports: &ModelPorts, batch: &mut Vec<Ended>, settled: &impl Fn(&Ended)) {
    batch.iter().for_each(settled);
    // Side by side, because whoever settles may put many down in one go.
    join_all(batch.iter().map(|ended| settle(ports, ended))).await;
    let records: Vec<CallRecord> = batch.drain(..).map(|ended| ended.record).collect();
    if !records.is_empty() {
        retried("model calls", || ports.log.record(&records)).await;
    }
}

async fn settle(ports: &ModelPorts, ended: &Ended) {
    let Some(reservation) = &ended.reservation else { return };
    let spent = Spent {
        model: ended.model.clone().unwrap_or_else(|| ended.record.model.clone()),
        provider: ended.record.provider.clone().unwrap_or_default(),
        tokens: ended.record.tokens,
        nanos: ended.record.nanos,
    };
    retried("what a model call has cost", || ports.spend.settle(reservation, &spent)).await;
}

async fn retried<F>(what: &'static str, mut put: impl FnMut() -> F)
where
    F: Future<Output = Result<(), String>>,
{
    for attempt in 1..=TRIES_MAX {
        match put().await {
            Ok(()) => return,
            Err(error) if attempt == TRIES_MAX => {
                tracing::error!(%error, what, "could not be put down and is lost")
            }
            Err(error) => {
                tracing::warn!(%error, what, "could not be put down yet");
                tokio::time::sleep(PAUSE * attempt).await;
            }
        }
    }
}
