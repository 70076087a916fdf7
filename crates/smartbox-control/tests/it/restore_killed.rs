//! The platform is killed between any two steps of a restore.

use std::fs;
use std::time::Duration;

use smartbox_control::{RestoreFrom, RestoreWish};
use smartbox_core::BoxId;
use smartbox_provider::fake::Call;
use smartbox_testkit::TestApp;

use crate::backups::{backups, box_with_state, state};

type Reached = fn(&TestApp, BoxId) -> bool;

/// How long each step of the fake provider takes, so that there is a moment in the middle of its calls.
const DELAY: Duration = Duration::from_millis(20);

fn is_in_place(app: &TestApp, id: BoxId) -> bool {
    fs::read_to_string(app.provider.home_of(id).join("state/openclaw.json")).is_ok_and(|text| text == "{}")
}

const STEPS: [(&str, Reached); 7] = [
    ("it is asked for", |app, _id| app.provider.calls(Call::EnsureStopped) == 0),
    ("the box is being stopped", |app, _id| app.provider.calls(Call::EnsureStopped) > 0),
    ("what is there is being saved", |app, _id| app.provider.calls(Call::WhileStill) > 1),
    ("it is being written", |app, _id| app.provider.calls(Call::Stage) > 0),
    ("it is written", |app, _id| app.provider.calls(Call::MarkStaged) > 0),
    ("it takes its place", |app, _id| app.provider.calls(Call::Swap) > 0),
    ("it is in place", is_in_place),
];

#[tokio::test]
async fn a_kill_between_any_two_steps_of_a_restore_ends_with_the_backup_in_place() {
    for (what, reached) in STEPS {
        let mut app = TestApp::start().await;
        app.expect_log("WARN");
        let (id, home) = box_with_state(&app).await;
        app.back_up().await;
        let first = backups(&app, id).await.remove(0);
        fs::write(home.join("state/openclaw.json"), "the present").unwrap();
        app.provider.set_delay(DELAY);
        let wish = RestoreWish { from: RestoreFrom::Backup(first.id), is_forced: false };
        app.control.restore_box(&app.admin_op(), &id.to_string(), wish, None).await.unwrap();
        assert!(app.kill_when(|app| reached(app, id)).await, "{what}");
        app.provider.set_delay(Duration::ZERO);
        app.settle().await;
        assert!(is_in_place(&app, id), "{what}");
        let view = app.show(&app.admin(), &id.to_string()).await;
        assert_eq!(view.phase, "running", "{what}");
        assert_eq!(state(&app, id).await.restore_from, None, "{what}");

        // And what was there is kept, whatever was interrupted.
        let undo = RestoreWish { from: RestoreFrom::Undo, is_forced: false };
        app.control.restore_box(&app.admin_op(), &id.to_string(), undo, None).await.unwrap();
        app.settle().await;
        assert_eq!(fs::read_to_string(home.join("state/openclaw.json")).unwrap(), "the present", "{what}");
    }
}
