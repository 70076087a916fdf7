//! Several at once: exactly one wins.

use std::sync::Arc;
use std::time::Duration;

use smartbox_core::Desired;
use smartbox_store::{Claim, Error, NewSmartbox, Store};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::support::{World, at, create, event, fleet_of, intent, new_box, open};

const RACERS: usize = 12;

/// Runs the same thing many times at once and returns what came of each.
async fn race<T, F>(run: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let start = Arc::new(Barrier::new(RACERS));
    let mut racers = JoinSet::new();
    for n in 0..RACERS {
        let (start, racer) = (Arc::clone(&start), run(n));
        racers.spawn(async move {
            start.wait().await;
            racer.await
        });
    }
    racers.join_all().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_last_places_of_a_tier_are_given_once() {
    let world = World::new().await;
    let made = race(|n| {
        let org = if n % 2 == 0 { world.org.clone() } else { world.other.clone() };
        let new = NewSmartbox { tier: "standard-3".into(), ..new_box(&format!("box-{n}")) };
        async move { create(&org, new).await }
    })
    .await;
    assert_eq!(made.iter().filter(|result| result.is_ok()).count(), 5);
    assert!(made.iter().all(|result| matches!(result, Ok(_) | Err(Error::TierFull { max: 5 }))));
    let mut slots: Vec<u32> =
        world.fleet.all_boxes().await.unwrap().iter().map(|smartbox| smartbox.uid_slot).collect();
    slots.sort_unstable();
    slots.dedup();
    assert_eq!(slots.len(), 5, "no range of user ids twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_name_is_given_once_and_one_box_is_the_default() {
    let world = World::new().await;
    let made = race(|n| {
        let (org, new) = (world.org.clone(), new_box(if n < 6 { "same" } else { "other" }));
        async move { create(&org, new).await }
    })
    .await;
    assert_eq!(made.iter().filter(|result| result.is_ok()).count(), 2);
    assert!(made.iter().all(|result| matches!(result, Ok(_) | Err(Error::NameTaken))));
    let boxes = world.fleet.all_boxes().await.unwrap();
    assert_eq!(boxes.iter().filter(|smartbox| smartbox.is_default).count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_changes_based_on_one_version_one_wins() {
    let world = World::new().await;
    let made = world.create("one").await;
    let changed = race(|_n| {
        let org = world.org.clone();
        async move {
            let stop = intent(Desired::Stopped);
            org.change_intent(made.id, stop, Some(1), None, event("box.stopped"), at(2)).await
        }
    })
    .await;
    assert_eq!(changed.iter().filter(|result| result.is_ok()).count(), 1);
    assert!(
        changed.iter().all(|result| matches!(result, Ok(_) | Err(Error::VersionMismatch { current: 2 })))
    );
    assert_eq!(
        world.org.timeline(made.id, None, 100).await.unwrap().items.len(),
        2,
        "only the winner is told of"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn changes_without_a_version_are_all_applied() {
    let world = World::new().await;
    let id = world.create("one").await.id;
    race(|n| {
        let org = world.org.clone();
        async move {
            let desired = if n % 2 == 0 { Desired::Stopped } else { Desired::Running };
            org.change_intent(id, intent(desired), None, None, event("box.changed"), at(2)).await.unwrap()
        }
    })
    .await;
    let racers = i64::try_from(RACERS).unwrap();
    assert_eq!(world.reload(id).await.version, 1 + racers);
    let told = world.org.timeline(id, None, 100).await.unwrap().items;
    assert_eq!(told.len(), RACERS + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_lease_is_given_to_one() {
    let world = World::new().await;
    for epoch in 1..=3 {
        let taken = race(|n| {
            let fleet = world.fleet.clone();
            async move {
                let now = at(epoch * 60);
                fleet
                    .acquire_lease("reconciler", &format!("holder-{n}"), Duration::from_secs(30), now)
                    .await
                    .unwrap()
            }
        })
        .await;
        assert_eq!(taken.into_iter().flatten().collect::<Vec<_>>(), [epoch]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_repeated_request_does_its_work_once() {
    let world = World::new().await;
    let claims = race(|_n| {
        let org = world.org.clone();
        async move { org.idempotency_begin("k", "POST /v1/boxes", &[1; 32], at(1)).await.unwrap() }
    })
    .await;
    assert_eq!(claims.iter().filter(|claim| **claim == Claim::Fresh).count(), 1);
    assert_eq!(claims.iter().filter(|claim| **claim == Claim::InProgress).count(), RACERS - 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_sign_in_code_is_redeemed_once() {
    let world = World::new().await;
    let user = world.user("ada").await.id;
    world.fleet.insert_sign_in_code(&[1; 32], user, false, at(60)).await.unwrap();
    let redeemed = race(|_n| {
        let fleet = world.fleet.clone();
        async move { fleet.redeem_sign_in_code(&[1; 32], at(1)).await.unwrap() }
    })
    .await;
    assert_eq!(redeemed.into_iter().flatten().collect::<Vec<_>>(), [(user, false)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_stores_on_one_file_wait_for_each_other() {
    let world = World::new().await;
    let second: Store = open(world.directory.path()).await;
    let id = world.create("one").await.id;
    let org_id = world.org.id();
    race(|n| {
        let store = if n % 2 == 0 { world.store.clone() } else { second.clone() };
        async move {
            for _ in 0..5 {
                fleet_of(&store).append_event(Some(org_id), Some(id), event("note"), at(1)).await.unwrap();
            }
        }
    })
    .await;
    let told = world.org.timeline(id, None, 200).await.unwrap().items;
    assert_eq!(told.len(), RACERS * 5 + 1);
    let mut seqs: Vec<i64> = told.iter().map(|event| event.seq).collect();
    seqs.dedup();
    assert_eq!(seqs.len(), RACERS * 5 + 1);
}
