//! The platform is killed between any two steps of an upgrade, and of the way back.

use std::fs;
use std::time::Duration;

use jiff::SignedDuration;
use smartbox_core::{BoxId, DeathReason, Observed};
use smartbox_provider::fake::Call;
use smartbox_store::Outcome;
use smartbox_testkit::{NEWER_RUNTIME, RUNTIME, TestApp};

use crate::backups::{backups, box_with_state, state};
use crate::upgrades::{content, outcome, row, upgrade};

type Reached = fn(&TestApp, BoxId) -> bool;

/// How long each step of the fake provider takes, so that there is a moment in the middle of its calls.
const DELAY: Duration = Duration::from_millis(20);

const FORWARD: [(&str, Reached); 5] = [
    ("it is asked for", |app, _id| app.provider.calls(Call::EnsureStopped) == 0),
    ("the box is being stopped", |app, _id| app.provider.calls(Call::EnsureStopped) > 0),
    ("its state is being saved", |app, _id| app.provider.calls(Call::WhileStill) > 0),
    ("the new version is being started", |app, _id| app.provider.calls(Call::EnsureRunning) > 1),
    ("the new version runs", |app, id| app.provider.starts(id) > 1),
];

#[tokio::test]
async fn a_kill_between_any_two_steps_of_an_upgrade_ends_with_the_new_version_and_the_state() {
    for (what, reached) in FORWARD {
        let mut app = TestApp::start().await;
        app.expect_log("WARN");
        let (id, home) = box_with_state(&app).await;
        app.provider.set_delay(DELAY);
        let operation = upgrade(&app, id).await;
        assert!(app.kill_when(|app| reached(app, id)).await, "{what}");
        app.provider.set_delay(Duration::ZERO);
        app.settle().await;
        app.clock.advance(SignedDuration::from_secs(61));
        app.settle().await;
        assert_eq!(outcome(&app, operation).await, Some(Outcome::Succeeded), "{what}");
        let seen = row(&app, id).await;
        assert_eq!(
            (seen.runtime_version.as_str(), seen.observed),
            (NEWER_RUNTIME, Observed::Ready),
            "{what}"
        );
        assert_eq!(content(&home), "{}", "{what}");
        let saved = backups(&app, id).await;
        let way_back = saved.iter().filter(|one| one.reason.as_str() == "before-upgrade" && one.is_good());
        assert!(way_back.count() >= 1, "{what}: {saved:?}");
    }
}

const BACK: [(&str, Reached); 6] = [
    ("it has just died", |app, _id| app.provider.calls(Call::Stage) == 0),
    ("what it left is being saved", |app, _id| app.provider.calls(Call::WhileStill) > 1),
    ("the saved state is being written", |app, _id| app.provider.calls(Call::Stage) > 0),
    ("it is written", |app, _id| app.provider.calls(Call::MarkStaged) > 0),
    ("it takes its place", |app, _id| app.provider.calls(Call::Swap) > 0),
    ("the old version is being started", |app, _id| app.provider.calls(Call::EnsureRunning) > 2),
];

#[tokio::test]
async fn a_kill_between_any_two_steps_of_the_way_back_ends_with_the_old_version_and_the_saved_state() {
    for (what, reached) in BACK {
        let mut app = TestApp::start().await;
        app.expect_log("WARN");
        let (id, home) = box_with_state(&app).await;
        app.provider.set_ready_after(None);
        let operation = upgrade(&app, id).await;
        for _ in 0..4 {
            app.pass().await;
        }
        assert_eq!(row(&app, id).await.runtime_version, NEWER_RUNTIME, "{what}");
        fs::write(home.join("state/openclaw.json"), "migrated").unwrap();
        app.provider.die(id, DeathReason::Config);
        app.provider.set_delay(DELAY);
        app.provider.set_ready_after(Some(Duration::ZERO));
        assert!(app.kill_when(|app| reached(app, id)).await, "{what}");
        app.provider.set_delay(Duration::ZERO);
        app.settle().await;
        let Some(Outcome::Failed(error)) = outcome(&app, operation).await else { panic!("{what}") };
        assert!(error.what.contains("exit code 78"), "{what}: {}", error.what);
        let seen = row(&app, id).await;
        assert_eq!((seen.runtime_version.as_str(), seen.observed), (RUNTIME, Observed::Ready), "{what}");
        assert_eq!(seen.upgrade, None, "{what}");
        assert_eq!(content(&home), "{}", "{what}");
        assert_eq!(state(&app, id).await.restore_from, None, "{what}");
    }
}
