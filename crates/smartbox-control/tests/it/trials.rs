//! A version is tried on a backup before the box itself is upgraded.

use std::fs;
use std::time::Duration;

use jiff::SignedDuration;
use smartbox_core::{BoxId, Desired, Observed};
use smartbox_provider::Provider;
use smartbox_provider::fake::{Call, Failure};
use smartbox_store::{Outcome, SystemActor};
use smartbox_testkit::{NEWER_RUNTIME, RUNTIME, TestApp};

use crate::backups::{backups, box_with_state};
use crate::upgrades::{content, outcome, row, upgrade};

async fn told(app: &TestApp, id: BoxId) -> Vec<(String, String)> {
    let told = app.store.org(app.first_org().await).timeline(id, None, 100).await.unwrap();
    told.items.into_iter().map(|event| (event.action, event.reason)).collect()
}

async fn tell_of(app: &TestApp, id: BoxId, action: &str) -> String {
    let told = told(app, id).await;
    let found = told.iter().find(|(told, _reason)| told == action);
    found.unwrap_or_else(|| panic!("{action}: {told:?}")).1.clone()
}

#[tokio::test]
async fn a_version_that_a_backup_comes_up_on_is_given_to_the_box() {
    let app = TestApp::start().await;
    let (id, _home) = box_with_state(&app).await;
    app.back_up().await;
    let operation = upgrade(&app, id).await;
    let before = row(&app, id).await;
    assert_eq!((before.upgrade.map(|stage| stage.as_str()), before.generation), (Some("trying"), 1));
    app.settle().await;
    app.clock.advance(SignedDuration::from_secs(61));
    app.settle().await;
    assert_eq!(outcome(&app, operation).await, Some(Outcome::Succeeded));
    assert_eq!(row(&app, id).await.runtime_version, NEWER_RUNTIME);
    assert!(tell_of(&app, id, "box.upgrade-tried").await.contains("sealed box"));
    assert_eq!(app.provider.observe_all().await.unwrap().len(), 1, "nothing is left of the sealed box");
    assert_eq!(backups(&app, id).await.last().unwrap().drilled, None, "it was no drill");
}

#[tokio::test]
async fn a_version_that_a_backup_does_not_come_up_on_never_touches_the_box() {
    for asleep in [false, true] {
        let app = TestApp::builder()
            .limits(|limits| limits.upgrade.ready_within = Duration::from_millis(10))
            .start()
            .await;
        app.expect_log("WARN");
        let (id, home) = box_with_state(&app).await;
        app.back_up().await;
        if asleep {
            let tier = smartbox_core::SleepTier::Frozen;
            app.control.sleep_box(&app.admin_op(), &id.to_string(), tier, None).await.unwrap();
            app.settle().await;
        }
        let before = row(&app, id).await;
        app.provider.set_ready_after(None);
        let operation = upgrade(&app, id).await;
        app.settle().await;
        let Some(Outcome::Failed(error)) = outcome(&app, operation).await else { panic!("{asleep}") };
        assert!(error.what.contains("not touched") && error.what.contains("not ready"), "{}", error.what);
        // In the fake that is so for every box that runs.
        app.provider.set_ready_after(Some(Duration::ZERO));
        app.settle().await;
        let after = row(&app, id).await;
        assert_eq!((after.runtime_version.as_str(), after.upgrade), (RUNTIME, None));
        assert_eq!(
            (after.generation, after.observed, after.desired),
            (before.generation, before.observed, before.desired)
        );
        assert_eq!(app.provider.starts(id), 1, "{asleep}");
        assert_eq!(content(&home), "{}");
        assert_eq!(app.provider.observe_all().await.unwrap().len(), 1);
        assert!(backups(&app, id).await[0].is_good(), "that says nothing of what is saved");
    }
}

#[tokio::test]
async fn where_nothing_can_be_tried_it_is_said_and_the_upgrade_goes_on() {
    for (what, expected) in [("no backup", "no good backup"), ("no provider", "no sealed box could be made")]
    {
        let app = TestApp::start().await;
        app.expect_log("WARN");
        let (id, _home) = box_with_state(&app).await;
        if what == "no provider" {
            app.back_up().await;
            app.provider.fail_next(Call::Stage, 1, Failure::Transient("no disk today".to_owned()));
        }
        let operation = upgrade(&app, id).await;
        app.settle().await;
        assert!(tell_of(&app, id, "box.upgrade-not-tried").await.contains(expected), "{what}");
        app.clock.advance(SignedDuration::from_secs(61));
        app.settle().await;
        assert_eq!(outcome(&app, operation).await, Some(Outcome::Succeeded), "{what}");
        assert!(app.store.fleet(SystemActor::new("test")).open_drills().await.unwrap().len() <= 1);
    }
}

#[tokio::test]
async fn a_damaged_backup_says_nothing_of_the_version_and_the_one_before_it_is_taken() {
    let app = TestApp::start().await;
    app.expect_log("WARN");
    let (id, home) = box_with_state(&app).await;
    app.back_up().await;
    fs::write(home.join("state/note"), "x").unwrap();
    app.clock.advance(SignedDuration::from_mins(5));
    app.back_up().await;
    let [newest, older] = backups(&app, id).await.try_into().unwrap();
    // It says that it has more than comes back.
    let fleet = app.store.fleet(SystemActor::new("test"));
    fleet.forget_backups(&[newest.id]).await.unwrap();
    let facts = smartbox_core::backup::Facts { files: 9, ..newest.facts };
    let said = smartbox_control::Backup { facts, ..newest };
    fleet.insert_backup(&said, said.made_at, None).await.unwrap();
    upgrade(&app, id).await;
    app.settle().await;
    assert!(tell_of(&app, id, "box.upgrade-tried").await.contains(&older.made_at.to_string()));
    let all = backups(&app, id).await;
    assert!(!all.iter().find(|backup| backup.id == said.id).unwrap().is_good());
}

#[tokio::test]
async fn a_platform_that_is_killed_in_a_trial_makes_it_again() {
    let mut app = TestApp::start().await;
    app.expect_log("WARN");
    let (id, _home) = box_with_state(&app).await;
    app.back_up().await;
    app.provider.set_delay(Duration::from_millis(20));
    let operation = upgrade(&app, id).await;
    assert!(app.kill_when(|app| app.provider.calls(Call::MarkStaged) > 0).await);
    app.provider.set_delay(Duration::ZERO);
    assert_eq!(row(&app, id).await.upgrade.map(|stage| stage.as_str()), Some("trying"));
    app.settle().await;
    app.clock.advance(SignedDuration::from_secs(61));
    app.settle().await;
    assert_eq!(outcome(&app, operation).await, Some(Outcome::Succeeded));
    let seen = row(&app, id).await;
    assert_eq!((seen.desired, seen.observed), (Desired::Running, Observed::Ready));
    assert_eq!(app.provider.observe_all().await.unwrap().len(), 1, "the first sealed box is gone as well");
}

#[tokio::test]
async fn a_box_that_is_deleted_while_its_version_is_tried_is_deleted() {
    let app = TestApp::start().await;
    let (id, _home) = box_with_state(&app).await;
    let operation = upgrade(&app, id).await;
    app.control.delete_box(&app.admin_op(), &id.to_string(), None).await.unwrap();
    app.settle().await;
    assert_eq!(outcome(&app, operation).await, Some(Outcome::Superseded));
    assert_eq!(row(&app, id).await.upgrade, None);
}
