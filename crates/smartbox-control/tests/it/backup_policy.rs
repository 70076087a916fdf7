//! Who decides when backups are made and which are kept.

use std::fs;

use jiff::SignedDuration;
use smartbox_core::backup::Matter;
use smartbox_testkit::TestApp;

use crate::backups::{backups, box_with_state, state};

fn wish(said: &[(Matter, &str)]) -> smartbox_control::BackupWish {
    said.iter().map(|(matter, text)| (*matter, (*text).to_owned())).collect()
}

#[tokio::test]
async fn the_narrowest_policy_says_how_often_a_box_is_saved() {
    let app = TestApp::start().await;
    let (id, home) = box_with_state(&app).await;
    let (op, reference, org) = (app.admin_op(), id.to_string(), app.first_org().await.to_string());
    app.back_up().await;
    let changed = async |app: &TestApp, minutes: i64| {
        fs::write(home.join("state/note"), app.control.clock().now().to_string()).unwrap();
        app.clock.advance(SignedDuration::from_mins(minutes));
        app.back_up().await;
        backups(app, id).await.len()
    };
    let control = &app.control;
    control.set_tier_backup_policy(&op, "standard-1", &wish(&[(Matter::Period, "1h")]), None).await.unwrap();
    assert_eq!(changed(&app, 6).await, 1, "the tier says an hour");
    control.set_org_backup_policy(&op, &org, &wish(&[(Matter::Period, "never")]), None).await.unwrap();
    assert_eq!(changed(&app, 120).await, 1, "the org says never");
    control.set_box_backup_policy(&op, &reference, &wish(&[(Matter::Period, "10m")]), None).await.unwrap();
    app.back_up().await;
    assert_eq!(backups(&app, id).await.len(), 2, "the box says ten minutes");
    assert_eq!(changed(&app, 6).await, 2);
    assert_eq!(changed(&app, 4).await, 3);
    control.set_box_backup_policy(&op, &reference, &wish(&[]), None).await.unwrap();
    assert_eq!(changed(&app, 120).await, 3, "it is the org's again");
}

#[tokio::test]
async fn a_short_retention_removes_no_pinned_backup_and_not_the_last_good_one() {
    let app = TestApp::start().await;
    let (id, home) = box_with_state(&app).await;
    let (op, reference) = (app.admin_op(), id.to_string());
    let pinned = app.back_up_for(app.control.create_backup(&op, &reference)).await;
    let pinned = pinned.unwrap().made().unwrap().id;
    for round in 0..6 {
        app.clock.advance(SignedDuration::from_hours(1));
        fs::write(home.join("state/round"), round.to_string()).unwrap();
        app.back_up().await;
    }
    assert_eq!(backups(&app, id).await.len(), 7);
    let nothing = wish(&[
        (Matter::KeepAll, "0s"),
        (Matter::KeepHourly, "0"),
        (Matter::KeepDaily, "0"),
        (Matter::KeepWeekly, "0"),
        (Matter::KeepMonthly, "0"),
    ]);
    app.control.set_box_backup_policy(&op, &reference, &nothing, None).await.unwrap();
    app.clock.advance(SignedDuration::from_hours(1));
    fs::write(home.join("state/round"), "last").unwrap();
    app.back_up().await;
    let left = backups(&app, id).await;
    assert_eq!(left.iter().map(|backup| backup.id).collect::<Vec<_>>(), [left[0].id, pinned]);
    let restorable = app.control.verify_backup(&op, &reference, left[0].id).await.unwrap();
    assert!(restorable.is_good(), "it can be read back");
}

#[tokio::test]
async fn a_box_that_is_not_to_be_saved_is_never_overdue() {
    let app = TestApp::start().await;
    app.expect_log("WARN");
    let (id, home) = box_with_state(&app).await;
    let (op, reference) = (app.admin_op(), id.to_string());
    app.back_up().await;
    fs::write(home.join("state/note"), "new").unwrap();
    let failure = smartbox_provider::fake::Failure::Transient("no freezer today".to_owned());
    app.provider.fail_next(smartbox_provider::fake::Call::WhileStill, 400, failure);
    let wait = async |app: &TestApp| {
        for _ in 0..4 {
            app.clock.advance(SignedDuration::from_mins(5));
            app.back_up().await;
        }
    };
    let hourly = wish(&[(Matter::Period, "1h")]);
    app.control.set_box_backup_policy(&op, &reference, &hourly, None).await.unwrap();
    app.clock.advance(SignedDuration::from_hours(1));
    wait(&app).await;
    assert!(!state(&app, id).await.is_overdue, "not yet twice an hour");
    let standard = wish(&[]);
    app.control.set_box_backup_policy(&op, &reference, &standard, None).await.unwrap();
    app.back_up().await;
    assert!(state(&app, id).await.is_overdue, "twice five minutes are over");
    app.back_up().await;
    assert_eq!(app.control.backup_numbers().overdue, 1);
    app.control
        .set_box_backup_policy(&op, &reference, &wish(&[(Matter::Period, "never")]), None)
        .await
        .unwrap();
    app.back_up().await;
    assert_eq!(app.control.backup_numbers().overdue, 0, "nobody waits for one");
}
