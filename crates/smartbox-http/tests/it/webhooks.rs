//! Webhooks: made, sent to, sent again, given up.

use http::{HeaderName, Method, StatusCode};
use jiff::SignedDuration;
use serde_json::{Value, json};
use smartbox_api::{CreatedWebhook, DeliveryList, DeliveryView, WebhookList, WebhookReplayed, WebhookView};
use smartbox_control::Clock as _;
use smartbox_testkit::{Client, Receiver, Tenant, TestApp};

struct World {
    app: TestApp,
    owner: Tenant,
    receiver: Receiver,
}

async fn world() -> World {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await;
    World { app, owner, receiver: Receiver::start().await }
}

impl World {
    async fn webhook(&self, types: &[&str]) -> CreatedWebhook {
        let body = json!({ "url": self.receiver.url, "types": types });
        self.owner.client.post_json("/v1/webhooks", &body).await.json(StatusCode::CREATED)
    }

    async fn show(&self, id: &str) -> WebhookView {
        self.owner.client.get(&format!("/v1/webhooks/{id}")).await.json(StatusCode::OK)
    }

    async fn deliveries(&self, id: &str) -> Vec<DeliveryView> {
        let path = format!("/v1/webhooks/{id}/deliveries");
        self.owner.client.get(&path).await.json::<DeliveryList>(StatusCode::OK).items
    }

    async fn change(&self, id: &str, body: Value) -> WebhookView {
        let path = format!("/v1/webhooks/{id}");
        self.owner.client.change_json(Method::PATCH, &path, &body).await.json(StatusCode::OK)
    }

    /// Types of the events that came since the last look.
    fn received(&self) -> Vec<String> {
        self.receiver.take().iter().map(|receipt| receipt.event().kind).collect()
    }
}

#[tokio::test]
async fn what_happens_is_sent_signed_and_once() {
    let world = world().await;
    let made = world.webhook(&["box.created", "box.ready"]).await;
    assert!(made.secret.starts_with("whsec_"));
    world.app.running_box(&world.owner.client, "home").await;
    world.app.send_webhooks().await;
    let receipts = world.receiver.take();
    let types: Vec<_> = receipts.iter().map(|receipt| receipt.event().kind).collect();
    assert_eq!(types, ["box.created", "box.ready"]);
    let first = &receipts[0];
    assert_eq!(first.header("webhook-id"), first.event().id);
    assert_eq!(first.header("webhook-timestamp"), world.app.clock.now().as_second().to_string());
    assert!(first.header("webhook-signature").starts_with("v1,"));
    assert_eq!(first.header("content-type"), "application/json");
    world.app.send_webhooks().await;
    assert!(world.received().is_empty(), "nothing is sent twice");
    let deliveries = world.deliveries(&made.webhook.id).await;
    assert_eq!(deliveries.len(), 2);
    assert_eq!((deliveries[1].event.as_str(), deliveries[1].status), (first.event().id.as_str(), Some(204)));
    assert!(deliveries.iter().all(|delivery| delivery.state == "delivered" && delivery.attempts == 1));
    assert!(world.show(&made.webhook.id).await.delivered_at.is_some());
}

