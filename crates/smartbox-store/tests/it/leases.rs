//! Leases and their epochs.

use std::time::Duration;

use crate::support::{World, at, fleet_of};

const TTL: Duration = Duration::from_secs(30);

#[tokio::test]
async fn one_holder_at_a_time_and_each_has_a_greater_epoch() {
    let world = World::new().await;
    let fleet = &world.fleet;
    assert_eq!(fleet.acquire_lease("reconciler", "a", TTL, at(0)).await.unwrap(), Some(1));
    assert_eq!(fleet.acquire_lease("reconciler", "b", TTL, at(29)).await.unwrap(), None);
    assert_eq!(fleet.acquire_lease("other", "b", TTL, at(1)).await.unwrap(), Some(1));

    assert_eq!(fleet.acquire_lease("reconciler", "b", TTL, at(30)).await.unwrap(), Some(2));
    assert!(!fleet.renew_lease("reconciler", "a", 1, TTL, at(31)).await.unwrap(), "it was taken over");
    assert!(!fleet.release_lease("reconciler", "a", 1).await.unwrap());
}

#[tokio::test]
async fn a_renewed_lease_goes_on_and_a_released_one_is_free_at_once() {
    let world = World::new().await;
    let fleet = &world.fleet;
    fleet.acquire_lease("reconciler", "a", TTL, at(0)).await.unwrap();
    assert!(fleet.renew_lease("reconciler", "a", 1, TTL, at(20)).await.unwrap());
    assert_eq!(fleet.acquire_lease("reconciler", "b", TTL, at(49)).await.unwrap(), None);

    assert!(fleet.release_lease("reconciler", "a", 1).await.unwrap());
    assert!(!fleet.renew_lease("reconciler", "a", 1, TTL, at(49)).await.unwrap(), "given back is given back");
    assert_eq!(fleet.acquire_lease("reconciler", "b", TTL, at(49)).await.unwrap(), Some(2));
}

#[tokio::test]
async fn a_holder_that_comes_back_fences_off_its_former_self() {
    let world = World::new().await;
    world.fleet.acquire_lease("reconciler", "a", TTL, at(0)).await.unwrap();
    let (_directory, store) = world.reopen().await;
    let fleet = fleet_of(&store);
    assert_eq!(fleet.acquire_lease("reconciler", "a", TTL, at(1)).await.unwrap(), Some(2));
    assert!(!fleet.renew_lease("reconciler", "a", 1, TTL, at(2)).await.unwrap());
    assert!(fleet.renew_lease("reconciler", "a", 2, TTL, at(2)).await.unwrap());
}

#[tokio::test]
async fn a_late_holder_keeps_a_lease_nobody_took() {
    let world = World::new().await;
    world.fleet.acquire_lease("reconciler", "a", TTL, at(0)).await.unwrap();
    assert!(world.fleet.renew_lease("reconciler", "a", 1, TTL, at(500)).await.unwrap());
    assert_eq!(world.fleet.acquire_lease("reconciler", "b", TTL, at(501)).await.unwrap(), None);
}
