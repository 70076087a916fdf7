//! After a crash of everything, boxes are found as they are, and come back.

use std::fs;

use smartbox_core::{DeathReason, Observed, SleepDepth};
use smartbox_provider::contract::Fixture;
use smartbox_provider::{Provider, ProviderError};

use crate::harness::Local;
use crate::life::lives;

/// What the OCI runtime knows of the boxes is gone, as after a restart of its state directory.
fn forget_runtime_state(local: &Local) {
    let state = local.config.run_dir.join("oci");
    assert!(state.is_dir(), "there is something to forget");
    fs::remove_dir_all(&state).unwrap();
}

#[tokio::test]
async fn a_running_box_outlives_the_state_of_the_runtime_and_can_be_stopped_and_started() {
    let local = Local::new().await;
    let (id, spec) = local.new_box();
    let before = local.start(id, &spec).await;
    forget_runtime_state(&local);
    let next = local.restarted();
    assert_eq!(next.observe_all().await.unwrap(), std::slice::from_ref(&before), "found as it was");
    next.ensure_running(id, 2, &spec).await.unwrap();
    assert_eq!(next.observe_all().await.unwrap()[0].pid, before.pid, "nothing is started again");
    next.ensure_stopped(id, 2).await.unwrap();
    assert_eq!(next.observe_all().await.unwrap()[0].observed, Observed::Stopped);
    assert_eq!(local.read_volume(id, "stopped").await.unwrap(), b"gracefully\n");
    next.ensure_running(id, 2, &spec).await.unwrap();
    local.wait(id, |seen| seen.observed == Observed::Ready).await;
}

#[tokio::test]
async fn a_frozen_box_without_the_state_of_the_runtime_is_known_as_frozen_and_wakes() {
    let local = Local::new().await;
    let id = local.ready_box().await;
    local.provider.ensure_asleep(id, 1, SleepDepth::Frozen).await.unwrap();
    let pid = local.observe(id).await.unwrap().pid;
    forget_runtime_state(&local);
    let next = local.restarted();
    let seen = next.observe_all().await.unwrap().remove(0);
    assert_eq!((seen.observed, seen.pid), (Observed::Asleep(SleepDepth::Frozen), pid));
    next.ensure_awake(id, 2).await.unwrap();
    assert_eq!(local.wait(id, |seen| seen.observed == Observed::Ready).await.pid, pid);
    assert_eq!(local.sh(id, "echo well").await, "well\n");
}

#[tokio::test]
async fn a_frozen_box_whose_processes_were_killed_with_the_runtimes_state_comes_back() {
    let local = Local::new().await;
    let (id, spec) = local.new_box();
    let first = local.start(id, &spec).await;
    local.provider.ensure_asleep(id, 1, SleepDepth::Frozen).await.unwrap();
    local.kill(id).await;
    forget_runtime_state(&local);
    let next = local.restarted();
    // On a host with version 1's freezer alone a killed process ends at the thaw. Either way a start brings it back.
    let seen = next.observe_all().await.unwrap().remove(0).observed;
    let is_known = matches!(seen, Observed::Asleep(_)) || seen == Observed::Dead(DeathReason::Vanished);
    assert!(is_known, "{seen:?}");
    next.ensure_running(id, 2, &spec).await.unwrap();
    // At a thaw the killed processes are seen alive for a moment, until their signal reaches them.
    local.wait(id, |seen| seen.pid != first.pid || !seen.observed.is_alive()).await;
    next.ensure_running(id, 2, &spec).await.unwrap();
    let back = local.wait(id, |seen| seen.observed == Observed::Ready && seen.pid != first.pid).await;
    assert!(back.pid.is_some() && !lives(first.pid));
}

#[tokio::test]
async fn the_volume_carries_the_epoch_and_refuses_an_older_controller_by_itself() {
    let local = Local::new().await;
    let (id, spec) = local.new_box();
    local.provider.ensure_running(id, 7, &spec).await.unwrap();
    local.wait(id, |seen| seen.observed == Observed::Ready).await;
    let (beside, carried) = (local.box_dir(id).join("epoch"), local.box_dir(id).join("volume/boxd/epoch"));
    let epochs = || [&beside, &carried].map(|path| fs::read_to_string(path).unwrap());
    assert_eq!(epochs(), ["7\n", "7\n"]);
    assert_eq!(fs::read_to_string(local.box_dir(id).join("platform/epoch")).unwrap(), "7\n");
    assert_ne!(
        local.run(id, &["cat", "/var/lib/boxd/epoch"]).await.code,
        0,
        "it is none of the agent's business"
    );
    local.provider.ensure_awake(id, 9).await.unwrap();
    assert_eq!(epochs(), ["9\n", "9\n"], "a takeover is written down while the box runs");
    local.provider.ensure_stopped(id, 9).await.unwrap();

    // The volume came from elsewhere, without what lay beside it.
    fs::remove_file(&beside).unwrap();
    let refused = local.provider.ensure_running(id, 8, &spec).await;
    assert!(matches!(refused, Err(ProviderError::Fenced)), "{refused:?}");
    fs::write(&carried, "not an epoch").unwrap();
    let refused = local.provider.ensure_running(id, 9, &spec).await.unwrap_err();
    assert!(refused.remedy().is_some_and(|remedy| remedy.contains("remove that file")), "{refused:?}");
    fs::remove_file(&carried).unwrap();
    local.provider.ensure_running(id, 9, &spec).await.unwrap();
    local.wait(id, |seen| seen.observed == Observed::Ready).await;
    assert_eq!(epochs(), ["9\n", "9\n"]);
}
