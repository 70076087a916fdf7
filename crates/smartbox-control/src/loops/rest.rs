//! Asks a gateway to come to rest (OpenClaw's `gateway.suspend.*`), and lets it go on.

use std::time::Duration;

use smartbox_core::BoxId;
use smartbox_openclaw::client::{NextRun, SuspendState, Suspension, Timeouts};
use smartbox_openclaw::{ClientError, GatewayClient};
use smartbox_store::{Due, Smartbox, SystemActor};
use tokio::time::timeout;

use crate::Control;
use crate::gateway::AtRest;

/// How long a gateway may take for each answer. Measured: 9 to 24 ms.
const TIMEOUTS: Timeouts = Timeouts { connect: Duration::from_secs(10), call: Duration::from_secs(10) };
/// Most reasons of a gateway that are shown.
const BLOCKERS_MAX: usize = 4;
/// Most characters of a box's words that are shown.
const WORDS_MAX: usize = 120;
/// Longest wait for the answer to a goodbye.
const RESUME: Duration = Duration::from_secs(5);
/// The name of our request.
const REQUEST: &str = "smartbox";
/// The protocol's word for a method that there is not.
const UNKNOWN_METHOD: &str = "INVALID_REQUEST";

/// Why a box is not put to sleep now, and when to ask again, if the gateway says so.
pub(super) struct NotNow {
    pub(super) why: String,
    pub(super) again: Option<Duration>,
}

/// What a gateway says to the wish that it come to rest.
pub(super) enum Asked {
    /// It is at rest until its lease ends, and this is what it would do next by itself.
    AtRest(AtRest, Option<Due>),
    /// It does something.
    Busy(NotNow),
    /// It knows no such wish.
    CannotRest,
}

/// Whether nobody has wanted something else of the box since its row was read.
pub(super) async fn is_wanted(control: &Control, row: &Smartbox) -> bool {
    let fleet = control.inner.store.fleet(SystemActor::new("sleep"));
    matches!(fleet.find_box(row.id).await, Ok(Some(now)) if now.version == row.version)
}

/// A connection to a gateway, and what the gateway will do next by itself.
pub(super) struct Met {
    client: GatewayClient,
    due: Option<Due>,
    knows_rest: bool,
}

/// Connects to the box's gateway while everybody is let in still: at rest it answers nothing but questions about its rest.
pub(super) async fn meet(control: &Control, row: &Smartbox) -> Result<Met, NotNow> {
    let client = control.gateway_within(row, TIMEOUTS).await.map_err(|error| {
        tracing::debug!(box.id = %row.id, %error, "a gateway that should sleep takes no connection");
        NotNow { why: "its gateway does not answer".to_owned(), again: None }
    })?;
    match client.next_run().await {
        Ok(run) => Ok(Met { client, due: run.and_then(due), knows_rest: true }),
        Err(error) if is_unknown(&error) => Ok(Met { client, due: None, knows_rest: false }),
        Err(error) => Err(refused(&error)),
    }
}

fn due(run: NextRun) -> Option<Due> {
    let at = jiff::Timestamp::from_millisecond(run.at_ms).ok()?;
    Some(Due { at, why: format!("its job `{}`", shown(&run.job)) })
}

/// Asks the gateway to come to rest at once. It is never asked to drain: what it says meanwhile would reach nobody.
pub(super) async fn ask(met: Met, id: BoxId) -> Asked {
    let Met { client, due, knows_rest } = met;
    if !knows_rest {
        return Asked::CannotRest;
    }
    let answer = match client.suspend_prepare(REQUEST, false).await {
        Ok(answer) => answer,
        Err(error) if is_unknown(&error) => return Asked::CannotRest,
        Err(error) => return Asked::Busy(refused(&error)),
    };
    let (why, again) = (blockers(&answer), answer.retry_after_ms.map(Duration::from_millis));
    match (answer.state, answer.suspension_id) {
        (SuspendState::Ready, Some(suspension)) => Asked::AtRest(AtRest { client, suspension }, due),
        (SuspendState::Draining, Some(suspension)) => {
            let _ = resume(id, &AtRest { client, suspension }).await;
            Asked::Busy(NotNow { why, again: None })
        }
        (SuspendState::Busy, _) => Asked::Busy(NotNow { why, again }),
        _ => {
            let why = "its gateway is kept at rest by somebody else".to_owned();
            Asked::Busy(NotNow { why, again: None })
        }
    }
}

/// Lets a gateway go on; says whether it answered. One whose lease is over does so by itself.
pub(super) async fn resume(id: BoxId, at_rest: &AtRest) -> bool {
    let resumed = timeout(RESUME, at_rest.client.suspend_resume(&at_rest.suspension)).await;
    let has_answered = matches!(resumed, Ok(Ok(_)));
    if !has_answered {
        tracing::warn!(box.id = %id, "a gateway did not say that it goes on; its lease ends by itself");
    }
    has_answered
}

/// Lets a gateway go on that another process of the platform has asked to rest.
pub(super) async fn resume_anew(control: &Control, row: &Smartbox) {
    let Ok(client) = control.gateway_within(row, TIMEOUTS).await else { return };
    // The same request renews the suspension that stands, and tells its name.
    if let Ok(Suspension { suspension_id: Some(suspension), .. }) =
        client.suspend_prepare(REQUEST, false).await
    {
        let _ = resume(row.id, &AtRest { client, suspension }).await;
    }
}

fn refused(error: &ClientError) -> NotNow {
    let again = match error {
        ClientError::Refused { retry_after, .. } => *retry_after,
        _ => None,
    };
    NotNow { why: format!("its gateway was asked: {error}"), again }
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
