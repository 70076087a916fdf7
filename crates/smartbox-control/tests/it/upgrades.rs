//! A newer agent runtime for a box, and the way back.

use std::fs;
use std::path::Path;

use jiff::SignedDuration;
use smartbox_control::{Error, RestoreFrom, RestoreWish};
use smartbox_core::wake::WakeRefusal;
use smartbox_core::{BoxId, DeathReason, OperationId};
use smartbox_provider::fake::{Call, Failure};
use smartbox_store::{EventOutcome, NewEvent, Outcome, Restored, Smartbox, SystemActor};
use smartbox_testkit::{
    AVAILABLE_RUNTIME, NEWER_RUNTIME, OLDER_RUNTIME, RUNTIME, TOO_OLD_RUNTIME, TestApp, id_of,
};

use crate::backups::{backups, box_with_state, state};

/// Long enough for a box to have proven itself.
const STEADY: SignedDuration = SignedDuration::from_secs(61);

pub(crate) async fn upgrade(app: &TestApp, id: BoxId) -> OperationId {
    let op = app.admin_op();
    app.control.upgrade_box(&op, &id.to_string(), Some(NEWER_RUNTIME), None).await.unwrap().operation.id
}

pub(crate) async fn row(app: &TestApp, id: BoxId) -> Smartbox {
    app.store.fleet(SystemActor::new("test")).find_box(id).await.unwrap().unwrap()
}

pub(crate) async fn outcome(app: &TestApp, operation: OperationId) -> Option<Outcome> {
    app.store.fleet(SystemActor::new("test")).find_operation(operation).await.unwrap().unwrap().outcome
}

fn why(outcome: Option<Outcome>) -> String {
    match outcome {
        Some(Outcome::Failed(error)) => error.what,
        other => panic!("{other:?}"),
    }
}

/// What the agent runtime wrote last.
pub(crate) fn content(home: &Path) -> String {
    fs::read_to_string(home.join("state/openclaw.json")).unwrap()
}

async fn actions(app: &TestApp, id: BoxId) -> Vec<String> {
    let told = app.store.org(app.first_org().await).timeline(id, None, 100).await.unwrap();
    told.items.into_iter().map(|event| event.action).collect()
}

#[tokio::test]
async fn a_box_that_is_well_on_the_new_version_for_a_minute_is_upgraded() {
    let app = TestApp::start().await;
    let (id, home) = box_with_state(&app).await;
    let operation = upgrade(&app, id).await;
    app.settle().await;
    let seen = row(&app, id).await;
    assert_eq!(
        (seen.runtime_version.as_str(), seen.upgrade.map(|stage| stage.as_str())),
        (NEWER_RUNTIME, Some("proving"))
    );
    assert_eq!(outcome(&app, operation).await, None, "that it answers is not enough");
    let saved = backups(&app, id).await.remove(0);
    assert_eq!(
        (saved.reason.as_str(), saved.runtime_version.as_str(), saved.is_pinned, saved.stillness.as_str()),
        ("before-upgrade", RUNTIME, true, "stopped")
    );
    app.clock.advance(STEADY);
    app.settle().await;
    assert_eq!(outcome(&app, operation).await, Some(Outcome::Succeeded));
    let seen = row(&app, id).await;
    assert_eq!((seen.runtime_version.as_str(), seen.upgrade), (NEWER_RUNTIME, None));
    assert_eq!(content(&home), "{}");
    assert!(actions(&app, id).await.contains(&"box.upgraded".to_owned()));
}

