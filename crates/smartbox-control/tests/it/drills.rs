//! Backups that are booted to see whether they can be.

use std::fs;
use std::time::Duration;

use jiff::SignedDuration;
use smartbox_control::{DrillLoop, Lease};
use smartbox_core::DeathReason;
use smartbox_provider::Provider;
use smartbox_store::SystemActor;
use smartbox_testkit::TestApp;

use crate::backups::{backups, box_with_state};

const DAY: SignedDuration = SignedDuration::from_hours(24);

fn drills(app: &TestApp) -> DrillLoop {
    DrillLoop::under(app.control.clone(), Lease::always(1))
}

async fn boxes_of_the_provider(app: &TestApp) -> usize {
    app.provider.observe_all().await.unwrap().len()
}

#[tokio::test]
async fn once_in_a_period_the_newest_good_backup_of_a_box_is_booted_and_nothing_is_left_of_it() {
    let app = TestApp::start().await;
    let (id, home) = box_with_state(&app).await;
    app.back_up().await;
    drills(&app).pass().await.unwrap();
    assert_eq!(backups(&app, id).await[0].drilled, None, "it is not due");
    app.clock.advance(DAY);
    for _ in 0..3 {
        drills(&app).pass().await.unwrap();
    }
    let drilled = backups(&app, id).await.remove(0).drilled.unwrap();
    assert_eq!(drilled, (app.control.clock().now(), None));
    assert_eq!(boxes_of_the_provider(&app).await, 1, "the sealed box is gone");
    let told = app.store.org(app.first_org().await).timeline(id, None, 100).await.unwrap();
    let count = told.items.iter().filter(|event| event.action == "backup.drilled").count();
    assert_eq!(count, 1, "one in a period");
    assert_eq!(fs::read_to_string(home.join("state/openclaw.json")).unwrap(), "{}");
}

#[tokio::test]
async fn a_backup_that_is_gone_or_whose_gateway_does_not_come_up_is_found() {
    let app = TestApp::builder()
        .limits(|limits| limits.upgrade.ready_within = Duration::from_millis(10))
        .start()
        .await;
    app.expect_log("WARN");
    let (id, _home) = box_with_state(&app).await;
    app.back_up().await;
    app.clock.advance(DAY);
    app.provider.set_ready_after(None);
    drills(&app).pass().await.unwrap();
    let (_at, wrong) = backups(&app, id).await.remove(0).drilled.unwrap();
    assert!(wrong.unwrap().contains("not ready"));
    assert!(backups(&app, id).await[0].is_good(), "that says nothing of what is saved");
    let told = app.store.org(app.first_org().await).timeline(id, None, 100).await.unwrap();
    assert!(told.items.iter().any(|event| event.action == "backup.drill-failed"));
    assert_eq!(boxes_of_the_provider(&app).await, 1);
}

#[tokio::test]
async fn the_sealed_box_of_a_killed_platform_is_removed_by_the_next() {
    let app = TestApp::start().await;
    let (id, _home) = box_with_state(&app).await;
    app.back_up().await;
    app.clock.advance(DAY);
    app.provider.set_ready_after(None);
    {
        let drill = drills(&app);
        let begun = async {
            while boxes_of_the_provider(&app).await < 2 {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            _ = drill.pass() => panic!("it cannot end"),
            () = begun => {}
        }
    }
    assert_eq!(boxes_of_the_provider(&app).await, 2);
    app.provider.set_ready_after(Some(Duration::ZERO));
    drills(&app).pass().await.unwrap();
    assert_eq!(boxes_of_the_provider(&app).await, 1);
    let fleet = app.store.fleet(SystemActor::new("test"));
    assert!(fleet.open_drills().await.unwrap().is_empty());
    assert!(backups(&app, id).await[0].drilled.is_some(), "and another is made");
    app.provider.die(id, DeathReason::Vanished);
}
