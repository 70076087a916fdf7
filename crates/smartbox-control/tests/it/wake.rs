//! Waking a box because somebody needs it.

use smartbox_control::{Error, Op};
use smartbox_core::wake::WakeRefusal;
use smartbox_core::{DeathReason, Desired, Principal, Role};
use smartbox_testkit::{TestApp, id_of};

#[tokio::test]
async fn a_stopped_box_wakes_and_the_timeline_says_why() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    client.post("/v1/boxes/home/stop").await;
    app.settle().await;

    app.control.wake_box(&app.admin_op(), id, "a request to /chat").await.unwrap();
    app.settle().await;
    assert_eq!(app.show(&client, "home").await.phase, "running");
    let told = client.get("/v1/boxes/home/timeline").await.text();
    assert!(told.contains("box.woken") && told.contains("a request to /chat"), "{told}");
}

#[tokio::test]
async fn a_box_that_runs_or_is_about_to_is_left_alone() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let created = app.created_box(&client, "home").await.smartbox;
    for _ in 0..2 {
        app.control.wake_box(&app.admin_op(), id_of(&created), "a request").await.unwrap();
        assert_eq!(app.show(&client, "home").await.version, created.version);
        app.settle().await;
    }
    assert_eq!(app.provider.starts(id_of(&created)), 1);
}

#[tokio::test]
async fn a_deleted_box_does_not_wake() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    client.delete("/v1/boxes/home").await;
    let refused = app.control.wake_box(&app.admin_op(), id, "a request").await;
    assert!(matches!(refused, Err(Error::WakeRefused(WakeRefusal::Deleted))), "{refused:?}");
}

#[tokio::test]
async fn a_failed_box_needs_a_person_first() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    app.provider.die(id, DeathReason::Config);
    app.settle().await;
    let refused = app.control.wake_box(&app.admin_op(), id, "a request").await;
    let Err(Error::BoxFailed { what, remedy }) = refused else { panic!("{refused:?}") };
    assert!(what.contains("configuration") && !remedy.is_empty());
}

#[tokio::test]
async fn a_box_of_another_org_does_not_wake() {
    let app = TestApp::start().await;
    let home = app.first_tenant().await;
    let id = id_of(&app.running_box(&home.client, "home").await);
    home.client.post("/v1/boxes/home/stop").await;
    app.settle().await;
    let acme = app.tenant("acme").await;
    let op = Op::new(Principal::user(acme.owner.parse().unwrap(), acme.org.parse().unwrap(), Role::Owner));
    let refused = app.control.wake_box(&op, id, "a request").await;
    assert!(matches!(refused, Err(Error::NotFound("box"))), "{refused:?}");
    assert_eq!(app.show(&home.client, "home").await.desired, Desired::Stopped.as_str());
}
