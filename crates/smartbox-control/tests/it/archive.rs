//! Boxes that nobody uses give their disk back, and get it again when they are needed.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::SignedDuration;
use smartbox_control::{Error, Outcome, RestoreFrom, RestoreWish};
use smartbox_core::backup::{Matter, Reason};
use smartbox_core::{ArchiveStage, BoxId, OperationId};
use smartbox_provider::fake::Call;
use smartbox_store::SystemActor;
use smartbox_testkit::{NEWER_RUNTIME, TestApp};

use crate::backups::{backups, box_with_state};

async fn stage(app: &TestApp, id: BoxId) -> Option<ArchiveStage> {
    app.store.fleet(SystemActor::new("test")).find_box(id).await.unwrap().unwrap().archive
}

async fn phase(app: &TestApp, id: BoxId) -> String {
    app.show(&app.admin(), &id.to_string()).await.phase
}

async fn told(app: &TestApp, id: BoxId, action: &str) -> Option<String> {
    let org = app.store.org(app.first_org().await);
    let told = org.timeline(id, None, 200).await.unwrap();
    told.items.into_iter().find(|event| event.action == action).map(|event| event.reason)
}

/// A box that has state and was stopped.
async fn stopped(app: &TestApp) -> (BoxId, PathBuf) {
    let (id, home) = box_with_state(app).await;
    fs::write(home.join("state/memory"), "what it knows").unwrap();
    app.control.stop_box(&app.admin_op(), &id.to_string(), None).await.unwrap();
    app.settle().await;
    (id, home)
}

async fn ask(app: &TestApp, id: BoxId) -> Result<OperationId, Error> {
    let asked = app.control.archive_box(&app.admin_op(), &id.to_string(), None).await;
    asked.map(|asked| asked.operation.id)
}

async fn outcome(app: &TestApp, id: OperationId) -> Option<Outcome> {
    app.control.find_operation(&app.admin_op(), id).await.unwrap().outcome
}

/// Both loops, until the box is archived or never will be.
async fn go_on(app: &TestApp) {
    for _ in 0..3 {
        app.settle().await;
        app.back_up().await;
    }
    app.settle().await;
}

async fn start(app: &TestApp, id: BoxId) {
    app.control.start_box(&app.admin_op(), &id.to_string(), None).await.unwrap();
    app.settle().await;
}

fn knows(home: &Path) -> bool {
    fs::read_to_string(home.join("state/memory")).is_ok_and(|text| text == "what it knows")
}

#[tokio::test]
async fn a_stopped_box_is_saved_read_back_and_freed_and_comes_back_as_it_was() {
    let app = TestApp::start().await;
    let (id, home) = stopped(&app).await;
    let operation = ask(&app, id).await.unwrap();
    app.settle().await;
    assert!(knows(&home) && outcome(&app, operation).await.is_none(), "nothing is freed before it is saved");
    go_on(&app).await;
    assert_eq!(
        (stage(&app, id).await, phase(&app, id).await.as_str()),
        (Some(ArchiveStage::Freed), "archived")
    );
    assert_eq!(outcome(&app, operation).await, Some(Outcome::Succeeded));
    assert!(!home.exists(), "its disk is freed");
    let last = backups(&app, id).await.remove(0);
    assert_eq!(last.reason, Reason::BeforeArchive);
    assert!(last.verified.is_some(), "every byte was read back");
    let why = app.admin().get(&format!("/v1/boxes/{id}/why")).await.text();
    assert!(why.contains("\"archived\"") && why.contains("wakes-on-use"), "{why}");
    assert_eq!(told(&app, id, "box.removed").await, None, "nobody is told that it is gone");

    start(&app, id).await;
    assert!(knows(&home), "it is back");
    assert_eq!((stage(&app, id).await, phase(&app, id).await.as_str()), (None, "running"));
    let line = told(&app, id, "box.restored").await.unwrap();
    assert!(line.contains("it was archived"), "{line}");
}

