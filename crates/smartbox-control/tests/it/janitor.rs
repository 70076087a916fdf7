//! What has expired is removed.

use jiff::SignedDuration;
use smartbox_control::{Clock, Janitor};
use smartbox_store::SystemActor;
use smartbox_testkit::TestApp;

#[tokio::test]
async fn what_has_expired_is_removed_and_nothing_else() {
    let app = TestApp::start().await;
    let janitor = Janitor::new(app.control.clone());
    let client = app.first_tenant().await.client;
    janitor.pass().await.unwrap();
    assert_eq!(client.get("/v1/boxes").await.status, 200, "a session that lasts is kept");

    app.clock.advance(SignedDuration::from_hours(31 * 24));
    janitor.pass().await.unwrap();
    let left = app.store.fleet(SystemActor::new("test")).purge_expired(app.clock.now(), 100).await.unwrap();
    assert!(left.is_nothing(), "{left:?}");
}
