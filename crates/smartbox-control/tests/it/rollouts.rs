//! Upgrades of many boxes, in waves.

use std::collections::BTreeMap;
use std::fs;

use jiff::SignedDuration;
use smartbox_control::{Error, NewRollout};
use smartbox_core::rollout::{BoxProgress, RolloutEnd};
use smartbox_core::{BoxId, RolloutId};
use smartbox_testkit::{NEWER_RUNTIME, RUNTIME, TestApp, id_of};

use crate::upgrades::{row, upgrade};

const STEADY: SignedDuration = SignedDuration::from_secs(61);

async fn boxes(app: &TestApp, count: usize) -> Vec<BoxId> {
    let client = app.first_tenant().await.client;
    let mut ids = Vec::new();
    for number in 0..count {
        let id = id_of(&app.running_box(&client, &format!("box-{number}")).await);
        fs::write(app.provider.home_of(id).join("state/openclaw.json"), "{}").unwrap();
        ids.push(id);
    }
    ids
}

async fn start(app: &TestApp, wave: u32, stop_after: u32) -> RolloutId {
    let new = NewRollout {
        to: Some(NEWER_RUNTIME.to_owned()),
        wave: Some(wave),
        stop_after: Some(stop_after),
        ..NewRollout::default()
    };
    app.control.create_rollout(&app.admin_op(), &new).await.unwrap().rollout.id
}

async fn progress(app: &TestApp, id: RolloutId) -> (BTreeMap<&'static str, usize>, Option<RolloutEnd>) {
    let state = app.control.find_rollout(&app.admin_op(), id).await.unwrap();
    let mut counts = BTreeMap::new();
    for one in state.boxes {
        *counts.entry(one.progress.as_str()).or_insert(0) += 1;
    }
    (counts, state.rollout.ended.map(|(_at, how)| how))
}

/// Lets boxes that are well prove it, and the next wave begin.
async fn next(app: &TestApp) {
    app.clock.advance(STEADY);
    for _ in 0..2 {
        app.settle().await;
    }
}

#[tokio::test]
async fn boxes_are_upgraded_a_wave_at_a_time_until_all_are() {
    let app = TestApp::start().await;
    let ids = boxes(&app, 5).await;
    let rollout = start(&app, 2, 1).await;
    for (upgraded, going, waiting) in [(0, 2, 3), (2, 2, 1), (4, 1, 0)] {
        app.settle().await;
        let (counts, ended) = progress(&app, rollout).await;
        let count = |what: &str| counts.get(what).copied().unwrap_or(0);
        assert_eq!((count("upgraded"), count("going"), count("waiting")), (upgraded, going, waiting));
        assert_eq!(ended, None);
        next(&app).await;
    }
    app.settle().await;
    assert_eq!(progress(&app, rollout).await, (BTreeMap::from([("upgraded", 5)]), Some(RolloutEnd::Done)));
    for id in ids {
        assert_eq!(row(&app, id).await.runtime_version, NEWER_RUNTIME);
    }
}

#[tokio::test]
async fn a_wave_in_which_too_many_fail_is_the_last_and_the_others_keep_what_they_have() {
    let app = TestApp::start().await;
    app.expect_log("WARN");
    let ids = boxes(&app, 4).await;
    let rollout = start(&app, 2, 1).await;
    app.settle().await;
    let state = app.control.find_rollout(&app.admin_op(), rollout).await.unwrap();
    let going: Vec<BoxId> =
        state.boxes.iter().filter(|one| one.progress == BoxProgress::Going).map(|one| one.box_id).collect();
    app.provider.restart_gateway(going[0], false);
    app.settle().await;
    assert_eq!(progress(&app, rollout).await.1, None, "the wave is seen through");
    next(&app).await;
    app.settle().await;
    let (counts, ended) = progress(&app, rollout).await;
    assert_eq!(counts, BTreeMap::from([("failed", 1), ("upgraded", 1), ("waiting", 2)]));
    assert_eq!(ended, Some(RolloutEnd::Stopped));
    let state = app.control.find_rollout(&app.admin_op(), rollout).await.unwrap();
    let failed = state.boxes.iter().find(|one| one.progress == BoxProgress::Failed).unwrap();
    assert!(failed.what.as_deref().unwrap().contains("ended by itself"), "{failed:?}");
    let mut on_new = 0;
    for id in ids {
        on_new += usize::from(row(&app, id).await.runtime_version == NEWER_RUNTIME);
    }
    assert_eq!(on_new, 1);
}

#[tokio::test]
async fn a_restart_of_the_platform_begins_no_box_twice() {
    let mut app = TestApp::start().await;
    let ids = boxes(&app, 3).await;
    let rollout = start(&app, 1, 1).await;
    // As a platform leaves it that is killed after it has begun with a box, and before it has written so.
    upgrade(&app, ids[0]).await;
    app.restart().await;
    app.settle().await;
    let (counts, _) = progress(&app, rollout).await;
    assert_eq!(counts, BTreeMap::from([("going", 1), ("waiting", 2)]));
    for _ in 0..4 {
        next(&app).await;
        app.restart().await;
        app.settle().await;
    }
    assert_eq!(progress(&app, rollout).await, (BTreeMap::from([("upgraded", 3)]), Some(RolloutEnd::Done)));
}

#[tokio::test]
async fn what_cannot_be_upgraded_is_skipped_with_the_reason_and_a_cancelled_one_begins_nothing() {
    let app = TestApp::start().await;
    boxes(&app, 3).await;
    let rollout = start(&app, 1, 1).await;
    let turns = app.control.find_rollout(&app.admin_op(), rollout).await.unwrap().boxes;
    let ids: Vec<BoxId> = turns.iter().map(|one| one.box_id).collect();
    app.control.delete_box(&app.admin_op(), &ids[0].to_string(), None).await.unwrap();
    for _ in 0..2 {
        app.settle().await;
    }
    let (counts, _) = progress(&app, rollout).await;
    assert_eq!(counts, BTreeMap::from([("going", 1), ("skipped", 1), ("waiting", 1)]));
    app.control.cancel_rollout(&app.admin_op(), rollout).await.unwrap();
    next(&app).await;
    assert_eq!(progress(&app, rollout).await.1, Some(RolloutEnd::Cancelled));
    assert_eq!(row(&app, ids[1]).await.runtime_version, NEWER_RUNTIME, "it is seen through");
    assert_eq!(row(&app, ids[2]).await.runtime_version, RUNTIME);
    let again = app.control.cancel_rollout(&app.admin_op(), rollout).await;
    assert!(matches!(again, Err(Error::Conflict { .. })));
}
