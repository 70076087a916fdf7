//! Puts one box to sleep, and loses nothing: doors closed, gateway at rest, intent written, processes frozen.
//!
//! Whatever goes wrong on the way, the box is awake afterwards. A platform that ends on the way leaves a gateway whose
//! suspension ends by itself, or an intent to sleep that the next one follows from the beginning.

use std::time::Duration;

use jiff::Timestamp;
use smartbox_core::{Desired, Observed, SleepDepth, SleepTier};
use smartbox_provider::{Epoch, ProviderError};
use smartbox_store::{
    BoxError, Due, IntentChange, Outcome as OperationOutcome, Smartbox, SystemActor, Target,
};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::fence::Fence;
use super::rest::{self, Asked};
use crate::{Control, Error};

const ACTOR: &str = "reconciler";
/// What has to be left of a gateway's lease when its processes are frozen.
const LEASE_MARGIN: Duration = Duration::from_secs(20);
/// When to ask again after a refusal that names no time.
const AGAIN: Duration = Duration::from_mins(1);

/// Why a box is put to sleep.
#[derive(Clone, Debug)]
pub(super) enum Wish {
    /// It was idle for long enough; the intent is not written yet.
    Idle { tier: SleepTier, idle_since: Timestamp, why: String },
    /// Its intent says so.
    Intended,
}

/// What came of it.
#[derive(Debug)]
pub(super) enum Slept {
    /// It sleeps.
    Yes,
    /// It is awake, because of this, and may be asked again after so long.
    No { why: String, again: Duration, because: Because },
}

/// Why a box is awake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Because {
    /// It does something, which ends.
    Busy,
    /// Anything else.
    Other,
}

/// How far the last steps came.
enum Went {
    Down,
    /// It is awake still.
    Nowhere(String),
    /// Whether it is frozen is not known: the next look tells, and wakes it.
    Lost(String),
}

/// Puts an awake box to sleep.
pub(super) async fn fall_asleep(
    control: &Control,
    row: &Smartbox,
    epoch: Epoch,
    wish: Wish,
) -> Result<Slept, Error> {
    let outcome = match wish {
        Wish::Idle { .. } => attempt(control, row, epoch, &wish).await,
        Wish::Intended => attempts(control, row, epoch, &wish).await,
    };
    let why = match &outcome {
        Ok(Slept::Yes) => return outcome,
        Ok(Slept::No { why, .. }) => why.clone(),
        Err(error) => {
            tracing::warn!(box.id = %row.id, error = error as &dyn std::error::Error, "a box could not be put to sleep");
            "the platform could not put it to sleep".to_owned()
        }
    };
    stay_awake(control, row, &why).await?;
    outcome.or_else(|_logged| Ok(Slept::No { why, again: AGAIN, because: Because::Other }))
}

/// Tries until what the box does has ended, for as long as a person waits. In between everybody is let in.
async fn attempts(control: &Control, row: &Smartbox, epoch: Epoch, wish: &Wish) -> Result<Slept, Error> {
    let limits = &control.inner.limits;
    let deadline = Instant::now() + limits.sleep_patience;
    loop {
        let outcome = attempt(control, row, epoch, wish).await;
        let is_busy = matches!(outcome, Ok(Slept::No { because: Because::Busy, .. }));
        let may_wait = is_busy && Instant::now() < deadline;
        if !may_wait || !rest::is_wanted(control, row).await {
            return outcome;
        }
        sleep(limits.sleep_poll).await;
    }
}

async fn attempt(control: &Control, row: &Smartbox, epoch: Epoch, wish: &Wish) -> Result<Slept, Error> {
    let no = |why: String| Ok(Slept::No { why, again: AGAIN, because: Because::Other });
    let busy = |why: String, again: Option<Duration>| {
        Ok(Slept::No { why, again: again.unwrap_or(AGAIN), because: Because::Busy })
    };
    let met = match rest::meet(control, row).await {
        Ok(met) => met,
        Err(rest::NotNow { why, again }) => return busy(why, again),
    };
    let fence = match Fence::close(control, row.id) {
        Ok(fence) => fence,
        Err(ongoing) => {
            return busy(format!("{ongoing} request(s), chat(s) or command(s) are under way"), None);
        }
    };
    let asked_at = Instant::now();
    let (at_rest, due) = match rest::ask(met, row.id).await {
        Asked::AtRest(at_rest, due) => (Some(at_rest), due),
        // An older gateway cannot be asked: it is never frozen blindly, and ends in order instead.
        Asked::CannotRest => (None, None),
        Asked::Busy(rest::NotNow { why, again }) => return busy(why, again),
    };
    let tier = match wish {
        _ if at_rest.is_none() => SleepTier::Stopped,
        Wish::Idle { tier, .. } => *tier,
        Wish::Intended => row.asleep,
    };
    let went = match refusal(control, row, tier, due.as_ref(), &fence) {
        Some(why) => Ok(Went::Nowhere(why)),
        None => go_down(control, row, epoch, (wish, tier), due.as_ref(), (&fence, asked_at)).await,
    };
    let keeps_processes = matches!(&went, Ok(Went::Down)) && tier.depth().is_some();
    match at_rest {
        // Its wake goes on over the same connection.
        Some(at_rest) if keeps_processes || matches!(&went, Ok(Went::Lost(_))) => {
            control.inner.resting.put(row.id, at_rest);
        }
        Some(at_rest) if !matches!(&went, Ok(Went::Down)) => {
            let _ = rest::resume(row.id, &at_rest).await;
        }
        _ => {}
    }
    match went? {
        Went::Down => {
            fence.keep();
            Ok(Slept::Yes)
        }
        Went::Nowhere(why) => no(why),
        Went::Lost(why) => {
            fence.keep();
            no(why)
        }
    }
}

