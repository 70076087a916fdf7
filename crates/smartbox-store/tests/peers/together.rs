//! Two platforms on one database.

use std::time::Duration;

use smartbox_core::Desired;
use smartbox_store::{Error, Store};
use tokio::task::JoinSet;

use crate::server::Server;
use crate::support::{at, create, event, fleet_of, intent, new_box, org_id};

/// Changes by each of them.
const CHANGES: usize = 40;

async fn two() -> (Server, Store, Store) {
    let server = Server::new().await;
    drop(server.sealer());
    let (one, other) = (server.open().await, server.open().await);
    (server, one, other)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_each_reads_before_it_writes_is_the_newest_of_both() {
    let (_server, one, other) = two().await;
    let org = fleet_of(&one).create_org(org_id(), "home", at(0)).await.unwrap().id;
    let id = create(&one.org(org), new_box("one")).await.unwrap().0.id;
    let mut changes = JoinSet::new();
    for store in [&one, &other] {
        for _ in 0..2 {
            let org = store.org(org);
            changes.spawn(async move {
                for _ in 0..CHANGES / 2 {
                    let stop = intent(Desired::Stopped);
                    org.change_intent(id, stop, None, None, event("box.changed"), at(2)).await.unwrap();
                }
            });
        }
    }
    changes.join_all().await;
    let found = fleet_of(&other).find_box(id).await.unwrap().unwrap();
    let expected = 1 + i64::try_from(2 * CHANGES).unwrap();
    assert_eq!(found.version, expected, "no change was lost, and none was refused");
    let told = other.org(org).timeline(id, None, 200).await.unwrap().items;
    assert_eq!(told.len(), 2 * CHANGES + 1);
    assert!(told.windows(2).all(|pair| pair[0].seq > pair[1].seq), "one order of events");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_changes_based_on_one_version_one_wins() {
    let (_server, one, other) = two().await;
    let org = fleet_of(&one).create_org(org_id(), "home", at(0)).await.unwrap().id;
    let id = create(&one.org(org), new_box("one")).await.unwrap().0.id;
    let mut changes = JoinSet::new();
    for n in 0..12 {
        let org = if n % 2 == 0 { one.org(org) } else { other.org(org) };
        changes.spawn(async move {
            org.change_intent(id, intent(Desired::Stopped), Some(1), None, event("box.stopped"), at(2)).await
        });
    }
    let changed = changes.join_all().await;
    assert_eq!(changed.iter().filter(|result| result.is_ok()).count(), 1);
    let all =
        changed.iter().all(|result| matches!(result, Ok(_) | Err(Error::VersionMismatch { current: 2 })));
    assert!(all, "{changed:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_is_one_platforms_until_its_time_is_over_and_the_former_holder_is_known_by_its_number() {
    let (_server, one, other) = two().await;
    let ttl = Duration::from_secs(8);
    let (first, second) = (fleet_of(&one), fleet_of(&other));
    let mut asked = JoinSet::new();
    for n in 0..12 {
        let fleet = if n % 2 == 0 { first.clone() } else { second.clone() };
        asked.spawn(async move { fleet.acquire_lease("race", &format!("h-{n}"), ttl, at(0)).await.unwrap() });
    }
    assert_eq!(asked.join_all().await.into_iter().flatten().collect::<Vec<_>>(), [1]);

    assert_eq!(first.acquire_lease("reconciler", "a", ttl, at(0)).await.unwrap(), Some(1));
    assert_eq!(second.acquire_lease("reconciler", "b", ttl, at(7)).await.unwrap(), None);
    assert!(first.renew_lease("reconciler", "a", 1, ttl, at(7)).await.unwrap());
    // The first one is gone: within ten seconds of its last sign the second one acts.
    assert_eq!(second.acquire_lease("reconciler", "b", ttl, at(14)).await.unwrap(), None);
    assert_eq!(second.acquire_lease("reconciler", "b", ttl, at(15)).await.unwrap(), Some(2));
    assert!(!first.renew_lease("reconciler", "a", 1, ttl, at(15)).await.unwrap());
    assert!(!first.release_lease("reconciler", "a", 1).await.unwrap());
}