#[tokio::test]
async fn a_box_that_nobody_uses_is_archived_by_its_policy_and_a_request_brings_it_back() {
    let app = TestApp::start().await;
    let (id, home) = box_with_state(&app).await;
    fs::write(home.join("state/memory"), "what it knows").unwrap();
    let (op, reference) = (app.admin_op(), id.to_string());
    let wish = vec![(Matter::ArchiveAfter, "30d".to_owned())];
    app.control.set_box_backup_policy(&op, &reference, &wish, None).await.unwrap();
    app.control.sleep_box(&op, &reference, smartbox_core::SleepTier::Frozen, None).await.unwrap();
    app.settle().await;
    go_on(&app).await;
    app.clock.advance(SignedDuration::from_hours(29 * 24));
    go_on(&app).await;
    assert_eq!((stage(&app, id).await, phase(&app, id).await.as_str()), (None, "sleeping"));
    app.clock.advance(SignedDuration::from_hours(25));
    app.ingress.set_watching(id, 1);
    go_on(&app).await;
    assert_eq!(stage(&app, id).await, None, "somebody keeps a socket open to it");
    app.ingress.set_watching(id, 0);
    go_on(&app).await;
    assert_eq!(phase(&app, id).await, "archived");
    assert!(!home.exists());
    let line = told(&app, id, "box.archive-requested").await.unwrap();
    assert!(line.contains("nobody has used it since"), "{line}");

    app.control.wake_box(&op, id, "a request").await.unwrap();
    app.settle().await;
    assert_eq!(phase(&app, id).await, "running");
    assert!(knows(&home));
}

#[tokio::test]
async fn a_box_that_runs_or_is_needed_again_keeps_its_disk() {
    let app = TestApp::start().await;
    let (id, home) = stopped(&app).await;
    ask(&app, id).await.unwrap();
    let twice = ask(&app, id).await.unwrap_err();
    assert!(matches!(twice, Error::Conflict { .. }), "{twice}");
    start(&app, id).await;
    assert_eq!(stage(&app, id).await, None);
    go_on(&app).await;
    let running = ask(&app, id).await.unwrap_err();
    assert!(running.to_string().contains("to run"), "{running}");
    app.control.stop_box(&app.admin_op(), &id.to_string(), None).await.unwrap();
    go_on(&app).await;
    assert!(knows(&home), "the older wish is forgotten");
    assert_eq!(phase(&app, id).await, "stopped");
}

#[tokio::test]
async fn a_box_whose_last_backup_is_not_trusted_keeps_its_disk() {
    let app = TestApp::start().await;
    app.expect_log("WARN");
    let (id, home) = box_with_state(&app).await;
    for number in 0..40 {
        fs::write(home.join(format!("state/{number}")), vec![7; 100_000]).unwrap();
    }
    app.back_up().await;
    for number in 0..39 {
        fs::remove_file(home.join(format!("state/{number}"))).unwrap();
    }
    app.control.stop_box(&app.admin_op(), &id.to_string(), None).await.unwrap();
    app.settle().await;
    let operation = ask(&app, id).await.unwrap();
    go_on(&app).await;
    let Some(Outcome::Failed(error)) = outcome(&app, operation).await else { panic!("it fails") };
    assert!(error.code == "archive-failed" && error.what.contains("not trusted"), "{error:?}");
    assert!(home.join("state/39").exists());
    assert_eq!((stage(&app, id).await, phase(&app, id).await.as_str()), (None, "stopped"));
    assert!(told(&app, id, "box.archive-failed").await.is_some());
}

