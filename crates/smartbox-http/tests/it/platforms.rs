//! Platforms that share the database.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use smartbox_api::{PlatformList, Readiness};
use smartbox_control::{Clock, Keeping, Membership, PlatformParts};
use smartbox_testkit::TestApp;

async fn join(app: &TestApp, address: &str) -> Keeping {
    let parts = PlatformParts {
        place: "here".into(),
        address: address.into(),
        version: "1.2.3".into(),
        ttl: Duration::from_secs(5),
    };
    let clock = Arc::clone(&app.clock) as Arc<dyn Clock>;
    Membership::join(&app.store, clock, &*app.entropy, parts).await.unwrap().unwrap().into()
}

#[tokio::test]
async fn a_platform_that_is_alone_lists_none() {
    let app = TestApp::start().await;
    let list: PlatformList = app.admin().get("/v1/platforms").await.json(StatusCode::OK);
    assert_eq!(list.items, []);
}

#[tokio::test]
async fn the_admin_sees_every_platform_and_what_it_keeps_and_nobody_else_does() {
    let app = TestApp::start().await;
    let tenant = app.first_tenant().await;
    app.created_box(&tenant.client, "home").await;
    let (own, other) = (join(&app, "one.internal:1").await, join(&app, "two.internal:1").await);
    app.control.keep_under(own.clone());
    own.renew().await;
    other.renew().await;
    own.renew().await;
    let list: PlatformList = app.admin().get("/v1/platforms").await.json(StatusCode::OK);
    let seen: Vec<_> = list.items.iter().map(|one| (one.address.as_str(), one.leads, one.is_own)).collect();
    assert_eq!(seen, [("one.internal:1", true, true), ("two.internal:1", false, false)]);
    let boxes: u64 = list.items.iter().map(|one| one.boxes).sum();
    assert_eq!(boxes, 1, "whichever of the two took it");
    assert_eq!((list.items[0].version.as_str(), list.items[0].place.as_str()), ("1.2.3", "here"));
    let refused = tenant.client.get("/v1/platforms").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_platform_that_may_not_act_says_so() {
    let app = TestApp::start().await;
    let own = join(&app, "one.internal:1").await;
    app.control.keep_under(own.clone());
    own.renew().await;
    app.settle().await;
    let _ready: Readiness = app.anonymous().get("/readyz").await.json(StatusCode::OK);
    app.clock.advance(jiff::SignedDuration::from_secs(4));
    let answer: Readiness = app.anonymous().get("/readyz").await.json(StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.reasons.iter().any(|reason| reason.contains("may act on no box")), "{answer:?}");
}
