//! When backups are made, which are trusted, and which are kept.

use std::fs;
use std::path::PathBuf;

use jiff::SignedDuration;
use smartbox_control::Backup;
use smartbox_core::backup::Reason;
use smartbox_core::{BoxId, Desired};
use smartbox_provider::fake::{Call, Failure};
use smartbox_store::{BackupState, SystemActor};
use smartbox_testkit::{TestApp, id_of};

/// A box that runs and has written something.
pub(crate) async fn box_with_state(app: &TestApp) -> (BoxId, PathBuf) {
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    let home = app.provider.home_of(id);
    fs::write(home.join("state/openclaw.json"), "{}").unwrap();
    (id, home)
}

pub(crate) async fn backups(app: &TestApp, id: BoxId) -> Vec<Backup> {
    app.store.fleet(SystemActor::new("test")).backups_of(id).await.unwrap()
}

pub(crate) async fn state(app: &TestApp, id: BoxId) -> BackupState {
    app.store.fleet(SystemActor::new("test")).backup_state_of(id).await.unwrap()
}

async fn actions(app: &TestApp, id: BoxId) -> Vec<String> {
    let org = app.first_org().await;
    let told = app.store.org(org).timeline(id, None, 100).await.unwrap();
    told.items.into_iter().map(|event| event.action).collect()
}

const PERIOD: SignedDuration = SignedDuration::from_mins(5);

#[tokio::test]
async fn a_box_that_changes_is_saved_once_in_a_period_and_one_that_does_not_is_not() {
    let app = TestApp::start().await;
    let (id, home) = box_with_state(&app).await;
    app.back_up().await;
    app.back_up().await;
    assert_eq!(backups(&app, id).await.len(), 1);
    app.clock.advance(PERIOD);
    app.back_up().await;
    assert_eq!(backups(&app, id).await.len(), 1, "nothing had changed");
    fs::write(home.join("state/note"), "new").unwrap();
    app.clock.advance(PERIOD / 2);
    app.back_up().await;
    assert_eq!(backups(&app, id).await.len(), 1, "its time had not come");
    app.clock.advance(PERIOD / 2);
    app.back_up().await;
    let all = backups(&app, id).await;
    assert_eq!(all.len(), 2);
    assert!(all.iter().all(|backup| backup.is_good() && backup.stillness == "frozen"), "{all:?}");
    assert_eq!((all[0].reason, all[0].facts.files), (Reason::Period, 2));
}

#[tokio::test]
async fn a_box_that_has_come_to_rest_is_saved_once_without_waiting() {
    let app = TestApp::start().await;
    let (id, home) = box_with_state(&app).await;
    app.back_up().await;
    fs::write(home.join("state/last-words"), "bye").unwrap();
    app.clock.advance(SignedDuration::from_secs(10));
    app.control.stop_box(&app.admin_op(), &id.to_string(), None).await.unwrap();
    app.settle().await;
    for _ in 0..3 {
        app.back_up().await;
        app.clock.advance(PERIOD);
    }
    let all = backups(&app, id).await;
    assert_eq!(all.len(), 2);
    assert_eq!((all[0].reason, all[0].stillness.as_str()), (Reason::Rest, "stopped"));
}

#[tokio::test]
async fn a_home_that_was_emptied_is_kept_and_told_and_replaces_nothing() {
    let app = TestApp::start().await;
    app.expect_log("WARN");
    let (id, home) = box_with_state(&app).await;
    for number in 0..40 {
        fs::write(home.join(format!("state/{number}")), vec![7; 100_000]).unwrap();
    }
    app.back_up().await;
    for number in 0..40 {
        fs::remove_file(home.join(format!("state/{number}"))).unwrap();
    }
    for _ in 0..8 {
        app.clock.advance(SignedDuration::from_hours(24));
        fs::write(home.join("state/openclaw.json"), app.control.clock().now().to_string()).unwrap();
        app.back_up().await;
    }
    let all = backups(&app, id).await;
    let good: Vec<_> = all.iter().filter(|backup| backup.is_good()).collect();
    assert_eq!((all.len(), good.len(), good[0].facts.files), (6, 1, 41), "the good one, and five to look at");
    assert!(actions(&app, id).await.contains(&"backup.suspicious".to_owned()));
    assert!(state(&app, id).await.changed_since.is_some(), "nothing of the present state is saved");
}

#[tokio::test]
async fn a_broken_database_is_not_trusted() {
    let app = TestApp::start().await;
    let (id, home) = box_with_state(&app).await;
    fs::create_dir_all(home.join("state/state")).unwrap();
    fs::write(home.join("state/state/openclaw.sqlite"), "no database at all, only text of some length")
        .unwrap();
    app.back_up().await;
    let all = backups(&app, id).await;
    assert_eq!((all[0].facts.databases, all[0].facts.broken_databases), (1, 1));
    assert!(all[0].suspicion.as_deref().unwrap().contains("openclaw.sqlite"), "{all:?}");
}

