//! Going back to a backup, and back from it.

use std::fs;
use std::path::Path;

use jiff::SignedDuration;
use smartbox_control::{Error, RestoreFrom, RestoreWish};
use smartbox_core::{BoxId, DeathReason};
use smartbox_provider::Volumes;
use smartbox_store::SystemActor;
use smartbox_testkit::TestApp;

use crate::backups::{backups, box_with_state, state};

async fn restore(app: &TestApp, id: BoxId, from: RestoreFrom) -> smartbox_core::OperationId {
    let wish = RestoreWish { from, is_forced: false };
    app.control.restore_box(&app.admin_op(), &id.to_string(), wish, None).await.unwrap().operation.id
}

async fn outcome(app: &TestApp, operation: smartbox_core::OperationId) -> String {
    let found = app.store.fleet(SystemActor::new("test")).find_operation(operation).await.unwrap().unwrap();
    found.outcome.map_or_else(|| "running".to_owned(), |outcome| outcome.as_str().to_owned())
}

fn content(home: &Path) -> String {
    fs::read_to_string(home.join("state/openclaw.json")).unwrap()
}

#[tokio::test]
async fn a_box_goes_back_to_a_backup_and_back_again_within_a_day() {
    let app = TestApp::start().await;
    let (id, home) = box_with_state(&app).await;
    app.back_up().await;
    let first = backups(&app, id).await.remove(0);
    fs::write(home.join("state/openclaw.json"), "spoilt").unwrap();

    let operation = restore(&app, id, RestoreFrom::Backup(first.id)).await;
    app.settle().await;
    assert_eq!((content(&home).as_str(), outcome(&app, operation).await.as_str()), ("{}", "succeeded"));
    assert_eq!(app.provider.starts(id), 2);
    let all = backups(&app, id).await;
    assert_eq!(all[0].reason.as_str(), "before-restore", "what was replaced is saved");

    let operation = restore(&app, id, RestoreFrom::Undo).await;
    app.settle().await;
    assert_eq!((content(&home).as_str(), outcome(&app, operation).await.as_str()), ("spoilt", "succeeded"));

    app.back_up().await;
    app.clock.advance(SignedDuration::from_hours(25));
    app.back_up().await;
    assert_eq!(state(&app, id).await.restored.unwrap().undo_until, None);
    let wish = RestoreWish { from: RestoreFrom::Undo, is_forced: false };
    let refused = app.control.restore_box(&app.admin_op(), &id.to_string(), wish, None).await;
    assert!(matches!(refused, Err(Error::Conflict { .. })));
}

#[tokio::test]
async fn a_box_whose_disk_is_lost_comes_back_with_its_newest_good_backup() {
    let app = TestApp::start().await;
    app.expect_log("WARN");
    let (id, home) = box_with_state(&app).await;
    fs::write(home.join("state/history"), "what was said").unwrap();
    app.back_up().await;
    app.provider.lose_disk(id);
    assert!(!home.exists());
    app.settle().await;
    assert_eq!(fs::read_to_string(home.join("state/history")).unwrap(), "what was said");
    let restored = state(&app, id).await.restored.unwrap();
    assert_eq!(
        (restored.from, restored.undo_until),
        (RestoreFrom::Backup(backups(&app, id).await[0].id), None)
    );
    // It can be lost again.
    app.provider.lose_disk(id);
    app.settle().await;
    assert_eq!(fs::read_to_string(home.join("state/history")).unwrap(), "what was said");
}

#[tokio::test]
async fn after_a_restore_the_state_is_compared_with_what_was_restored() {
    let app = TestApp::start().await;
    let (id, home) = box_with_state(&app).await;
    app.back_up().await;
    let small = backups(&app, id).await.remove(0);
    for number in 0..20 {
        fs::write(home.join(format!("state/{number}")), vec![7; 50_000]).unwrap();
    }
    app.clock.advance(SignedDuration::from_mins(5));
    app.back_up().await;
    restore(&app, id, RestoreFrom::Backup(small.id)).await;
    app.settle().await;
    fs::write(home.join("state/note"), "as before, and a little").unwrap();
    app.clock.advance(SignedDuration::from_mins(5));
    app.back_up().await;
    let newest = backups(&app, id).await.remove(0);
    assert_eq!((newest.is_good(), newest.facts.files), (true, 2), "{:?}", newest.suspicion);
}

#[tokio::test]
async fn a_new_box_without_backups_starts_empty() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let view = app.running_box(&client, "home").await;
    assert_eq!(view.backup.unwrap().last_good_at, None);
}

