//! What boxes use and may use: sums, plans, budgets, spending.

mod gauges;
mod holds;
mod killed;
mod plans;
mod spending;
mod sums;
mod traffic;
mod warnings;

use jiff::Timestamp;
use smartbox_core::ledger::{Ask, Budget, Caps};
use smartbox_core::{BoxId, SpendId};
use smartbox_store::{EgressUsage, NewEvent, Reached, Settled, SpendAsk, Spent};

use crate::support::{at, event};

/// An event for each percentage that is reached.
pub(crate) fn tell(reached: &Reached) -> NewEvent {
    let mut told = event("budget.reached");
    told.reason = format!("{} {}", reached.percent, reached.bound.measure);
    told
}

pub(crate) fn spend_id(n: u32) -> SpendId {
    let mut random = [0; 10];
    random[6..].copy_from_slice(&n.to_be_bytes());
    SpendId::from_parts(at(0), random)
}

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn traffic(box_id: BoxId, bytes: u64) -> EgressUsage {
    EgressUsage { box_id, sent: bytes, received: 2 * bytes, connections: 1, requests: 3 }
}

fn ask(n: u32, box_id: BoxId, tokens: u64, until: i64) -> SpendAsk {
    let ask = Ask { bytes: 0, tokens, nanos: tokens * 10 };
    SpendAsk { id: spend_id(n), box_id, ask, expires_at: at(until) }
}

fn settled(n: u32, box_id: BoxId, tokens: u64) -> Settled {
    let spent = Spent {
        model: "m".to_owned(),
        provider: "p".to_owned(),
        input: tokens,
        nanos: tokens * 10,
        ..Spent::default()
    };
    Settled { id: spend_id(n), box_id, spent }
}

fn daily_tokens(tokens: u64) -> Budget {
    Budget { day: Caps { tokens: Some(tokens), ..Caps::default() }, month: Caps::default() }
}
