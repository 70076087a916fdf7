//! What holds the boxes of an org back: at every door.

use http::{Method, StatusCode};
use jiff::SignedDuration;
use serde_json::json;
use smartbox_api::{EventList, HoldList, HoldView};
use smartbox_control::{ChatEvent, Error};
use smartbox_core::wake::{HoldKind, WakeRefusal};
use smartbox_testkit::{TestApp, id_of};

/// Every kind with the status and code that it is answered with.
const KINDS: [(HoldKind, u16, &str); 4] = [
    (HoldKind::Account, 423, "boxes-frozen"),
    (HoldKind::Abuse, 423, "boxes-flagged"),
    (HoldKind::Plan, 403, "plan-too-small"),
    (HoldKind::Budget, 402, "budget-used-up"),
];

#[tokio::test]
async fn a_hold_refuses_every_wake_in_its_own_words_until_it_is_released() {
    let app = TestApp::start().await;
    let tenant = app.first_tenant().await;
    let client = tenant.client;
    let id = id_of(&app.running_box(&client, "home").await);
    client.post("/v1/boxes/home/sleep").await;
    app.settle().await;
    for (kind, status, code) in KINDS {
        let path = format!("/v1/orgs/home/holds/{kind}");
        let reason = json!({ "reason": "the invoice of May is open" });
        let held = app.admin().change_json(Method::PUT, &path, &reason).await;
        let held: HoldView = held.json(StatusCode::OK);
        assert_eq!((held.kind.as_str(), held.reason.as_str()), (kind.as_str(), "the invoice of May is open"));
        for verb in ["wake", "start", "restart"] {
            let problem = client.post(&format!("/v1/boxes/home/{verb}")).await.problem();
            assert_eq!((problem.status, problem.code.as_str()), (status, code), "{verb}");
        }
        // The edge's door, and a chat's.
        let refused = app.control.wake_box(&app.admin_op(), id, "a request").await.unwrap_err();
        assert!(matches!(refused, Error::WakeRefused(WakeRefusal::Held(by)) if by == kind), "{refused:?}");
        let mut chat = app.control.send_message(&app.admin_op(), "home", "hello".into(), None).await.unwrap();
        let refused = chat.next().await;
        assert!(matches!(refused, Some(ChatEvent::Failed(Error::WakeRefused(_)))), "{refused:?}");
        let problem =
            client.post_json("/v1/boxes/home/exec:sync", &json!({ "argv": ["true"] })).await.problem();
        assert_eq!((problem.status, problem.code.as_str()), (status, code));
        assert_eq!(app.show(&client, "home").await.phase, "sleeping");
        assert_eq!(app.admin().delete(&path).await.status, StatusCode::NO_CONTENT);
        assert_eq!(app.admin().delete(&path).await.status, StatusCode::NO_CONTENT, "twice is once");
    }
    client.post("/v1/boxes/home/wake").await;
    app.settle().await;
    assert_eq!(app.show(&client, "home").await.phase, "running");
}

#[tokio::test]
async fn what_is_due_waits_for_the_release() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    app.running_box(&client, "home").await;
    let due = smartbox_control::Clock::now(&*app.clock) + SignedDuration::from_hours(1);
    app.gateway.plan_run(Some((due.as_millisecond(), "report")));
    client.post("/v1/boxes/home/sleep").await;
    app.settle().await;
    let reason = json!({ "reason": "x" });
    app.admin().change_json(Method::PUT, "/v1/orgs/home/holds/budget", &reason).await;
    app.clock.advance(SignedDuration::from_mins(61));
    app.settle().await;
    assert_eq!(app.show(&client, "home").await.phase, "sleeping");
    let told: EventList = client.get("/v1/boxes/home/timeline").await.json(StatusCode::OK);
    assert_eq!(told.items[0].action, "box.wake-refused");
    app.admin().delete("/v1/orgs/home/holds/budget").await;
    app.clock.advance(SignedDuration::from_mins(2));
    app.settle().await;
    assert_eq!(app.show(&client, "home").await.phase, "running");
}

#[tokio::test]
async fn people_read_the_holds_of_their_own_org_and_nobody_else_does() {
    let app = TestApp::start().await;
    let (home, acme) = (app.first_tenant().await, app.tenant("acme").await);
    let (_, viewer) = app.member(&home.org, "member", "viewer").await;
    let reason = json!({ "reason": "suspicious traffic" });
    app.admin().change_json(Method::PUT, "/v1/orgs/home/holds/abuse", &reason).await;
    for client in [&home.client, &viewer] {
        let holds: HoldList = client.get("/v1/orgs/me/holds").await.json(StatusCode::OK);
        assert_eq!(holds.items[0].reason, "suspicious traffic");
    }
    let theirs: HoldList = acme.client.get("/v1/orgs/me/holds").await.json(StatusCode::OK);
    assert!(theirs.items.is_empty());
    for path in
        [format!("/v1/orgs/{}/holds", home.org), format!("/v1/orgs/{}", home.org), "/v1/orgs/home".into()]
    {
        assert_eq!(acme.client.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for client in [&home.client, &acme.client] {
        let path = format!("/v1/orgs/{}/holds/abuse", home.org);
        assert_eq!(client.delete(&path).await.status, StatusCode::FORBIDDEN);
        let put = client.change_json(Method::PUT, &path, &reason).await;
        assert_eq!(put.status, StatusCode::FORBIDDEN);
    }
    let holds: HoldList = app.admin().get("/v1/orgs/home/holds").await.json(StatusCode::OK);
    assert_eq!(holds.items.len(), 1);
}

#[tokio::test]
async fn a_hold_needs_a_kind_and_a_reason() {
    let app = TestApp::start().await;
    for (kind, reason, field) in [("whim", "x", "kind"), ("plan", "  ", "reason"), ("plan", "a\nb", "reason")]
    {
        let path = format!("/v1/orgs/home/holds/{kind}");
        let problem =
            app.admin().change_json(Method::PUT, &path, &json!({ "reason": reason })).await.problem();
        assert_eq!((problem.status, problem.errors[0].field.as_str()), (422, field), "{kind} {reason:?}");
    }
    let hold = json!({ "reason": "x" });
    let missing = app.admin().change_json(Method::PUT, "/v1/orgs/none/holds/plan", &hold).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
}