#[tokio::test]
async fn a_failure_is_tried_again_soon_and_an_old_backup_is_told_once() {
    let app = TestApp::start().await;
    app.expect_log("WARN");
    let (id, home) = box_with_state(&app).await;
    app.back_up().await;
    fs::write(home.join("state/note"), "new").unwrap();
    app.provider.fail_next(Call::WhileStill, 400, Failure::Transient("no freezer today".to_owned()));
    for _ in 0..20 {
        app.clock.advance(PERIOD);
        app.back_up().await;
    }
    let (seen, told) = (state(&app, id).await, actions(&app, id).await);
    assert!(seen.is_overdue && seen.failures > 3, "{seen:?}");
    for once in ["backup.failed", "backup.overdue"] {
        assert_eq!(told.iter().filter(|action| *action == once).count(), 1, "{once}: {told:?}");
    }
    assert_eq!(backups(&app, id).await.len(), 1);
    let numbers = app.control.backup_numbers();
    assert!((numbers.good, numbers.overdue) == (1, 1) && numbers.failed > 3, "{numbers:?}");
    assert!(numbers.unsaved >= std::time::Duration::from_mins(90), "{numbers:?}");
    app.provider.fail_next(Call::WhileStill, 0, Failure::Transient(String::new()));
}

#[tokio::test]
async fn never_more_than_a_few_at_a_time_and_all_in_the_end() {
    let app = TestApp::builder().limits(|limits| limits.backups.at_once = 2).start().await;
    let client = app.first_tenant().await.client;
    let mut ids = Vec::new();
    for number in 0..5 {
        let id = id_of(&app.running_box(&client, &format!("box-{number}")).await);
        fs::write(app.provider.home_of(id).join("state/x"), "x").unwrap();
        ids.push(id);
    }
    let made = async |app: &TestApp| {
        let mut made = 0;
        for id in &ids {
            made += backups(app, *id).await.len();
        }
        made
    };
    for expected in [2, 4, 5, 5] {
        app.back_up().await;
        assert_eq!(made(&app).await, expected);
    }
}

#[tokio::test]
async fn backups_that_are_off_are_made_when_somebody_asks() {
    let app = TestApp::builder().limits(|limits| limits.backups.period = None).start().await;
    let (id, _home) = box_with_state(&app).await;
    app.clock.advance(SignedDuration::from_hours(24));
    app.back_up().await;
    assert_eq!(backups(&app, id).await.len(), 0);
    let (op, reference) = (app.admin_op(), id.to_string());
    let made = app.back_up_for(app.control.create_backup(&op, &reference)).await;
    let made = made.unwrap().made().unwrap();
    assert!(made.is_pinned && made.reason == Reason::Asked);
    assert_eq!(backups(&app, id).await, [made]);
}

#[tokio::test]
async fn what_retention_drops_is_gone_from_the_repository_and_what_is_pinned_stays() {
    let app = TestApp::start().await;
    let (id, home) = box_with_state(&app).await;
    let (op, reference) = (app.admin_op(), id.to_string());
    let pinned = app.back_up_for(app.control.create_backup(&op, &reference)).await;
    let pinned = pinned.unwrap().made().unwrap();
    for round in 0..60 {
        app.clock.advance(SignedDuration::from_mins(20));
        fs::write(home.join("state/round"), round.to_string()).unwrap();
        app.back_up().await;
    }
    let all = backups(&app, id).await;
    assert!((15..40).contains(&all.len()), "{}", all.len());
    assert!(all.iter().any(|backup| backup.id == pinned.id));
    assert_eq!(all[0].facts.files, 2);
    let verified = app.control.verify_backup(&op, &reference, pinned.id).await.unwrap();
    assert!(verified.is_good() && verified.verified.is_some());
    let rows = app.store.fleet(SystemActor::new("test")).all_boxes().await.unwrap();
    assert_eq!(rows[0].desired, Desired::Running);
}

#[tokio::test]
async fn only_the_good_one_that_is_left_cannot_be_removed() {
    let app = TestApp::start().await;
    let (id, home) = box_with_state(&app).await;
    app.back_up().await;
    let (op, reference) = (app.admin_op(), id.to_string());
    let first = backups(&app, id).await.remove(0);
    let refused = app.control.remove_backup(&op, &reference, first.id).await.unwrap_err();
    assert!(refused.to_string().contains("only good"), "{refused}");
    fs::write(home.join("state/note"), "x").unwrap();
    app.clock.advance(PERIOD);
    app.back_up().await;
    app.control.remove_backup(&op, &reference, first.id).await.unwrap();
    assert_eq!(backups(&app, id).await.len(), 1);
}
