//! What was refused, told to owners: an event each, and not more than they can read. What is too much for events, and everything else
//! that the proxy tells, is a line of a log.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use smartbox_control::{BoxConnection, Came, Control};
use smartbox_core::BoxId;
use smartbox_egress::{EndedConnection, RefusedRequest, Report};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::connections::Connections;
use crate::metrics::Dropped;

/// Refusals that wait to be told. What does not fit is not told.
const WAITING_MAX: usize = 256;
/// Events of one box within a window, and how long that is.
const EVENTS_MAX: u32 = 10;
/// See the one before.
const WINDOW: Duration = Duration::from_secs(600);
/// Boxes that are counted.
const BOXES_MAX: usize = 4096;

/// A refusal on its way to the owner.
pub(crate) type Noted = RefusedRequest;

/// Puts what the proxy tells into bounded channels.
pub(crate) struct Reports {
    tell: mpsc::Sender<Noted>,
    connections: Connections,
    dropped: Arc<Dropped>,
}

impl Reports {
    /// Both ends of the channel of refusals.
    pub(crate) fn new(connections: Connections, dropped: Arc<Dropped>) -> (Self, mpsc::Receiver<Noted>) {
        let (tell, told) = mpsc::channel(WAITING_MAX);
        (Self { tell, connections, dropped }, told)
    }
}

impl Report for Reports {
    fn refused(&self, request: RefusedRequest) {
        // A box that asks for much that is refused shall not fill anything: the first ones say enough.
        if self.tell.try_send(request).is_err() {
            self.dropped.refusals.fetch_add(1, Relaxed);
        }
    }

    fn failed(&self, request: RefusedRequest) {
        let RefusedRequest { box_id, target, reason, message } = request;
        self.connections.tell(BoxConnection { box_id, target, came: Came::Failed { reason, message } });
    }

    fn ended(&self, connection: EndedConnection) {
        let EndedConnection { box_id, target, took, sent, received, end } = connection;
        let came = Came::Ended { how: end, took, sent, received };
        self.connections.tell(BoxConnection { box_id, target, came });
    }
}

/// Tells refusals until `stop`.
pub(crate) async fn follow(
    control: Control,
    mut told: mpsc::Receiver<Noted>,
    connections: Connections,
    stop: CancellationToken,
) {
    let mut windows = Windows::default();
    loop {
        let noted = tokio::select! { biased;
            () = stop.cancelled() => return,
            noted = told.recv() => noted,
        };
        let Some(noted) = noted else { return };
        if !windows.take(&noted, Instant::now()) {
            let RefusedRequest { box_id, target, reason, message } = noted;
            connections.tell(BoxConnection { box_id, target, came: Came::Refused { reason, message } });
            continue;
        }
        let written =
            control.note_egress_refused(noted.box_id, &noted.target, noted.reason, &noted.message).await;
        if let Err(error) = written {
            tracing::warn!(box.id = %noted.box_id, error = &error as &dyn std::error::Error, "a refusal was not put down");
        }
    }
}

/// How much was told of each box.
#[derive(Default)]
struct Windows(HashMap<BoxId, Window>);

struct Window {
    since: Instant,
    told: Vec<(String, &'static str)>,
}

impl Windows {
    /// Whether this one is told: nothing twice, and not too much.
    fn take(&mut self, noted: &Noted, now: Instant) -> bool {
        if self.0.len() >= BOXES_MAX {
            self.0.retain(|_, window| now.duration_since(window.since) < WINDOW);
        }
        if self.0.len() >= BOXES_MAX && !self.0.contains_key(&noted.box_id) {
            return false;
        }
        let window = self.0.entry(noted.box_id).or_insert_with(|| Window { since: now, told: Vec::new() });
        if now.duration_since(window.since) >= WINDOW {
            *window = Window { since: now, told: Vec::new() };
        }
        let is_new =
            !window.told.iter().any(|(target, reason)| *target == noted.target && *reason == noted.reason);
        let fits = u32::try_from(window.told.len()).is_ok_and(|told| told < EVENTS_MAX);
        if is_new && fits {
            window.told.push((noted.target.clone(), noted.reason));
        }
        is_new && fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(target: &str) -> Noted {
        let box_id = "box_01890a5d5a5a7b6c8d9e0f1a2b3c4d5e".parse().unwrap();
        Noted { box_id, target: target.to_owned(), reason: "denied", message: String::new() }
    }

    #[test]
    fn a_box_is_told_of_each_refusal_once_and_of_few_in_a_while() {
        let mut windows = Windows::default();
        let now = Instant::now();
        assert!(windows.take(&noted("a:1"), now));
        assert!(!windows.take(&noted("a:1"), now), "the same again");
        let more = (0..20).filter(|i| windows.take(&noted(&format!("b:{i}")), now)).count();
        assert_eq!(more, 9);
        assert!(windows.take(&noted("a:1"), now + WINDOW), "later it is news again");
    }
}
