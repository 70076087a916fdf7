//! Webhooks: what is sent is read from the log of events, in turns.

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use smartbox_core::WebhookId;
use smartbox_store::{
    DELIVERIES_WAITING_MAX, DeliveryOutcome, DeliveryState, Error, OrgStore, Webhook, WebhookPlan,
    WebhookTurn,
};

use crate::support::{World, at, event};

const LEASE: Duration = Duration::from_secs(60);

pub(crate) fn webhook_id(number: u8) -> WebhookId {
    WebhookId::from_parts(at(0), [number; 10])
}

/// A webhook of all types, with the address and the key of its number.
pub(crate) async fn new_webhook(_world: &World, org: &OrgStore, number: u8) -> Result<Webhook, Error> {
    let plan =
        WebhookPlan { description: String::new(), types: "".parse().unwrap(), about: None, enabled: true };
    let url = SecretString::from(format!("https://hooks.example/{number}"));
    let secret = SecretString::from(format!("whsec_{number}"));
    org.create_webhook((webhook_id(number), &plan), (&url, &secret), event("webhook.created"), at(1)).await
}

async fn happen(world: &World, action: &str) {
    world.fleet.append_event(Some(world.org.id()), None, event(action), at(2)).await.unwrap();
}

async fn turn(world: &World, second: i64) -> WebhookTurn {
    world.fleet.take_webhook_turn(webhook_id(1), (LEASE, 4), at(second)).await.unwrap().expect("its turn")
}

fn outcome(turn: &WebhookTurn, place: usize, state: DeliveryState) -> DeliveryOutcome {
    let (delivery, _) = &turn.deliveries[place];
    DeliveryOutcome {
        seq: delivery.seq,
        attempts: delivery.attempts,
        state,
        next_at: at(100),
        status: Some(200),
        why: None,
    }
}

#[tokio::test]
async fn what_happens_after_its_making_is_due_in_its_order() {
    let world = World::new().await;
    happen(&world, "box.before").await;
    new_webhook(&world, &world.org, 1).await.unwrap();
    assert!(world.fleet.due_webhooks(at(2), 9).await.unwrap().is_empty(), "its own making is not news");
    for action in ["box.one", "box.two"] {
        happen(&world, action).await;
    }
    world.fleet.append_event(Some(world.other.id()), None, event("box.theirs"), at(2)).await.unwrap();
    world.fleet.append_event(None, None, event("platform.own"), at(2)).await.unwrap();
    assert_eq!(world.fleet.due_webhooks(at(2), 9).await.unwrap(), [webhook_id(1)]);
    let turn = turn(&world, 3).await;
    let due: Vec<_> = turn.deliveries.iter().map(|(_, event)| event.action.as_str()).collect();
    assert_eq!(due, ["box.one", "box.two"]);
}

