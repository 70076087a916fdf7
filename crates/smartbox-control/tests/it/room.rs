//! Boxes start while the host has room, and in turn.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use smartbox_control::{Activity, Error, Reconciler};
use smartbox_core::capacity::HostFacts;
use smartbox_core::tier::{GIB, MIB};
use smartbox_core::{BoxId, Desired, EventId, SleepDepth};
use smartbox_provider::Provider;
use smartbox_provider::fake::Call;
use smartbox_store::{EventOutcome, IntentChange, NewEvent};
use smartbox_testkit::{TestApp, id_of};

/// A host with this much memory beside its reserve of 1 GiB.
const fn with_free(bytes: u64) -> HostFacts {
    HostFacts {
        memory_bytes: 16 * GIB,
        available_bytes: bytes + GIB,
        swap_free_bytes: 4 * GIB,
        cpu_pressure: Some(0),
        memory_pressure: None,
    }
}

async fn put_to_sleep(app: &TestApp, id: BoxId, depth: SleepDepth) {
    let seen = app.provider.observe_all().await.unwrap().into_iter().find(|seen| seen.id == id).unwrap();
    app.provider.ensure_asleep(id, seen.epoch, depth).await.unwrap();
}

/// Writes that the box should sleep, and puts it to sleep.
async fn asleep(app: &TestApp, id: BoxId, depth: SleepDepth) {
    let event = NewEvent {
        id: EventId::from_parts(Timestamp::UNIX_EPOCH, [depth as u8; 10]),
        actor: "test".into(),
        action: "box.sleep-requested".into(),
        reason: "The test asked for it.".into(),
        detail: serde_json::json!({}),
        address: None,
        outcome: EventOutcome::Ok,
    };
    let change = IntentChange::to(Desired::Asleep);
    let org = app.store.org(app.first_org().await);
    org.change_intent(id, change, None, None, event, Timestamp::UNIX_EPOCH).await.unwrap();
    app.settle().await;
    put_to_sleep(app, id, depth).await;
    app.settle().await;
}

#[tokio::test]
async fn a_start_that_does_not_fit_is_refused_with_what_is_missing() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    client.post("/v1/boxes/home/stop").await;
    app.settle().await;
    app.host.set(with_free(GIB - 1));
    let start = async || app.control.start_box(&app.admin_op(), "home", None).await.map(drop);
    let refused = start().await;
    assert!(matches!(refused, Err(Error::HostFull { needed_bytes: GIB, .. })), "{refused:?}");
    let woken = app.control.wake_box(&app.admin_op(), id, "a request").await;
    assert!(matches!(woken, Err(Error::HostFull { .. })), "a request gets the same answer: {woken:?}");
    app.host.set(with_free(GIB));
    start().await.unwrap();
    app.settle().await;
    assert_eq!(app.show(&client, "home").await.phase, "running");
}

#[tokio::test]
async fn a_frozen_box_wakes_on_a_full_host_and_a_squeezed_one_needs_what_lies_in_swap() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let id = id_of(&app.running_box(&client, "home").await);
    app.host.set(with_free(0));
    let wake = async || app.control.wake_box(&app.admin_op(), id, "a request").await;
    asleep(&app, id, SleepDepth::Frozen).await;
    wake().await.unwrap();
    app.settle().await;
    assert_eq!(app.show(&client, "home").await.phase, "running");

    asleep(&app, id, SleepDepth::Squeezed).await;
    let swapped = app.provider.memory(id).await.unwrap().unwrap().swap_bytes;
    let refused = wake().await;
    assert!(
        matches!(refused, Err(Error::HostFull { needed_bytes, .. }) if needed_bytes == swapped),
        "{refused:?}"
    );
    app.host.set(with_free(swapped));
    wake().await.unwrap();
}