#[tokio::test]
async fn what_is_not_taken_is_sent_again_with_the_same_id_and_given_up_in_the_end() {
    let world = world().await;
    let made = world.webhook(&["box.created"]).await;
    world.receiver.answer_next([StatusCode::INTERNAL_SERVER_ERROR; 10]);
    world.app.created_box(&world.owner.client, "home").await;
    let mut ids = Vec::new();
    for attempt in 1..=10 {
        world.app.send_webhooks().await;
        let receipts = world.receiver.take();
        assert_eq!(receipts.len(), 1, "attempt {attempt}");
        ids.push(receipts[0].header("webhook-id"));
        let delivery = world.deliveries(&made.webhook.id).await.remove(0);
        assert_eq!((delivery.attempts, delivery.status), (attempt, Some(500)));
        if let Some(next) = delivery.next_at {
            let wait = next.parse::<jiff::Timestamp>().unwrap().duration_since(world.app.clock.now());
            world.app.clock.advance(wait - SignedDuration::from_secs(1));
            world.app.send_webhooks().await;
            assert!(world.received().is_empty(), "not before its time");
            world.app.clock.advance(SignedDuration::from_secs(1));
        } else {
            assert_eq!((attempt, delivery.state.as_str()), (10, "failed"));
        }
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
    let off = world.show(&made.webhook.id).await;
    assert!(!off.enabled && off.disabled_reason.unwrap().contains("three days"));
    let log = world.owner.client.get("/v1/audit?limit=200").await.text();
    assert!(log.contains("webhook.disabled") && !log.contains("in-the-address"), "no address is told");
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_given_up_at_once_and_catches_up_when_it_is_back() {
    let world = world().await;
    let made = world.webhook(&["box.*"]).await;
    world.receiver.answer_next([StatusCode::GONE]);
    world.app.created_box(&world.owner.client, "home").await;
    world.app.send_webhooks().await;
    assert_eq!(world.received(), ["box.created"]);
    assert!(!world.show(&made.webhook.id).await.enabled);
    world.app.settle().await;
    world.app.send_webhooks().await;
    assert!(world.received().is_empty(), "it is off");
    let ping = world.owner.client.post(&format!("/v1/webhooks/{}/ping", made.webhook.id)).await.problem();
    assert_eq!(ping.code, "conflict");
    let on = world.change(&made.webhook.id, json!({ "enabled": true })).await;
    assert_eq!((on.enabled, on.disabled_reason, on.failing_since), (true, None, None));
    world.app.send_webhooks().await;
    assert!(world.received().is_empty(), "what it missed is sent when it is asked for");
    let path = format!("/v1/webhooks/{}/replay", made.webhook.id);
    let since = json!({ "since": "2026-01-01T00:00:00Z" });
    let replayed: WebhookReplayed =
        world.owner.client.post_json(&path, &since).await.json(StatusCode::ACCEPTED);
    assert_eq!(replayed.deliveries, 1, "the one that was given up");
    world.app.send_webhooks().await;
    let received = world.received();
    assert!(
        received.contains(&"box.created".to_owned()) && received.contains(&"box.ready".to_owned()),
        "{received:?}"
    );
    world.owner.client.post_json(&path, &since).await;
    world.app.send_webhooks().await;
    assert!(world.received().is_empty(), "what was delivered is not sent again");
    for bad in ["2025-11-01T00:00:00Z", "2027-01-01T00:00:00Z", "soon"] {
        let refused = world.owner.client.post_json(&path, &json!({ "since": bad })).await.problem();
        assert_eq!((refused.status, refused.errors[0].field.as_str()), (422, "since"), "{bad}");
    }
}

#[tokio::test]
async fn one_event_is_sent_again_when_somebody_asks() {
    let world = world().await;
    let made = world.webhook(&["box.created"]).await;
    world.app.created_box(&world.owner.client, "home").await;
    world.app.send_webhooks().await;
    let first = world.receiver.take().remove(0);
    let path = format!("/v1/webhooks/{}/deliveries/{}/replay", made.webhook.id, first.event().id);
    let keyed = world.owner.client.clone().with(HeaderName::from_static("idempotency-key"), "again-1");
    let again: DeliveryView = keyed.post(&path).await.json(StatusCode::ACCEPTED);
    assert_eq!((again.state.as_str(), again.attempts), ("waiting", 0));
    world.app.send_webhooks().await;
    let second = world.receiver.take().remove(0);
    assert_eq!((second.header("webhook-id"), &second.body), (first.header("webhook-id"), &first.body));
    keyed.post(&path).await;
    world.app.send_webhooks().await;
    assert!(world.received().is_empty(), "the same request again does nothing");
    let unknown = path.replace(&first.event().id, "evt_01932f00000070008000000000000000");
    assert_eq!(world.owner.client.post(&unknown).await.problem().code, "delivery-not-found");
}

#[tokio::test]
async fn a_ping_is_sent_whatever_the_types_are_and_to_nobody_else() {
    let world = world().await;
    let (one, _other) = (world.webhook(&["box.ready"]).await, world.webhook(&["box.ready"]).await);
    let path = format!("/v1/webhooks/{}/ping", one.webhook.id);
    let begun: DeliveryView = world.owner.client.post(&path).await.json(StatusCode::ACCEPTED);
    assert_eq!((begun.kind.as_str(), begun.state.as_str()), ("webhook.ping", "waiting"));
    world.app.send_webhooks().await;
    assert_eq!(world.received(), ["webhook.ping"]);
}

#[tokio::test]
async fn another_key_signs_beside_the_old_one_for_a_day() {
    let world = world().await;
    let made = world.webhook(&["webhook.ping"]).await;
    let id = &made.webhook.id;
    let rotated = world.owner.client.post(&format!("/v1/webhooks/{id}/rotate")).await;
    let rotated: CreatedWebhook = rotated.json(StatusCode::OK);
    assert_ne!(rotated.secret, made.secret);
    let signatures = async || {
        world.owner.client.post(&format!("/v1/webhooks/{id}/ping")).await;
        world.app.send_webhooks().await;
        let receipts = world.receiver.take();
        let newest = receipts.last().expect("a ping");
        newest.header("webhook-signature").split(' ').map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(signatures().await.len(), 2);
    world.app.clock.advance(SignedDuration::from_hours(24));
    assert_eq!(signatures().await.len(), 1);
}

#[tokio::test]
async fn a_webhook_about_a_box_is_told_of_that_box_alone() {
    let world = world().await;
    app_with_two(&world).await;
    let body = json!({ "url": world.receiver.url, "box": "work", "types": ["box.stopped"] });
    let made: CreatedWebhook =
        world.owner.client.post_json("/v1/webhooks", &body).await.json(StatusCode::CREATED);
    for name in ["home", "work"] {
        world.owner.client.post(&format!("/v1/boxes/{name}/stop")).await;
    }
    world.app.settle().await;
    world.app.send_webhooks().await;
    let receipts = world.receiver.take();
    assert_eq!(receipts.len(), 1);
    assert_eq!(receipts[0].event().box_id, made.webhook.box_id);
    let all = world.change(&made.webhook.id, json!({ "box": "" })).await;
    assert_eq!(all.box_id, None);
}

async fn app_with_two(world: &World) {
    world.app.running_box(&world.owner.client, "home").await;
    world.app.running_box(&world.owner.client, "work").await;
}

#[tokio::test]
async fn a_platform_that_is_killed_between_event_and_sending_sends_it_after_its_start() {
    let mut world = world().await;
    world.webhook(&["box.created"]).await;
    world.app.created_box(&world.owner.client, "home").await;
    world.app.restart().await;
    world.app.send_webhooks().await;
    assert_eq!(world.received(), ["box.created"]);
}

#[tokio::test]
async fn two_platforms_on_one_database_send_each_event_once() {
    let world = world().await;
    world.webhook(&["box.created"]).await;
    for name in ["a", "b", "c", "d", "e", "f"] {
        world.app.created_box(&world.owner.client, name).await;
    }
    let (one, other) = (world.app.control.clone(), world.app.another_control());
    let send = async |control| {
        let mut webhooks = smartbox_control::WebhookLoop::new(control);
        for _ in 0..4 {
            webhooks.pass().await.unwrap();
            webhooks.settle().await;
        }
    };
    tokio::join!(send(one), send(other));
    let mut ids: Vec<_> = world.receiver.take().iter().map(|receipt| receipt.header("webhook-id")).collect();
    assert_eq!(ids.len(), 6);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 6);
}

#[tokio::test]
async fn another_org_has_no_such_webhook() {
    let world = world().await;
    let made = world.webhook(&[]).await;
    let other = world.app.tenant("acme").await.client;
    let path = format!("/v1/webhooks/{}", made.webhook.id);
    let event = "evt_01932f00000070008000000000000000";
    for (method, path, body) in [
        (Method::GET, path.clone(), Value::Null),
        (Method::PATCH, path.clone(), json!({ "enabled": false })),
        (Method::DELETE, path.clone(), Value::Null),
        (Method::GET, format!("{path}/deliveries"), Value::Null),
        (Method::POST, format!("{path}/ping"), Value::Null),
        (Method::POST, format!("{path}/rotate"), Value::Null),
        (Method::POST, format!("{path}/replay"), json!({ "since": "2026-01-01T00:00:00Z" })),
        (Method::POST, format!("{path}/deliveries/{event}/replay"), Value::Null),
    ] {
        let answer = match (&method, body.is_null()) {
            (&Method::GET, _) => other.get(&path).await,
            (&Method::DELETE, _) => other.delete(&path).await,
            (_, true) => other.post(&path).await,
            (_, false) => other.change_json(method.clone(), &path, &body).await,
        };
        assert_eq!(answer.problem().code, "webhook-not-found", "{method} {path}");
    }
    let theirs: WebhookList = other.get("/v1/webhooks").await.json(StatusCode::OK);
    assert!(theirs.items.is_empty());
    world.app.created_box(&other, "theirs").await;
    world.app.send_webhooks().await;
    assert!(world.received().iter().all(|kind| kind != "box.created"), "events of others are not sent");
    assert_eq!(world.show(&made.webhook.id).await.version, 1, "nothing was changed");
    let seen: WebhookView = world.app.admin().get(&path).await.json(StatusCode::OK);
    assert_eq!(seen.id, made.webhook.id);
}

#[tokio::test]
async fn who_may_have_one_may_read_the_audit_log_and_manage_boxes() {
    let world = world().await;
    let body = json!({ "url": world.receiver.url });
    for scopes in [&["audit:read"][..], &["boxes:manage"][..]] {
        let (_, program) = world.app.program(&world.owner.org, scopes).await;
        assert_eq!(program.post_json("/v1/webhooks", &body).await.problem().code, "missing-permission");
    }
    let (_, program) = world.app.program(&world.owner.org, &["audit:read", "boxes:manage"]).await;
    assert_eq!(program.post_json("/v1/webhooks", &body).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn every_wrong_field_is_named_and_there_are_not_too_many() {
    let world = world().await;
    let client = &world.owner.client;
    let fields = |problem: smartbox_api::Problem| {
        problem.errors.into_iter().map(|error| error.field).collect::<Vec<_>>()
    };
    let body =
        json!({ "url": "ftp://x", "types": ["Nothing"], "description": "a\nb", "secret": "whsec_short" });
    let refused = client.post_json("/v1/webhooks", &body).await.problem();
    assert_eq!(fields(refused), ["url", "description", "types", "secret"]);
    for url in ["http://169.254.169.254/latest", "https://user:pw@example.com/", "nothing", ""] {
        let refused = client.post_json("/v1/webhooks", &json!({ "url": url })).await.problem();
        assert_eq!(fields(refused), ["url"], "{url}");
    }
    let refused =
        client.post_json("/v1/webhooks", &json!({ "url": world.receiver.url, "box": "none" })).await;
    assert_eq!(fields(refused.problem()), ["box"]);
    let made = world.webhook(&[]).await;
    let late: Client = client.clone().with(HeaderName::from_static("if-match"), "\"9\"");
    let path = format!("/v1/webhooks/{}", made.webhook.id);
    let refused = late.change_json(Method::PATCH, &path, &json!({ "enabled": false })).await.problem();
    assert_eq!(refused.code, "version-mismatch");
    for _ in 1..20 {
        world.webhook(&[]).await;
    }
    let body = json!({ "url": world.receiver.url });
    assert_eq!(client.post_json("/v1/webhooks", &body).await.problem().code, "conflict");
}

#[tokio::test]
async fn the_address_and_the_keys_are_in_no_log_and_not_in_the_database() {
    let world = world().await;
    let made = world.webhook(&["box.created"]).await;
    world.receiver.answer_next([StatusCode::BAD_GATEWAY]);
    world.app.created_box(&world.owner.client, "home").await;
    world.app.send_webhooks().await;
    let log = world.owner.client.get("/v1/audit?limit=200").await.text();
    assert!(log.contains("webhook.created"));
    let shown = world.owner.client.get("/v1/webhooks").await.text();
    assert!(shown.contains("in-the-address") && !shown.contains(&made.secret));
    let deliveries = serde_json::to_string(&world.deliveries(&made.webhook.id).await).unwrap();
    for text in [&log, &deliveries] {
        assert!(!text.contains("in-the-address") && !text.contains(&made.secret), "{text}");
    }
}