#[tokio::test]
async fn a_gateway_that_refuses_the_migrated_state_takes_version_and_state_back() {
    let app = TestApp::start().await;
    app.expect_log("WARN");
    let (id, home) = box_with_state(&app).await;
    app.provider.set_ready_after(None);
    let operation = upgrade(&app, id).await;
    for _ in 0..4 {
        app.pass().await;
    }
    assert_eq!(row(&app, id).await.runtime_version, NEWER_RUNTIME);
    fs::write(home.join("state/openclaw.json"), "migrated").unwrap();
    app.provider.die(id, DeathReason::Config);
    app.pass().await;
    app.provider.set_ready_after(Some(std::time::Duration::ZERO));
    app.settle().await;
    assert_eq!((row(&app, id).await.runtime_version.as_str(), content(&home).as_str()), (RUNTIME, "{}"));
    let told = why(outcome(&app, operation).await);
    assert!(told.contains("exit code 78") && told.contains(NEWER_RUNTIME), "{told}");
    let why = app.control.why(&app.admin_op(), &id.to_string()).await.unwrap();
    let reasons: Vec<_> = why.reasons.iter().map(|reason| format!("{}: {reason}", reason.code())).collect();
    assert!(
        reasons.iter().any(|line| line.starts_with("upgrade-failed") && line.contains("78")),
        "{reasons:?}"
    );
    let told = actions(&app, id).await;
    for action in ["box.upgrade-rolls-back", "box.restored", "box.upgrade-rolled-back"] {
        assert!(told.contains(&action.to_owned()), "{action}: {told:?}");
    }
    assert_eq!(app.show(&app.admin(), &id.to_string()).await.phase, "running");
    let kept = backups(&app, id).await;
    assert_eq!(
        (kept[0].reason.as_str(), kept[0].runtime_version.as_str()),
        ("before-restore", NEWER_RUNTIME)
    );
}

#[tokio::test]
async fn a_crash_in_the_first_minute_or_a_start_that_takes_too_long_goes_back() {
    for is_slow in [false, true] {
        let app = TestApp::start().await;
        app.expect_log("WARN");
        let (id, home) = box_with_state(&app).await;
        if is_slow {
            app.provider.set_ready_after(None);
        }
        let operation = upgrade(&app, id).await;
        app.settle().await;
        fs::write(home.join("state/openclaw.json"), "migrated").unwrap();
        if is_slow {
            app.clock.advance(SignedDuration::from_secs(301));
            app.pass().await;
            app.provider.set_ready_after(Some(std::time::Duration::ZERO));
        } else {
            app.provider.restart_gateway(id, false);
        }
        app.settle().await;
        assert_eq!(
            (row(&app, id).await.runtime_version.as_str(), content(&home).as_str()),
            (RUNTIME, "{}"),
            "{is_slow}"
        );
        let told = why(outcome(&app, operation).await);
        let expected = if is_slow { "did not become ready" } else { "ended by itself" };
        assert!(told.contains(expected), "{told}");
    }
}

#[tokio::test]
async fn a_state_that_did_not_come_through_goes_back_however_well_the_gateway_is() {
    let app = TestApp::start().await;
    app.expect_log("WARN");
    let (id, home) = box_with_state(&app).await;
    for number in 0..40 {
        fs::write(home.join(format!("state/session-{number}")), "said").unwrap();
    }
    let operation = upgrade(&app, id).await;
    app.settle().await;
    for number in 0..40 {
        fs::remove_file(home.join(format!("state/session-{number}"))).unwrap();
    }
    app.clock.advance(STEADY);
    app.settle().await;
    assert!(home.join("state/session-39").exists());
    assert_eq!(row(&app, id).await.runtime_version, RUNTIME);
    assert!(why(outcome(&app, operation).await).contains("did not come through"));
}

#[tokio::test]
async fn what_cannot_be_saved_or_trusted_is_not_upgraded_and_runs_on() {
    for is_broken in [false, true] {
        let app = TestApp::start().await;
        app.expect_log("WARN");
        let (id, home) = box_with_state(&app).await;
        if is_broken {
            fs::create_dir_all(home.join("state/state")).unwrap();
            fs::write(home.join("state/state/openclaw.sqlite"), "no database, only text").unwrap();
        } else {
            app.provider.fail_next(Call::WhileStill, 1, Failure::Permanent("no freezer today".to_owned()));
        }
        let operation = upgrade(&app, id).await;
        app.settle().await;
        let seen = row(&app, id).await;
        assert_eq!((seen.runtime_version.as_str(), seen.upgrade), (RUNTIME, None), "{is_broken}");
        let told = why(outcome(&app, operation).await);
        assert!(told.contains("nothing was changed"), "{told}");
        assert_eq!(app.show(&app.admin(), &id.to_string()).await.phase, "running");
        assert_eq!(content(&home), "{}");
    }
}