#[tokio::test]
async fn boxes_that_should_run_start_when_there_is_room_and_are_told_that_they_wait() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    app.host.set(with_free(2 * GIB));
    for name in ["a", "b", "c"] {
        app.created_box(&client, name).await;
    }
    app.provider.set_ready_after(None);
    app.pass().await;
    app.pass().await;
    app.pass().await;
    assert_eq!(
        app.provider.calls(Call::EnsureRunning),
        2,
        "what those two take is counted before they take it"
    );
    let mut waiting = Vec::new();
    for name in ["a", "b", "c"] {
        if app.show(&client, name).await.phase == "requested" {
            waiting.push(name);
        }
    }
    assert_eq!(waiting.len(), 1, "{waiting:?}");
    let told = client.get(&format!("/v1/boxes/{}/timeline", waiting[0])).await.text();
    assert_eq!(told.matches("box.waits-for-room").count(), 1, "{told}");
    app.host.set(with_free(3 * GIB));
    app.pass().await;
    assert_eq!(app.provider.calls(Call::EnsureRunning), 3);
}

#[tokio::test]
async fn busy_cpus_let_one_box_start_after_the_other() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    app.host.set(HostFacts { cpu_pressure: Some(9_000), ..with_free(8 * GIB) });
    for name in ["a", "b"] {
        app.created_box(&client, name).await;
    }
    app.provider.set_ready_after(None);
    app.pass().await;
    app.pass().await;
    assert_eq!(app.provider.calls(Call::EnsureRunning), 1);
    for seen in app.provider.observe_all().await.unwrap() {
        app.provider.make_ready(seen.id);
    }
    app.pass().await;
    assert_eq!(app.provider.calls(Call::EnsureRunning), 2);
}

#[tokio::test]
async fn orgs_take_turns_when_more_is_due_than_is_done_at_a_time() {
    let app = TestApp::builder().limits(|limits| limits.reconcile_width = 2).start().await;
    let many = app.first_tenant().await.client;
    let few = app.tenant("other").await.client;
    for name in ["a", "b", "c", "d", "e", "f"] {
        app.created_box(&many, name).await;
    }
    let late = id_of(&app.created_box(&few, "late").await.smartbox);
    app.provider.set_delay(Duration::from_millis(1));
    app.provider.set_ready_after(None);
    let mut reconciler = Reconciler::new(app.control.clone(), 1);
    reconciler.pass().await.unwrap();
    reconciler.settle().await;
    assert_eq!(app.provider.starts(late), 1, "it came last, and its org has as many turns as the other");
    for _ in 0..3 {
        reconciler.pass().await.unwrap();
        reconciler.settle().await;
    }
    assert_eq!(app.provider.calls(Call::EnsureRunning), 7, "no turn is lost");
}

#[tokio::test]
async fn the_least_valuable_boxes_are_named_when_memory_is_short() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    assert_eq!(app.control.missing_memory(), 0, "nothing is known");
    app.host.set(HostFacts { available_bytes: 600 * MIB, ..with_free(0) });
    assert_eq!(app.control.missing_memory(), 424 * MIB);
    app.host.set(with_free(8 * GIB));
    let mut ids = Vec::new();
    for name in ["pinned", "idle", "frozen", "squeezed"] {
        ids.push(id_of(&app.running_box(&client, name).await));
    }
    put_to_sleep(&app, ids[2], SleepDepth::Frozen).await;
    put_to_sleep(&app, ids[3], SleepDepth::Squeezed).await;
    let mut reconciler = Reconciler::new(app.control.clone(), 1);
    app.provider.set_delay(Duration::from_millis(20));
    reconciler.pass().await.unwrap();
    let pinned = ids[0];
    let naps = app.control.make_room(u64::MAX, |row| Activity {
        idle: SignedDuration::from_hours(1),
        due_in: None,
        is_pinned: row.id == pinned,
        is_busy: false,
    });
    let named: Vec<BoxId> = naps.await.unwrap().into_iter().map(|nap| nap.id).collect();
    assert_eq!(named, [ids[2], ids[1]]);
    reconciler.settle().await;
}
