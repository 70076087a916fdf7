//! Sends events to webhooks: at least once each, under an id that stays, until they are taken or given up.
//!
//! Nothing here is remembered. What is to be sent is in the log of events and in the rows of deliveries, so a platform that is killed
//! sends it after its next start, and several platforms on one database take turns.

use std::time::Duration;

use smartbox_core::WebhookId;
use smartbox_core::webhook::{ATTEMPTS_MAX, Attempt, Verdict, is_given_up, verdict};
use smartbox_store::{DeliveryOutcome, DeliveryState, Event, SystemActor, WebhookDelivery, WebhookTurn};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::courier::{Carried, Letter};
use crate::webhooks::sign;
use crate::{Control, Error};

/// Who writes the timeline lines of this loop.
const ACTOR: &str = "webhooks";
/// Webhooks that are sent something at the same time.
const TURNS_MAX: usize = 32;
/// Requests to one webhook at the same time.
const AT_ONCE_MAX: u32 = 4;
/// How long a turn may take: longer than its requests, so that nobody else begins one meanwhile.
const LEASE: Duration = Duration::from_mins(2);
/// Between two looks, when nobody says that something was written.
const LOOK: Duration = Duration::from_secs(1);
/// The least between two looks: what is written in a burst is sent together.
const LOOK_MIN: Duration = Duration::from_millis(100);
/// How often it is looked which event waits longest.
const OLDEST_EVERY: Duration = Duration::from_secs(10);

/// The loop that sends events to webhooks.
pub struct WebhookLoop {
    control: Control,
    turns: JoinSet<(WebhookId, Result<(), Error>)>,
    /// When it was looked which event waits longest, by the steady clock.
    looked: Option<Duration>,
}

impl WebhookLoop {
    /// A loop over `control`.
    pub fn new(control: Control) -> Self {
        Self { control, turns: JoinSet::new(), looked: None }
    }

    /// Runs until told to stop. Turns under way are dropped: their leases end, and what they sent may be sent again.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut changes = self.control.inner.changes.subscribe();
        loop {
            changes.mark_unchanged();
            if let Err(error) = self.pass().await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the webhooks could not be looked at"
                );
            }
            tokio::select! { biased;
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK_MIN) => {}
            }
            tokio::select! { biased;
                () = stop.cancelled() => return,
                Some(done) = self.turns.join_next() => tell(done),
                _ = changes.changed() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    /// One look. Begins the turns of webhooks for which there is something to do, and says how many.
    pub async fn pass(&mut self) -> Result<usize, Error> {
        while let Some(done) = self.turns.try_join_next() {
            tell(done);
        }
        self.find_oldest().await?;
        let room = TURNS_MAX.saturating_sub(self.turns.len());
        if room == 0 {
            return Ok(0);
        }
        let control = &self.control;
        let fleet = control.inner.store.fleet(SystemActor::new(ACTOR));
        let due = fleet.due_webhooks(control.inner.clock.now(), u32::try_from(room).unwrap_or(1)).await?;
        let begun = due.len();
        for id in due {
            let control = control.clone();
            self.turns.spawn(async move { (id, take_turn(&control, id).await) });
        }
        Ok(begun)
    }

    /// Puts down since when the event waits that has waited longest, now and then.
    async fn find_oldest(&mut self) -> Result<(), Error> {
        let inner = &self.control.inner;
        let now = inner.clock.steady();
        if self.looked.is_some_and(|looked| now.saturating_sub(looked) < OLDEST_EVERY) {
            return Ok(());
        }
        let fleet = inner.store.fleet(SystemActor::new(ACTOR));
        inner.totals.waits_since(fleet.oldest_waiting_delivery().await?);
        self.looked = Some(now);
        Ok(())
    }

    /// Waits for every turn that was begun. For tests and orderly ends.
    pub async fn settle(&mut self) {
        while let Some(done) = self.turns.join_next().await {
            tell(done);
        }
    }
}

