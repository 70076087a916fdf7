//! Asks a gateway to come to rest (OpenClaw's `gateway.suspend.*`), and lets it go on.

use std::time::Duration;

use smartbox_core::BoxId;
use smartbox_openclaw::ClientError;
use smartbox_openclaw::client::{SuspendState, Suspension, Timeouts};
use smartbox_store::{Due, Smartbox, SystemActor};
use tokio::time::{Instant, sleep, timeout};

use super::fence::Fence;
use crate::Control;
use crate::gateway::AtRest;

/// How long a gateway may take for each answer. Measured: 9 to 24 ms.
const TIMEOUTS: Timeouts = Timeouts { connect: Duration::from_secs(10), call: Duration::from_secs(10) };
/// How long a gateway may end what it does while nobody is let in and nothing that it says gets out.
const DRAIN_MAX: Duration = Duration::from_secs(3);
/// Most reasons of a gateway that are shown.
const BLOCKERS_MAX: usize = 4;
/// Most characters of a box's words that are shown.
const WORDS_MAX: usize = 120;
/// Longest wait for the answer to a goodbye.
const RESUME: Duration = Duration::from_secs(5);
/// The names of our requests: without and with a drain, which are two kinds of suspension for a gateway.
const REQUESTS: [(&str, bool); 2] = [("smartbox", false), ("smartbox-drain", true)];
/// The protocol's word for a method that there is not.
const UNKNOWN_METHOD: &str = "INVALID_REQUEST";

/// How much time work gets to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// None: a box that does something is not idle.
    AtOnce,
    /// As much as a person waits; new work is refused meanwhile.
    Patient,
}

/// What a gateway says to the wish that it come to rest.
pub(super) enum Asked {
    /// It is at rest until its lease ends, and this is what it would do next by itself.
    AtRest(AtRest, Option<Due>),
    /// It does something.
    Busy { why: String, again: Option<Duration> },
    /// It knows no such wish.
    CannotRest,
}

/// Whether nobody has wanted something else of the box since its row was read.
pub(super) async fn is_wanted(control: &Control, row: &Smartbox) -> bool {
    let fleet = control.inner.store.fleet(SystemActor::new("sleep"));
    matches!(fleet.find_box(row.id).await, Ok(Some(now)) if now.version == row.version)
}

/// Asks the box's gateway. Somebody who needs the box ends the wait.
pub(super) async fn ask(control: &Control, row: &Smartbox, pace: Pace, fence: &Fence) -> Asked {
    let busy = |why: &str| Asked::Busy { why: why.to_owned(), again: None };
    let client = match control.gateway_within(row, TIMEOUTS).await {
        Ok(client) => client,
        Err(error) => {
            tracing::debug!(box.id = %row.id, %error, "a gateway that should sleep takes no connection");
            return busy("its gateway does not answer");
        }
    };
    // At rest it answers nothing but questions about its rest.
    let due = match client.next_run().await {
        Ok(run) => run.and_then(|run| {
            let at = jiff::Timestamp::from_millisecond(run.at_ms).ok()?;
            Some(Due { at, why: format!("its job `{}`", shown(&run.job)) })
        }),
        Err(error) if is_unknown(&error) => None,
        Err(error) => return refused(&error),
    };
    let (request, drain) = REQUESTS[usize::from(pace == Pace::Patient)];
    let limits = &control.inner.limits;
    let deadline = Instant::now() + DRAIN_MAX;
    loop {
        // The same request with the same wish renews its lease.
        let answer = match client.suspend_prepare(request, drain).await {
            Ok(answer) => answer,
            Err(error) if is_unknown(&error) => return Asked::CannotRest,
            Err(error) => return refused(&error),
        };
        let (why, again) = (blockers(&answer), answer.retry_after_ms.map(Duration::from_millis));
        match (answer.state, answer.suspension_id) {
            (SuspendState::Ready, Some(suspension)) => {
                return Asked::AtRest(AtRest { client, suspension }, due);
            }
            (SuspendState::Draining, Some(suspension)) => {
                let is_over = fence.is_called() || Instant::now() >= deadline;
                if is_over || !is_wanted(control, row).await {
                    resume(row.id, &AtRest { client, suspension }).await;
                    return Asked::Busy { why, again: None };
                }
                sleep(limits.sleep_poll).await;
            }
            (SuspendState::Busy, _) => return Asked::Busy { why, again },
            _ => return busy("its gateway is kept at rest by somebody else"),
        }
    }
}

/// Lets a gateway go on. One whose lease is over does so by itself.
pub(super) async fn resume(id: BoxId, at_rest: &AtRest) {
    let resumed = timeout(RESUME, at_rest.client.suspend_resume(&at_rest.suspension)).await;
    if !matches!(resumed, Ok(Ok(_))) {
        tracing::warn!(box.id = %id, "a gateway did not say that it goes on; its lease ends by itself");
    }
}

/// Lets a gateway go on that another process of the platform has asked to rest.
pub(super) async fn resume_anew(control: &Control, row: &Smartbox) {
    let Ok(client) = control.gateway_within(row, TIMEOUTS).await else { return };
    for (request, drain) in REQUESTS {
        match client.suspend_prepare(request, drain).await {
            Ok(Suspension { suspension_id: Some(suspension), .. }) => {
                return resume(row.id, &AtRest { client, suspension }).await;
            }
            Ok(Suspension { state: SuspendState::Conflict, .. }) => {}
            Ok(_) | Err(_) => return,
        }
    }
}

fn refused(error: &ClientError) -> Asked {
    let again = match error {
        ClientError::Refused { retry_after, .. } => *retry_after,
        _ => None,
    };
    Asked::Busy { why: format!("its gateway was asked: {error}"), again }
}

fn is_unknown(error: &ClientError) -> bool {
    matches!(error, ClientError::Refused { code, message, .. }
        if code == UNKNOWN_METHOD && message.contains("unknown method"))
}

/// What is in the way, for people.
fn blockers(answer: &Suspension) -> String {
    if answer.blockers.is_empty() {
        return "its agent is at work".to_owned();
    }
    let shown = answer.blockers.iter().take(BLOCKERS_MAX).map(|blocker| shown(&blocker.message));
    format!("its agent is at work: {}", shown.collect::<Vec<_>>().join("; "))
}

/// Words of a box, short and in one line.
fn shown(text: &str) -> String {
    text.chars().filter(|one| !one.is_control()).take(WORDS_MAX).collect()
}
