//! A box that is gone is gone as a whole, or is not said to be.

use std::fs;
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::Value;
use smartbox_core::{BoxId, Desired};
use smartbox_provider::fake::Call;
use smartbox_store::{Smartbox, SystemActor};
use smartbox_testkit::TestApp;

use crate::backups::box_with_state;

async fn row(app: &TestApp, id: BoxId) -> Option<Smartbox> {
    app.store.fleet(SystemActor::new("test")).find_box(id).await.unwrap()
}

async fn objects(app: &TestApp, id: BoxId) -> u64 {
    let org = app.first_org().await.to_string();
    app.depot.measure(&org, &id.to_string()).await.unwrap().0
}

async fn told(app: &TestApp, id: BoxId, action: &str) -> Option<(String, Value)> {
    let org = app.store.org(app.first_org().await);
    let told = org.timeline(id, None, 200).await.unwrap();
    let found = told.items.into_iter().find(|event| event.action == action)?;
    Some((found.reason, serde_json::from_str(&found.detail.to_string()).unwrap()))
}

/// A box with backups, whose grace period is over.
async fn doomed(app: &TestApp) -> BoxId {
    let (id, home) = box_with_state(app).await;
    fs::write(home.join("state/secret"), "nobody's business").unwrap();
    app.back_up().await;
    app.control.delete_box(&app.admin_op(), &id.to_string(), None).await.unwrap();
    app.settle().await;
    assert!(home.exists() && objects(app, id).await > 0, "it can be brought back");
    app.clock.advance(SignedDuration::from_hours(25));
    id
}

#[tokio::test]
async fn what_was_erased_is_counted_and_said() {
    let app = TestApp::start().await;
    let id = doomed(&app).await;
    let home = app.provider.home_of(id);
    app.settle().await;
    assert_eq!(row(&app, id).await, None);
    assert_eq!(objects(&app, id).await, 0);
    assert!(!home.exists());
    let (what, detail) = told(&app, id, "box.forgotten").await.unwrap();
    assert!(what.contains("nothing of it is left"), "{what}");
    assert!(
        detail["backup_objects"].as_u64().unwrap() > 3 && detail["backup_bytes"].as_u64().unwrap() > 0,
        "{detail}"
    );
    assert_eq!(detail["rows"]["backups"], 1);
    assert!(detail["rows"]["secrets"].as_u64().unwrap() >= 3, "{detail}");
    assert!(!detail.to_string().contains("nobody's business"));
}

#[tokio::test]
async fn a_disk_that_is_still_there_is_told_and_tried_again() {
    let app = TestApp::start().await;
    app.expect_log("WARN");
    let id = doomed(&app).await;
    app.provider.leave_disks(true);
    for _ in 0..4 {
        app.settle().await;
        app.clock.advance(SignedDuration::from_mins(7));
    }
    let left = row(&app, id).await.expect("it is not said to be gone");
    assert_eq!((left.desired, left.last_error.unwrap().code.as_str()), (Desired::Deleted, "not-erased"));
    assert!(objects(&app, id).await > 0, "its backups go after its disk");
    assert!(told(&app, id, "box.forgotten").await.is_none());
    let (what, _) = told(&app, id, "box.failed").await.unwrap();
    assert!(what.contains("disk is still there"), "{what}");

    app.provider.leave_disks(false);
    app.provider.lose_disk(id);
    app.clock.advance(SignedDuration::from_mins(7));
    app.settle().await;
    assert_eq!((row(&app, id).await, objects(&app, id).await), (None, 0));
    assert!(told(&app, id, "box.forgotten").await.is_some());
}

#[tokio::test]
async fn a_kill_in_the_middle_leaves_nothing_behind() {
    let mut app = TestApp::start().await;
    app.expect_log("WARN");
    let id = doomed(&app).await;
    app.provider.set_delay(Duration::from_millis(20));
    assert!(app.kill_when(|app| app.provider.calls(Call::EnsureAbsent) > 1).await);
    app.provider.set_delay(Duration::ZERO);
    assert!(row(&app, id).await.is_some(), "it was killed before the end");
    app.settle().await;
    assert_eq!((row(&app, id).await, objects(&app, id).await), (None, 0));
}