fn tell(done: Result<(WebhookId, Result<(), Error>), tokio::task::JoinError>) {
    match done {
        Ok((_, Ok(()))) => {}
        Ok((id, Err(error))) => {
            tracing::warn!(webhook.id = %id, error = &error as &dyn std::error::Error, "a webhook's turn failed");
        }
        Err(error) => tracing::error!(error = &error as &dyn std::error::Error, "a webhook's turn broke off"),
    }
}

async fn take_turn(control: &Control, id: WebhookId) -> Result<(), Error> {
    let fleet = control.inner.store.fleet(SystemActor::new(ACTOR));
    let now = control.inner.clock.now();
    let Some(turn) = fleet.take_webhook_turn(id, (LEASE, AT_ONCE_MAX), now).await? else { return Ok(()) };
    let sent = turn.deliveries.iter().map(|(delivery, event)| send(control, &turn, delivery, event));
    let mut carried = Vec::with_capacity(turn.deliveries.len());
    for sent in futures_util::future::join_all(sent).await {
        carried.push(sent?);
    }
    let now = control.inner.clock.now();
    let mut given_up = None;
    let mut outcomes = Vec::with_capacity(carried.len());
    let was_taken = carried.iter().any(|(_, carried)| carried.attempt == Attempt::Taken);
    for (delivery, carried) in carried {
        let verdict = verdict(carried.attempt, delivery.attempts + 1, now, jitter(control));
        control.inner.totals.judged(verdict);
        // What was taken in this turn shows that the receiver is there.
        let failing_since = if was_taken { now } else { turn.webhook.failing_since.unwrap_or(now) };
        if is_given_up(carried.attempt, verdict, failing_since, now) {
            given_up = Some(why_given_up(carried.attempt));
        }
        outcomes.push(outcome(&delivery, carried, verdict));
    }
    let given_up = given_up.map(|why| {
        let detail = serde_json::json!({ "webhook": id.to_string() });
        (why, control.event(ACTOR, "webhook.disabled", why, detail))
    });
    fleet.finish_webhook_turn(&turn, &outcomes, given_up, now).await?;
    Ok(())
}

async fn send(
    control: &Control,
    turn: &WebhookTurn,
    delivery: &WebhookDelivery,
    event: &Event,
) -> Result<(WebhookDelivery, Carried), Error> {
    let body = control.inner.courier.body(event)?;
    // The time is that of the attempt: receivers refuse what is old.
    let headers = sign::headers(&event.id.to_string(), control.inner.clock.now(), &body, &turn.secrets);
    let letter = Letter { url: turn.webhook.url.clone(), headers, body };
    let began = control.inner.clock.steady();
    let carried = control.inner.courier.carry(letter).await;
    control.inner.totals.carried(control.inner.clock.steady().saturating_sub(began));
    Ok((delivery.clone(), carried))
}

fn outcome(delivery: &WebhookDelivery, carried: Carried, verdict: Verdict) -> DeliveryOutcome {
    let (state, next_at) = match verdict {
        Verdict::Delivered => (DeliveryState::Delivered, delivery.next_at),
        Verdict::Again(at) => (DeliveryState::Waiting, at),
        Verdict::Failed => (DeliveryState::Failed, delivery.next_at),
    };
    DeliveryOutcome {
        seq: delivery.seq,
        attempts: delivery.attempts,
        state,
        next_at,
        status: carried.status,
        why: carried.why,
    }
}

fn why_given_up(attempt: Attempt) -> &'static str {
    const _: () = assert!(ATTEMPTS_MAX == 10);
    match attempt {
        Attempt::Gone => "the receiver says that it is gone (410)",
        Attempt::Taken | Attempt::NotTaken => {
            "nothing was taken for three days, and ten attempts at an event failed"
        }
    }
}

fn jitter(control: &Control) -> u8 {
    let mut byte = [0u8];
    control.inner.entropy.fill(&mut byte);
    let [byte] = byte;
    byte
}