#[tokio::test]
async fn what_can_still_be_gone_back_to_is_not_thrown_away() {
    let app = TestApp::start().await;
    let (id, home) = box_with_state(&app).await;
    app.back_up().await;
    let first = backups(&app, id).await.remove(0).id;
    fs::write(home.join("state/memory"), "what it knows").unwrap();
    let (op, reference) = (app.admin_op(), id.to_string());
    let wish = RestoreWish { from: RestoreFrom::Backup(first), is_forced: false };
    app.control.restore_box(&op, &reference, wish, None).await.unwrap();
    app.settle().await;
    app.control.stop_box(&op, &reference, None).await.unwrap();
    app.settle().await;
    let refused = ask(&app, id).await.unwrap_err();
    assert!(refused.to_string().contains("undone"), "{refused}");
    app.clock.advance(SignedDuration::from_hours(25));
    app.back_up().await;
    ask(&app, id).await.unwrap();
    go_on(&app).await;
    assert_eq!(phase(&app, id).await, "archived");
}

#[tokio::test]
async fn a_disk_that_changed_after_it_was_saved_is_saved_again() {
    let app = TestApp::start().await;
    let (id, home) = stopped(&app).await;
    ask(&app, id).await.unwrap();
    app.back_up().await;
    assert_eq!(stage(&app, id).await, Some(ArchiveStage::Saved));
    fs::write(home.join("state/late"), "written in between").unwrap();
    app.pass().await;
    assert_eq!(stage(&app, id).await, Some(ArchiveStage::Asked));
    go_on(&app).await;
    start(&app, id).await;
    assert_eq!(fs::read_to_string(home.join("state/late")).unwrap(), "written in between");
}

#[tokio::test]
async fn the_backup_of_an_archived_box_stays_and_a_box_without_one_is_not_started_empty() {
    let app = TestApp::start().await;
    app.expect_log("WARN");
    app.expect_log("could not be prepared");
    let (id, home) = stopped(&app).await;
    app.back_up().await;
    fs::write(home.join("state/more"), "written later").unwrap();
    ask(&app, id).await.unwrap();
    go_on(&app).await;
    let (op, reference) = (app.admin_op(), id.to_string());
    for backup in backups(&app, id).await {
        let removed = app.control.remove_backup(&op, &reference, backup.id).await;
        assert_eq!(
            removed.is_err(),
            backup.verified.is_some(),
            "only the one that it rests on stays: {removed:?}"
        );
    }
    let org = app.first_org().await.to_string();
    app.depot.erase(&org, &reference).await.unwrap();
    app.control.start_box(&op, &reference, None).await.unwrap();
    for _ in 0..6 {
        app.settle().await;
        app.clock.advance(SignedDuration::from_mins(6));
    }
    app.settle().await;
    assert!(!home.join("state/memory").exists());
    assert_eq!(app.provider.calls(Call::EnsureRunning), 1, "it ran once, before it was archived");
    let view = app.show(&app.admin(), &reference).await;
    assert_eq!(view.phase, "failed", "{view:?}");
}

#[tokio::test]
async fn an_archived_box_is_upgraded_with_its_state() {
    let app = TestApp::start().await;
    let (id, home) = stopped(&app).await;
    ask(&app, id).await.unwrap();
    go_on(&app).await;
    let (op, reference) = (app.admin_op(), id.to_string());
    app.control.upgrade_box(&op, &reference, Some(NEWER_RUNTIME), None).await.unwrap();
    for _ in 0..4 {
        app.settle().await;
        app.clock.advance(SignedDuration::from_mins(2));
    }
    app.settle().await;
    let view = app.show(&app.admin(), &reference).await;
    assert_eq!((view.runtime_version.as_str(), view.upgrade), (NEWER_RUNTIME, None));
    assert!(knows(&home), "the upgrade had a state to save");
    let reasons: Vec<_> = backups(&app, id).await.iter().map(|backup| backup.reason).collect();
    assert!(reasons.contains(&Reason::BeforeArchive), "{reasons:?}");
}

