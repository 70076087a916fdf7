//! What one platform does is known to the others after their next look.

use smartbox_control::{News, RouteChange};
use smartbox_core::Tie;
use smartbox_testkit::TestApp;
use tokio::sync::broadcast::error::TryRecvError;

use crate::keeping::Side;

#[tokio::test]
async fn a_right_that_ends_on_one_platform_ends_on_the_others() {
    let app = TestApp::start().await;
    let first = Side::of(&app).await;
    let second = Side::another(&app, "second").await;
    let tenant = app.first_tenant().await;
    let (user, _browser) = app.member(&tenant.org, "ann", "operator").await;
    let (token, _program) = app.program(&tenant.org, &["boxes:read"]).await;
    let news = News::follow(second.control.clone()).await.unwrap();
    let own = News::follow(first.control.clone()).await.unwrap();
    let (mut told, mut told_again) = (second.control.revocations(), first.control.revocations());
    let drain = |told: &mut tokio::sync::broadcast::Receiver<Tie>| {
        std::iter::from_fn(|| told.try_recv().ok()).collect::<Vec<_>>()
    };

    app.admin().delete(&format!("/v1/tokens/{}", token.token.id)).await;
    news.pass().await.unwrap();
    assert_eq!(drain(&mut told), [Tie::Token(token.token.id.parse().unwrap())]);

    let (support, _helper) = app.supported(&user.id, "read").await;
    app.admin().delete(&format!("/v1/support-sessions/{}", support.session.id)).await;
    news.pass().await.unwrap();
    assert_eq!(drain(&mut told), [Tie::Support(support.session.id.parse().unwrap())]);

    app.admin().delete(&format!("/v1/users/{}", user.id)).await;
    news.pass().await.unwrap();
    assert_eq!(drain(&mut told), [Tie::User(user.id.parse().unwrap())]);
    news.pass().await.unwrap();
    assert_eq!(told.try_recv(), Err(TryRecvError::Empty), "nothing is told twice");

    assert_eq!(drain(&mut told_again).len(), 3);
    own.pass().await.unwrap();
    assert_eq!(drain(&mut told_again), [], "what a platform did itself is no news to it");
}

#[tokio::test]
async fn a_route_that_is_changed_on_one_platform_is_changed_on_the_others() {
    let app = TestApp::start().await;
    let _first = Side::of(&app).await;
    let second = Side::another(&app, "second").await;
    second.control.start_routing(&[]).await.unwrap();
    let news = News::follow(second.control.clone()).await.unwrap();
    let flags = second.control.routing_flags();
    let before = flags.borrow().get(smartbox_core::routing::RouteName::AdminApi).version;
    let change = RouteChange { candidate: Some("http://new.example".into()), ..RouteChange::default() };
    app.control.change_route(&app.admin_op(), "admin-api", &change, None).await.unwrap();
    news.pass().await.unwrap();
    assert!(flags.borrow().get(smartbox_core::routing::RouteName::AdminApi).version > before);
}

#[tokio::test]
async fn a_box_that_is_made_on_one_platform_is_seen_and_taken_by_the_others() {
    let app = TestApp::start().await;
    let first = Side::of(&app).await;
    let mut second = Side::another(&app, "second").await;
    let news = News::follow(second.control.clone()).await.unwrap();
    let client = app.first_tenant().await.client;
    let id = smartbox_testkit::id_of(&app.created_box(&client, "home").await.smartbox);
    news.pass().await.unwrap();
    second.reconciler.pass().await.unwrap();
    assert!(second.control.fleet().borrow().boxes.iter().any(|state| state.id == id), "it can be found");
    second.keeping.renew().await;
    first.keeping.renew().await;
    let keepers = [&first, &second].iter().filter(|side| side.keeping.epoch_of(id).is_some()).count();
    assert_eq!(keepers, 1);
}