#[tokio::test]
async fn an_older_version_the_same_one_and_one_that_is_not_there_are_refused_with_advice() {
    let app = TestApp::start().await;
    let (id, _home) = box_with_state(&app).await;
    let (op, reference) = (app.admin_op(), id.to_string());
    let ask = async |to: &str| app.control.upgrade_box(&op, &reference, Some(to), None).await.unwrap_err();
    let advice = |error: &Error| match error {
        Error::Conflict { remedy, .. } => remedy.clone(),
        other => panic!("{other:?}"),
    };
    assert!(advice(&ask(OLDER_RUNTIME).await).contains("smartbox backup restore"));
    assert!(ask(RUNTIME).await.to_string().contains("already"));
    assert!(advice(&ask(AVAILABLE_RUNTIME).await).contains("smartbox runtime install"));
    assert!(matches!(ask("2099.1.1").await, Error::Invalid(_)));
    assert!(matches!(ask("latest").await, Error::RuntimeTooOld { .. } | Error::Invalid(_)));
    upgrade(&app, id).await;
    assert!(ask(NEWER_RUNTIME).await.to_string().contains("being upgraded"));
    let stopped = app.control.stop_box(&op, &reference, None).await.unwrap_err();
    assert!(stopped.to_string().contains("being upgraded"), "{stopped}");
    app.control.delete_box(&op, &reference, None).await.unwrap();
    app.settle().await;
    assert_eq!(row(&app, id).await.upgrade, None, "a deletion ends it");
}

#[tokio::test]
async fn a_box_on_a_version_below_the_floor_does_not_start_and_can_be_upgraded() {
    let app =
        TestApp::builder().limits(|limits| limits.runtime_floor.version = RUNTIME.to_owned()).start().await;
    let op = app.admin_op();
    for version in [OLDER_RUNTIME, TOO_OLD_RUNTIME] {
        let new = smartbox_control::NewBox {
            name: "old".to_owned(),
            runtime_version: Some(version.to_owned()),
            ..smartbox_control::NewBox::default()
        };
        let refused = app.control.create_box(&op, &new).await.unwrap_err();
        assert!(matches!(refused, Error::RuntimeTooOld { .. }), "{refused}");
    }
    // One that was made when that version could still run.
    let (id, _home) = box_with_state(&app).await;
    let reference = id.to_string();
    app.control.stop_box(&op, &reference, None).await.unwrap();
    app.settle().await;
    let fleet = app.store.fleet(SystemActor::new("test"));
    let restored = Restored {
        from: RestoreFrom::Undo,
        at: app.control.clock().now(),
        undo_until: None,
        is_proven: true,
    };
    let event = NewEvent {
        id: smartbox_core::EventId::from_parts(restored.at, [7; 10]),
        actor: "test".to_owned(),
        action: "box.restored".to_owned(),
        reason: "an older version".to_owned(),
        detail: serde_json::json!({}),
        address: None,
        outcome: EventOutcome::Ok,
    };
    fleet.note_restored(id, &restored, OLDER_RUNTIME, event).await.unwrap();
    let refused = app.control.start_box(&op, &reference, None).await.unwrap_err();
    assert!(matches!(refused, Error::WakeRefused(WakeRefusal::Outdated)), "{refused}");
    app.control.upgrade_box(&op, &reference, None, None).await.unwrap();
    app.settle().await;
    assert_eq!(row(&app, id).await.runtime_version, RUNTIME);
}

#[tokio::test]
async fn a_stopped_box_is_upgraded_and_stopped_again() {
    let app = TestApp::start().await;
    let (id, _home) = box_with_state(&app).await;
    app.control.stop_box(&app.admin_op(), &id.to_string(), None).await.unwrap();
    app.settle().await;
    let operation = upgrade(&app, id).await;
    app.settle().await;
    app.clock.advance(STEADY);
    app.settle().await;
    assert_eq!(outcome(&app, operation).await, Some(Outcome::Succeeded));
    assert_eq!(app.show(&app.admin(), &id.to_string()).await.phase, "stopped");
    assert_eq!(row(&app, id).await.runtime_version, NEWER_RUNTIME);
}