#[tokio::test]
async fn a_store_that_is_away_holds_a_lost_box_back_instead_of_starting_it_empty() {
    let app = TestApp::start().await;
    app.expect_log("could not be prepared");
    app.expect_log("a backup");
    app.expect_log("a step");
    let (id, home) = box_with_state(&app).await;
    app.back_up().await;
    let backup = backups(&app, id).await.remove(0);
    let org = app.first_org().await;
    app.depot.erase(&org.to_string(), &id.to_string()).await.unwrap();
    app.provider.lose_disk(id);
    for _ in 0..3 {
        app.pass().await;
    }
    assert!(!home.exists());
    assert_eq!(app.provider.starts(id), 0, "the fake forgot it with its disk, and nothing started it since");
    assert_eq!(backups(&app, id).await, [backup]);
}

#[tokio::test]
async fn a_box_that_does_not_start_on_what_was_restored_goes_back_by_itself() {
    let app = TestApp::start().await;
    app.expect_log("WARN");
    let (id, home) = box_with_state(&app).await;
    app.back_up().await;
    let first = backups(&app, id).await.remove(0);
    fs::write(home.join("state/openclaw.json"), "the present").unwrap();
    app.provider.set_ready_after(None);
    let operation = restore(&app, id, RestoreFrom::Backup(first.id)).await;
    for _ in 0..4 {
        app.pass().await;
    }
    assert_eq!(content(&home), "{}");
    app.provider.die(id, DeathReason::Config);
    app.pass().await;
    app.back_up().await;
    app.provider.set_ready_after(Some(std::time::Duration::ZERO));
    app.settle().await;
    assert_eq!((content(&home).as_str(), outcome(&app, operation).await.as_str()), ("the present", "failed"));
    let told = app.store.org(app.first_org().await).timeline(id, None, 100).await.unwrap();
    assert!(told.items.iter().any(|event| event.action == "box.restore-rolled-back"));
    assert_eq!(app.show(&app.admin(), &id.to_string()).await.phase, "running");
}

#[tokio::test]
async fn a_backup_that_was_removed_meanwhile_is_no_reason_to_lose_the_disk() {
    let app = TestApp::start().await;
    app.expect_log("WARN");
    let (id, home) = box_with_state(&app).await;
    app.back_up().await;
    let first = backups(&app, id).await.remove(0);
    fs::write(home.join("state/openclaw.json"), "the present").unwrap();
    let operation = restore(&app, id, RestoreFrom::Backup(first.id)).await;
    app.store.fleet(SystemActor::new("test")).forget_backups(&[first.id]).await.unwrap();
    app.pass().await;
    app.pass().await;
    assert_eq!(outcome(&app, operation).await, "failed");
    app.clock.advance(SignedDuration::from_mins(10));
    app.settle().await;
    assert_eq!(content(&home), "the present");
    assert_eq!(app.show(&app.admin(), &id.to_string()).await.phase, "running");
    assert!(app.provider.staged(id).await.unwrap().is_none());
}

#[tokio::test]
async fn a_lost_disk_without_a_backup_that_can_be_trusted_waits_for_a_person() {
    let app = TestApp::start().await;
    app.expect_log("WARN");
    let (id, home) = box_with_state(&app).await;
    fs::create_dir_all(home.join("state/state")).unwrap();
    fs::write(home.join("state/state/openclaw.sqlite"), "no database, only text").unwrap();
    app.back_up().await;
    let bad = backups(&app, id).await.remove(0);
    assert!(!bad.is_good());
    app.provider.lose_disk(id);
    app.settle().await;
    assert!(!home.exists() && app.provider.starts(id) == 0, "it does not start empty by itself");
    let row = app.store.fleet(SystemActor::new("test")).find_box(id).await.unwrap().unwrap();
    let error = row.last_error.unwrap();
    assert_eq!(error.code, "not-restored");
    let remedy = error.remedy.unwrap();
    assert!(remedy.contains("restore --force") && remedy.contains("backup remove"), "{remedy}");

    let (op, reference) = (app.admin_op(), id.to_string());
    let wish = RestoreWish { from: RestoreFrom::Backup(bad.id), is_forced: true };
    app.control.restore_box(&op, &reference, wish, None).await.unwrap();
    app.settle().await;
    assert_eq!(content(&home), "{}");
    assert_eq!(app.show(&app.admin(), &reference).await.phase, "running");

    app.provider.lose_disk(id);
    app.settle().await;
    for backup in backups(&app, id).await {
        app.control.remove_backup(&op, &reference, backup.id).await.unwrap();
    }
    app.control.start_box(&op, &reference, None).await.unwrap();
    app.settle().await;
    assert_eq!(app.show(&app.admin(), &reference).await.phase, "running", "empty, because a person said so");
}
