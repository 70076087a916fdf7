//! What is told of a wake or a start that has come about: how long it took, who asked for it, and the sleep before.

use jiff::Timestamp;
use serde_json::{Value, json};
use smartbox_store::Smartbox;

use crate::explain::RUNS;
use crate::{Control, Error};

/// Events of whoever wants a box to run.
const WISHES: [&str; 3] = ["box.woken", "box.wake-requested", "box.start-requested"];
/// Events that begin a sleep.
const SLEEPS: [&str; 3] = ["box.sleep-begun", "box.sleep-requested", "box.sleep-begun"];

/// The detail of the event that says that a box runs. `begun`: when this process began to bring it about.
pub(super) async fn story(
    control: &Control,
    row: &Smartbox,
    begun: Option<Timestamp>,
    now: Timestamp,
) -> Result<Value, Error> {
    let org = control.inner.store.org(row.org);
    let mut detail = json!({});
    if let Some(begun) = begun {
        detail["took_ms"] = json!(millis(begun, now));
    }
    let run = org.latest_event(row.id, RUNS).await?.map_or(0, |event| event.seq);
    // What was wished before the box last ran has been fulfilled.
    if let Some(wish) = org.latest_event(row.id, WISHES).await?.filter(|wish| wish.seq > run) {
        detail["by"] = json!(wish.actor);
        detail["why"] = json!(wish.reason);
    }
    if let Some(slept) = org.latest_event(row.id, SLEEPS).await?.filter(|slept| slept.seq > run) {
        detail["slept_ms"] = json!(millis(slept.at, now));
    }
    Ok(detail)
}

/// Whole milliseconds between two moments; none when the clock was set back in between.
fn millis(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.duration_since(from).as_millis()).unwrap_or(0)
}
