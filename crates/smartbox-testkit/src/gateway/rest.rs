//! How the double comes to rest, and what it will do by itself.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};
use smartbox_core::BoxId;

use super::GatewayDouble;

/// How a gateway answers the next wish that it come to rest. Without an order it is at rest at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rest {
    /// It does something.
    Busy,
    /// It ends what it does, and asks to come again.
    Draining,
    /// It never answers.
    Hangs,
}

/// What is kept of rest.
#[derive(Default)]
pub(super) struct Resting {
    answers: VecDeque<Rest>,
    /// Suspensions by box: the request that holds it.
    held: BTreeMap<BoxId, String>,
    prepared: u32,
    resumed: u32,
    next_run: Option<(i64, String)>,
    is_old: bool,
}

impl GatewayDouble {
    /// Answers the next wish to come to rest so.
    pub fn rest_next(&self, rest: Rest) {
        self.shared().rest.answers.push_back(rest);
    }

    /// Lets the gateways be of a version that cannot come to rest.
    pub fn be_old(&self) {
        self.shared().rest.is_old = true;
    }

    /// Lets a job be due at this time, in milliseconds since 1970.
    pub fn plan_run(&self, next: Option<(i64, &str)>) {
        self.shared().rest.next_run = next.map(|(at, job)| (at, job.to_owned()));
    }

    /// How often a gateway came to rest.
    pub fn rests(&self) -> u32 {
        self.shared().rest.prepared
    }

    /// How often a gateway was told to go on.
    pub fn resumes(&self) -> u32 {
        self.shared().rest.resumed
    }

    /// Lets time go by until the suspensions of these boxes have ended by themselves. Those that sleep know of no time.
    pub fn end_leases(&self, awake: &[BoxId]) {
        self.shared().rest.held.retain(|id, _request| !awake.contains(id));
    }

    /// Whether the gateway of a box is at rest.
    pub fn is_at_rest(&self, id: BoxId) -> bool {
        self.shared().rest.held.contains_key(&id)
    }

    /// The answer to a call about rest; `None`: there is none, now or ever.
    pub(super) fn answer_rest(&self, id: BoxId, method: &str, params: &Value) -> Option<Result<Value, ()>> {
        let rest = &mut self.shared().rest;
        let request = params["requestId"].as_str().unwrap_or_default().to_owned();
        let held =
            |id: &BoxId| json!({ "suspensionId": format!("s-{id}"), "expiresAtMs": 0, "blockers": [] });
        match method {
            _ if rest.is_old => Some(Err(())),
            "cron.list" => {
                let job =
                    |(at, name): &(i64, String)| json!({ "name": name, "enabled": true, "nextRunAtMs": at });
                Some(Ok(json!({ "jobs": rest.next_run.as_ref().map(job).into_iter().collect::<Vec<_>>() })))
            }
            "gateway.suspend.prepare" => {
                if rest.held.get(&id).is_some_and(|known| *known != request) {
                    return Some(Ok(json!({ "status": "conflict", "expiresAtMs": 0 })));
                }
                match rest.answers.pop_front() {
                    Some(Rest::Hangs) => None,
                    Some(Rest::Busy) => {
                        let blocker = json!({ "kind": "chat-run", "count": 1, "message": "a turn runs" });
                        Some(Ok(json!({ "status": "busy", "retryAfterMs": 20_000, "blockers": [blocker] })))
                    }
                    Some(Rest::Draining) => {
                        rest.held.insert(id, request);
                        let mut answer = held(&id);
                        answer["status"] = json!("draining");
                        Some(Ok(answer))
                    }
                    None => {
                        rest.held.insert(id, request);
                        rest.prepared += 1;
                        let mut answer = held(&id);
                        answer["status"] = json!("ready");
                        Some(Ok(answer))
                    }
                }
            }
            "gateway.suspend.resume" => {
                rest.resumed += 1;
                Some(Ok(json!({ "ok": true, "resumed": rest.held.remove(&id).is_some() })))
            }
            _ => Some(Err(())),
        }
    }
}