/// What speaks against the sleep although the gateway is at rest.
fn refusal(
    control: &Control,
    row: &Smartbox,
    tier: SleepTier,
    due: Option<&Due>,
    fence: &Fence,
) -> Option<String> {
    if fence.is_called() {
        return Some("somebody needs it".to_owned());
    }
    if control.inner.doors.work(row.id).ongoing > 0 {
        return Some("it is talking to a service of the platform".to_owned());
    }
    // A schedule of the platform counts as much as the gateway's own jobs.
    let due = Due::earlier(due.cloned(), row.due.clone())?;
    let until = due.at.duration_since(control.inner.clock.now());
    let shortest = tier.lead() + tier.shortest();
    let pays = Duration::try_from(until).is_ok_and(|until| until >= shortest);
    (!pays).then(|| format!("{} is due at {}", due.why, due.at))
}

/// Writes the intent and freezes or stops.
async fn go_down(
    control: &Control,
    row: &Smartbox,
    epoch: Epoch,
    (wish, tier): (&Wish, SleepTier),
    due: Option<&Due>,
    (fence, asked_at): (&Fence, Instant),
) -> Result<Went, Error> {
    if !intend(control, row, wish, tier).await? || fence.is_called() {
        return Ok(Went::Nowhere("somebody needs it".to_owned()));
    }
    let fleet = control.inner.store.fleet(SystemActor::new(ACTOR));
    fleet.set_due(row.id, due).await?;
    let lease_ends = asked_at + smartbox_openclaw::client::SUSPEND_LEASE - LEASE_MARGIN;
    let provider = &control.inner.provider;
    let went = if tier.depth().is_some() {
        let frozen = provider.ensure_asleep(row.id, epoch, SleepDepth::Frozen);
        match timeout_at(lease_ends, frozen).await {
            Ok(frozen) => frozen,
            Err(_elapsed) => Err(ProviderError::transient_text("it took longer than the gateway waits")),
        }
    } else {
        control.inner.doors.close(row.id);
        provider.ensure_stopped(row.id, epoch).await
    };
    let Err(error) = went else { return Ok(Went::Down) };
    tracing::warn!(box.id = %row.id, error = &error as &dyn std::error::Error, "a box could not be put to sleep");
    if tier.depth().is_none() {
        return Ok(Went::Nowhere(error.to_string()));
    }
    // All or nothing is the provider's promise; a call that was given up, or whose answer was lost, is undone here.
    let undone = timeout(LEASE_MARGIN, provider.ensure_awake(row.id, epoch)).await;
    Ok(match undone {
        Ok(Ok(())) => Went::Nowhere(error.to_string()),
        Ok(Err(_)) | Err(_) => Went::Lost(error.to_string()),
    })
}

/// Writes the intent, if it is not written yet. False: somebody wants something else by now.
async fn intend(control: &Control, row: &Smartbox, wish: &Wish, tier: SleepTier) -> Result<bool, Error> {
    let Wish::Idle { idle_since, why, .. } = wish else {
        return Ok(rest::is_wanted(control, row).await);
    };
    let event = control.event(ACTOR, "box.sleep-begun", why, serde_json::json!({ "tier": tier.as_str() }));
    let change = IntentChange::to_sleep(tier, *idle_since);
    match control.write_intent(row, change, Some(row.version), None, event).await {
        Ok(_) => Ok(true),
        Err(Error::VersionMismatch | Error::NotFound(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// A box that should have slept, and does not, should run: nobody has to wake what is awake.
async fn stay_awake(control: &Control, row: &Smartbox, why: &str) -> Result<(), Error> {
    let fleet = control.inner.store.fleet(SystemActor::new(ACTOR));
    let Some(now) = fleet.find_box(row.id).await? else { return Ok(()) };
    if now.desired != Desired::Asleep || !matches!(now.observed, Observed::Ready | Observed::Unready) {
        return Ok(());
    }
    let error = BoxError {
        code: "box-busy".to_owned(),
        what: why.to_owned(),
        remedy: Some("wait until it is done, or stop the box".to_owned()),
    };
    let target = Target { desired: Desired::Asleep, generation: now.generation };
    let at = control.inner.clock.now();
    fleet.settle_operations(row.id, target, &OperationOutcome::Failed(error), at).await?;
    let event = control.event(ACTOR, "box.stays-awake", why, serde_json::json!({}));
    match control.write_intent(&now, IntentChange::to(Desired::Running), Some(now.version), None, event).await
    {
        Ok(_) | Err(Error::VersionMismatch | Error::NotFound(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Pushes a box that sleeps further down. The gateway was asked when it fell asleep.
pub(super) async fn deepen(control: &Control, row: &Smartbox, epoch: Epoch) -> Result<(), ProviderError> {
    match row.asleep.depth() {
        Some(depth) => control.inner.provider.ensure_asleep(row.id, epoch, depth).await,
        None => Ok(()),
    }
}