#[tokio::test]
async fn a_restore_brings_the_version_back_that_saved_the_state_and_undo_takes_it_forward() {
    let app = TestApp::start().await;
    let (id, home) = box_with_state(&app).await;
    upgrade(&app, id).await;
    app.settle().await;
    app.clock.advance(STEADY);
    app.settle().await;
    fs::write(home.join("state/openclaw.json"), "migrated").unwrap();
    let saved =
        backups(&app, id).await.into_iter().find(|one| one.reason.as_str() == "before-upgrade").unwrap();
    let (op, reference) = (app.admin_op(), id.to_string());
    for (from, version, text) in
        [(RestoreFrom::Backup(saved.id), RUNTIME, "{}"), (RestoreFrom::Undo, NEWER_RUNTIME, "migrated")]
    {
        let wish = RestoreWish { from, is_forced: false };
        app.control.restore_box(&op, &reference, wish, None).await.unwrap();
        app.settle().await;
        assert_eq!((row(&app, id).await.runtime_version.as_str(), content(&home).as_str()), (version, text));
    }
    assert_eq!(state(&app, id).await.undo_version.as_deref(), Some(RUNTIME));
}

#[tokio::test]
async fn a_state_of_a_version_that_is_not_here_is_not_given_to_an_older_one() {
    let app = TestApp::start().await;
    let (id, home) = box_with_state(&app).await;
    upgrade(&app, id).await;
    app.settle().await;
    app.clock.advance(STEADY);
    app.settle().await;
    fs::write(home.join("state/openclaw.json"), "migrated").unwrap();
    app.clock.advance(SignedDuration::from_mins(6));
    app.back_up().await;
    let all = backups(&app, id).await;
    assert_eq!(all[0].runtime_version, NEWER_RUNTIME);
    let (op, reference) = (app.admin_op(), id.to_string());
    let back = RestoreWish { from: RestoreFrom::Backup(all[1].id), is_forced: false };
    app.control.restore_box(&op, &reference, back, None).await.unwrap();
    app.settle().await;
    assert_eq!(row(&app, id).await.runtime_version, RUNTIME);
    app.runtimes.lose(NEWER_RUNTIME);
    let newer = RestoreWish { from: RestoreFrom::Backup(all[0].id), is_forced: true };
    let refused = app.control.restore_box(&op, &reference, newer, None).await.unwrap_err();
    let Error::Conflict { what, remedy } = refused else { panic!("{refused:?}") };
    assert!(what.contains(NEWER_RUNTIME) && remedy.contains("smartbox runtime install"), "{what}; {remedy}");
}

#[tokio::test]
async fn versions_are_installed_and_removed_by_admins_and_counted_by_org() {
    let app = TestApp::start().await;
    let tenant = app.first_tenant().await;
    let id = id_of(&app.running_box(&tenant.client, "home").await);
    let op = app.admin_op();
    let found = async |version: &str| {
        let all = app.control.list_runtimes(&app.admin_op()).await.unwrap();
        all.into_iter().find(|info| info.version == version)
    };
    assert_eq!(
        found(RUNTIME).await.map(|info| (info.state, info.boxes, info.is_default)),
        Some(("installed", 1, true))
    );
    assert!(found(TOO_OLD_RUNTIME).await.unwrap().too_old.unwrap().starts_with("CVE-"));
    assert_eq!(app.control.install_runtime(&op, AVAILABLE_RUNTIME).await.unwrap().state, "installing");
    app.settle().await;
    assert_eq!(found(AVAILABLE_RUNTIME).await.unwrap().state, "installed");
    app.control.remove_runtime(&op, AVAILABLE_RUNTIME).await.unwrap();
    assert_eq!(found(AVAILABLE_RUNTIME).await.unwrap().state, "available");
    assert!(matches!(app.control.remove_runtime(&op, RUNTIME).await, Err(Error::Conflict { .. })));
    assert!(matches!(app.control.install_runtime(&op, "1.2.3").await, Err(Error::Invalid(_))));

    app.expect_log("could not be installed");
    app.runtimes.fail("npm was not found");
    app.control.install_runtime(&op, AVAILABLE_RUNTIME).await.unwrap();
    app.settle().await;
    let failed = found(AVAILABLE_RUNTIME).await.unwrap();
    assert_eq!((failed.state, failed.failure.as_deref()), ("failed", Some("npm was not found")));

    upgrade(&app, id).await;
    let refused = app.control.remove_runtime(&op, NEWER_RUNTIME).await.unwrap_err();
    assert!(refused.to_string().contains("upgraded"), "{refused}");
}