#[tokio::test]
async fn a_disk_that_cannot_be_removed_is_tried_again_and_not_at_once() {
    let app = TestApp::start().await;
    app.expect_log("WARN");
    let (id, home) = stopped(&app).await;
    ask(&app, id).await.unwrap();
    let failure = smartbox_provider::fake::Failure::Transient("the disk is busy".to_owned());
    app.provider.fail_next(Call::EnsureAbsent, 3, failure);
    go_on(&app).await;
    assert_eq!(stage(&app, id).await, Some(ArchiveStage::Freeing));
    assert_eq!(app.provider.calls(Call::EnsureAbsent), 1, "it waits before it tries again");
    for _ in 0..4 {
        app.clock.advance(SignedDuration::from_mins(6));
        app.settle().await;
    }
    assert_eq!(
        (stage(&app, id).await, phase(&app, id).await.as_str()),
        (Some(ArchiveStage::Freed), "archived")
    );
    assert!(!home.exists());
    start(&app, id).await;
    assert!(knows(&home));
}

#[tokio::test]
async fn a_box_that_was_never_started_has_nothing_to_archive() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let id = smartbox_testkit::id_of(&app.running_box(&client, "home").await);
    app.control.stop_box(&app.admin_op(), &id.to_string(), None).await.unwrap();
    app.settle().await;
    let operation = ask(&app, id).await.unwrap();
    go_on(&app).await;
    assert!(matches!(outcome(&app, operation).await, Some(Outcome::Failed(_))));
}

/// How long each step of the fake provider takes, so that there is a moment in the middle of its calls.
const DELAY: Duration = Duration::from_millis(20);

/// Where the platform is killed.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// It is asked for.
    Asked,
    /// The last backup is being made.
    Saving,
    /// It was read back.
    Saved,
    /// The disk is being removed.
    Freeing,
    /// It is gone, and that is not put down.
    Gone,
    /// All is done.
    Freed,
}

async fn kill_at(app: &mut TestApp, id: BoxId, home: &Path, moment: Moment) {
    ask(app, id).await.unwrap();
    app.provider.set_delay(DELAY);
    let still = app.provider.calls(Call::WhileStill);
    let is_reached = match moment {
        Moment::Asked => app.kill_when(|_app| true).await,
        Moment::Saving => app.kill_backup_when(|app| app.provider.calls(Call::WhileStill) > still).await,
        Moment::Saved => {
            app.back_up().await;
            app.kill_when(|_app| true).await
        }
        Moment::Freeing => {
            app.back_up().await;
            app.kill_when(|app| app.provider.calls(Call::EnsureAbsent) > 0).await
        }
        Moment::Gone => {
            app.back_up().await;
            app.kill_when(|_app| !home.exists()).await
        }
        Moment::Freed => {
            go_on(app).await;
            app.kill_when(|_app| true).await
        }
    };
    assert!(is_reached, "{moment:?}");
    app.provider.set_delay(Duration::ZERO);
}

#[tokio::test]
async fn a_kill_at_any_moment_ends_archived_or_with_the_disk_and_never_with_less() {
    for moment in [Moment::Asked, Moment::Saving, Moment::Saved, Moment::Freeing, Moment::Gone, Moment::Freed]
    {
        for is_needed_at_once in [false, true] {
            let mut app = TestApp::start().await;
            app.expect_log("WARN");
            let (id, home) = stopped(&app).await;
            kill_at(&mut app, id, &home, moment).await;
            if !is_needed_at_once {
                go_on(&app).await;
                assert_eq!(phase(&app, id).await, "archived", "{moment:?}");
                assert!(!home.exists(), "{moment:?}");
            }
            start(&app, id).await;
            assert_eq!(phase(&app, id).await, "running", "{moment:?}");
            assert!(knows(&home), "{moment:?}, needed at once: {is_needed_at_once}");
            assert_eq!(stage(&app, id).await, None, "{moment:?}");
        }
    }
}

#[tokio::test]
async fn half_a_disk_is_never_taken_for_a_whole_one() {
    let mut app = TestApp::start().await;
    app.expect_log("WARN");
    let (id, home) = stopped(&app).await;
    kill_at(&mut app, id, &home, Moment::Freeing).await;
    // What a removal leaves that was cut off.
    fs::remove_file(home.join("state/memory")).unwrap();
    start(&app, id).await;
    assert!(knows(&home) && home.join("state/openclaw.json").exists());
    assert_eq!(phase(&app, id).await, "running");
}