#[tokio::test]
async fn a_turn_is_one_platforms_until_its_lease_is_over() {
    let world = World::new().await;
    new_webhook(&world, &world.org, 1).await.unwrap();
    happen(&world, "box.one").await;
    let first = turn(&world, 3).await;
    let other = world.fleet.take_webhook_turn(webhook_id(1), (LEASE, 4), at(4)).await.unwrap();
    assert!(other.is_none() && world.fleet.due_webhooks(at(4), 9).await.unwrap().is_empty());
    // The first platform was killed, or stood still: the next has the same deliveries, and what the first says later is not heard.
    let second = turn(&world, 63).await;
    assert_eq!(second.deliveries, first.deliveries);
    let late = [outcome(&first, 0, DeliveryState::Failed)];
    assert!(!world.fleet.finish_webhook_turn(&first, &late, None, at(64)).await.unwrap());
    let done = [outcome(&second, 0, DeliveryState::Delivered)];
    assert!(world.fleet.finish_webhook_turn(&second, &done, None, at(65)).await.unwrap());
    let listed = world.org.list_deliveries(webhook_id(1), None, None, 9).await.unwrap().items;
    assert_eq!((listed.len(), listed[0].state, listed[0].attempts), (1, DeliveryState::Delivered, 1));
    assert!(world.fleet.due_webhooks(at(200), 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_waits_is_bounded_and_the_rest_waits_in_the_log() {
    let world = World::new().await;
    new_webhook(&world, &world.org, 1).await.unwrap();
    let all = DELIVERIES_WAITING_MAX + 250;
    for _ in 0..all {
        happen(&world, "box.one").await;
    }
    let mut sent = 0;
    for second in 3..2000 {
        if world.fleet.due_webhooks(at(second), 9).await.unwrap().is_empty() {
            break;
        }
        let turn =
            world.fleet.take_webhook_turn(webhook_id(1), (LEASE, 100), at(second)).await.unwrap().unwrap();
        // Those of the first turns are to be sent again much later.
        let (state, next_at) = if second < 20 {
            (DeliveryState::Waiting, at(1000))
        } else {
            (DeliveryState::Delivered, at(1000))
        };
        let outcomes: Vec<_> = (0..turn.deliveries.len())
            .map(|place| DeliveryOutcome { next_at, ..outcome(&turn, place, state) })
            .collect();
        sent += outcomes.iter().filter(|outcome| outcome.state == DeliveryState::Delivered).count();
        world.fleet.finish_webhook_turn(&turn, &outcomes, None, at(second)).await.unwrap();
        let waiting = world.org.list_deliveries(webhook_id(1), Some(DeliveryState::Waiting), None, 1).await;
        assert!(waiting.is_ok());
    }
    assert!(i64::try_from(sent).unwrap() <= all, "{sent}");
    for second in 1001..1100 {
        let due = world.fleet.take_webhook_turn(webhook_id(1), (LEASE, 200), at(second)).await.unwrap();
        let Some(turn) = due else { break };
        let outcomes: Vec<_> =
            (0..turn.deliveries.len()).map(|place| outcome(&turn, place, DeliveryState::Delivered)).collect();
        sent += outcomes.len();
        world.fleet.finish_webhook_turn(&turn, &outcomes, None, at(second)).await.unwrap();
        if outcomes.is_empty() {
            break;
        }
    }
    assert_eq!(i64::try_from(sent).unwrap(), all, "each arrived once");
}

#[tokio::test]
async fn one_that_is_given_up_is_off_and_goes_on_with_what_happens_later() {
    let world = World::new().await;
    let made = new_webhook(&world, &world.org, 1).await.unwrap();
    happen(&world, "box.one").await;
    let given_up = turn(&world, 3).await;
    let outcomes = [outcome(&given_up, 0, DeliveryState::Failed)];
    let told = Some(("it is gone", event("webhook.disabled")));
    world.fleet.finish_webhook_turn(&given_up, &outcomes, told, at(4)).await.unwrap();
    happen(&world, "box.two").await;
    assert!(world.fleet.due_webhooks(at(9), 9).await.unwrap().is_empty());
    let off = world.org.find_webhook(made.id).await.unwrap().unwrap();
    assert_eq!((off.plan.enabled, off.disabled_why.as_deref()), (false, Some("it is gone")));
    assert_eq!(off.failing_since, Some(at(4)));
    let on = WebhookPlan { enabled: true, ..off.plan.clone() };
    world.org.change_webhook(&off, (&on, &off.url), event("webhook.changed"), at(10)).await.unwrap();
    happen(&world, "box.three").await;
    let turn = turn(&world, 11).await;
    let due: Vec<_> = turn.deliveries.iter().map(|(_, event)| event.action.as_str()).collect();
    assert_eq!(due, ["box.three"]);
}

#[tokio::test]
async fn the_key_before_signs_until_its_end_and_older_ones_do_not() {
    let world = World::new().await;
    new_webhook(&world, &world.org, 1).await.unwrap();
    for number in [2, 3] {
        let secret = SecretString::from(format!("whsec_{number}"));
        let rotated = event("webhook.secret-rotated");
        world.org.rotate_webhook_secret(webhook_id(1), (&secret, at(90)), rotated, at(3)).await.unwrap();
    }
    let keys = async |second| {
        let turn = turn(&world, second).await;
        world.fleet.finish_webhook_turn(&turn, &[], None, at(second)).await.unwrap();
        turn.secrets.iter().map(|key| key.expose_secret().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(keys(89).await, ["whsec_3", "whsec_2"]);
    assert_eq!(keys(90).await, ["whsec_3"]);
    let purged = world.fleet.purge_expired(at(91), 100).await.unwrap();
    assert_eq!(purged.webhooks, 1);
}

#[tokio::test]
async fn the_position_of_a_moment_is_found_among_many_events() {
    let world = World::new().await;
    for second in 0..50 {
        world.fleet.append_event(None, None, event("platform.tick"), at(100 + second / 3)).await.unwrap();
    }
    for (moment, first) in [(0, None), (100, Some(100)), (107, Some(107)), (116, Some(116)), (500, None)] {
        let position = world.fleet.event_position_at(at(moment)).await.unwrap();
        let behind = world.fleet.events_after(None, position).await.unwrap();
        match first {
            Some(first) => assert_eq!(behind[0].at, at(first), "{moment}"),
            None if moment == 0 => assert_eq!(behind[0].seq, 1),
            None => assert!(behind.is_empty()),
        }
        assert!(behind.iter().all(|event| event.at >= at(moment)));
    }
}
