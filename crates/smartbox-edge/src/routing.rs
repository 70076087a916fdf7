//! Which upstream a request goes to, and how the candidate does.
//!
//! Where no routing flag names another server, this costs one look at the flags. A request stays with the upstream that
//! was chosen when it began: a change of a flag is for those that begin later.

use std::sync::Arc;
use std::time::Duration;

use http::header::{RETRY_AFTER, VIA};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use smartbox_core::routing::{
    BaseUrl, Outcome, OutcomeKind, RouteName, RoutingFlag, RoutingFlags, Side, Upstream,
};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::body::Body;

mod counted;

/// A caller who waited so long for an answer, and left, counts as one who got none.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the edge has to know to send requests elsewhere.
#[derive(Clone)]
pub struct Routing {
    flags: watch::Receiver<Arc<RoutingFlags>>,
    outcomes: mpsc::Sender<Outcome>,
    name: Arc<str>,
}

impl Routing {
    /// Follows these flags, and tells how candidates do. What does not fit into the channel is not counted.
    ///
    /// `name` is this process's own, and no other's, in `Via` (RFC 9110 §7.6.3): a request that comes back is known by
    /// it. Letters, digits and `-`.
    pub fn new(
        flags: watch::Receiver<Arc<RoutingFlags>>,
        outcomes: mpsc::Sender<Outcome>,
        name: impl Into<Arc<str>>,
    ) -> Self {
        Self { flags, outcomes, name: name.into() }
    }

    /// Chooses for a caller; `None` where there is nothing to choose.
    pub(crate) fn choose(&self, name: RouteName, caller: impl FnOnce() -> String) -> Option<Choice> {
        let flags = self.flags.borrow();
        let flag = flags.get(name);
        (!flag.is_unused()).then(|| Choice::new(flag, flag.side_of(&caller()), self.outcomes.clone()))
    }

    /// Whether a request has been here before.
    pub(crate) fn has_seen(&self, headers: &HeaderMap) -> bool {
        let hops = headers.get_all(VIA).iter().filter_map(|value| value.to_str().ok());
        // `1.1 name (comment), …`
        hops.flat_map(|value| value.split(','))
            .any(|hop| hop.split_ascii_whitespace().nth(1) == Some(&*self.name))
    }

    /// Signs a request that leaves.
    pub(crate) fn sign(&self, headers: &mut HeaderMap) {
        if let Ok(hop) = HeaderValue::try_from(format!("1.1 {}", self.name)) {
            headers.append(VIA, hop);
        }
    }
}

/// Where one request goes. Dropped without an answer, it says so if the caller had waited long.
pub(crate) struct Choice {
    counted: Counted,
    upstream: Upstream,
    /// Where it goes if it cannot be sent there.
    primary: Upstream,
}

/// The version of a route for which outcomes are counted, while they are.
struct Counted {
    route: RouteName,
    version: i64,
    outcomes: mpsc::Sender<Outcome>,
    began: Instant,
    /// Only the candidate's outcomes are, once each.
    is_open: bool,
}

impl Choice {
    fn new(flag: &RoutingFlag, side: Side, outcomes: mpsc::Sender<Outcome>) -> Self {
        let is_open = side == Side::Candidate;
        let began = Instant::now();
        let counted = Counted { route: flag.name, version: flag.version, outcomes, began, is_open };
        Self { counted, upstream: flag.upstream(side).clone(), primary: flag.primary.clone() }
    }

    /// The other server; `None` for this platform.
    pub(crate) fn foreign(&self) -> Option<Arc<BaseUrl>> {
        match &self.upstream {
            Upstream::Own => None,
            Upstream::Foreign(base) => Some(Arc::clone(base)),
        }
    }

    /// Turns to the primary, because nothing could be sent to the candidate. Says whether there was another one to turn to.
    pub(crate) fn fall_back(&mut self) -> bool {
        self.counted.count(OutcomeKind::Failed);
        let has_other = self.upstream != self.primary;
        self.upstream.clone_from(&self.primary);
        has_other
    }

    /// Counts an answer, and goes on watching its body.
    pub(crate) fn settle(mut self, response: Response<Body>) -> Response<Body> {
        if !self.counted.is_open {
            return response;
        }
        if self.upstream == Upstream::Own && is_wait(&response) {
            self.counted.is_open = false;
            return response;
        }
        if response.status().is_server_error() {
            self.counted.count(OutcomeKind::Failed);
            return response;
        }
        self.counted.count(OutcomeKind::Answered);
        let (route, version, outcomes) =
            (self.counted.route, self.counted.version, self.counted.outcomes.clone());
        let broke_off = Outcome { route, version, kind: OutcomeKind::BrokeOff };
        response.map(|body| counted::watch(body, outcomes, broke_off))
    }
}

/// Counts an answer, if there was a choice.
pub(crate) fn settle(choice: Option<Choice>, response: Response<Body>) -> Response<Body> {
    match choice {
        Some(choice) => choice.settle(response),
        None => response,
    }
}

/// Whether this platform asks for a moment's patience, as while a box starts: that is neither good nor bad.
fn is_wait(response: &Response<Body>) -> bool {
    response.status() == StatusCode::SERVICE_UNAVAILABLE && response.headers().contains_key(RETRY_AFTER)
}

impl Counted {
    fn count(&mut self, kind: OutcomeKind) {
        if std::mem::take(&mut self.is_open) {
            // Full or closed: a count is lost, and no request waits for it.
            let _lost = self.outcomes.try_send(Outcome { route: self.route, version: self.version, kind });
        }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        if self.is_open && self.began.elapsed() >= PATIENCE {
            self.count(OutcomeKind::Failed);
        }
    }
}

#[cfg(test)]
mod tests;
