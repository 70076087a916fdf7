//! Platforms that share the database, and who keeps which box.

use std::time::Duration;

use smartbox_core::BoxId;
use smartbox_store::{FleetStore, NewPlatform};

use crate::support::{World, at, create, new_box};

const TTL: Duration = Duration::from_secs(5);

fn platform(id: &str, place: &str) -> NewPlatform {
    let (id, place) = (id.to_owned(), place.to_owned());
    NewPlatform { id, place, address: "127.0.0.1:1".to_owned(), version: "1".to_owned() }
}

async fn join(fleet: &FleetStore, id: &str) -> i64 {
    fleet.join_platforms(&platform(id, "here"), TTL, at(0)).await.unwrap().expect("nobody is alone")
}

async fn keeper(fleet: &FleetStore, id: BoxId) -> (Option<String>, i64) {
    let kept = fleet.keepings().await.unwrap().into_iter().find(|row| row.box_id == id).unwrap();
    (kept.keeper, kept.epoch)
}

#[tokio::test]
async fn a_box_is_taken_once_and_under_a_greater_number_each_time() {
    let world = World::new().await;
    let fleet = &world.fleet;
    let id = world.create("home").await.id;
    let (first, second) = (join(fleet, "a").await, join(fleet, "b").await);
    assert!(second > first);
    let (version, unkept) = fleet.keepings_version().await.unwrap();
    assert_eq!(unkept, 1);

    let (epoch, taken) = fleet.take_boxes("a", &[id]).await.unwrap().unwrap();
    assert_eq!((taken, epoch > second), (vec![id], true));
    assert_eq!(keeper(fleet, id).await, (Some("a".to_owned()), epoch));
    let (_, refused) = fleet.take_boxes("b", &[id]).await.unwrap().unwrap();
    assert_eq!(refused, [], "somebody keeps it");
    let (later, unkept) = fleet.keepings_version().await.unwrap();
    assert!(later > version && unkept == 0);

    fleet.let_go("b", &[id]).await.unwrap();
    assert_eq!(keeper(fleet, id).await.0.as_deref(), Some("a"), "it is not b's to let go");
    fleet.let_go("a", &[id]).await.unwrap();
    let (next, taken) = fleet.take_boxes("b", &[id]).await.unwrap().unwrap();
    assert!(next > epoch && taken == [id]);
    assert!(fleet.take_boxes("gone", &[id]).await.unwrap().is_none(), "it is no platform");
}

#[tokio::test]
async fn a_platform_that_beat_since_is_not_buried_and_one_that_was_buried_beats_no_more() {
    let world = World::new().await;
    let fleet = &world.fleet;
    let id = world.create("home").await.id;
    join(fleet, "a").await;
    join(fleet, "b").await;
    fleet.take_boxes("a", &[id]).await.unwrap();
    let seen = fleet.platforms().await.unwrap()[0].beat;
    assert!(fleet.beat_platform("a", TTL, at(1)).await.unwrap());
    assert!(!fleet.bury_platform("a", seen).await.unwrap(), "it lives");
    assert!(fleet.bury_platform("a", seen + 1).await.unwrap());
    assert!(!fleet.bury_platform("a", seen + 1).await.unwrap(), "once");
    assert!(!fleet.beat_platform("a", TTL, at(2)).await.unwrap());
    assert_eq!(keeper(fleet, id).await.0, None);
    let left: Vec<_> = fleet.platforms().await.unwrap().into_iter().map(|one| one.id).collect();
    assert_eq!(left, ["b"]);
}

#[tokio::test]
async fn a_box_with_a_disk_stays_at_its_place() {
    let world = World::new().await;
    let fleet = &world.fleet;
    let id = world.create("home").await.id;
    join(fleet, "a").await;
    fleet.join_platforms(&platform("c", "there"), TTL, at(0)).await.unwrap();
    fleet.take_boxes("a", &[id]).await.unwrap();
    fleet.leave_platforms("a").await.unwrap();
    let (_, refused) = fleet.take_boxes("c", &[id]).await.unwrap().unwrap();
    assert_eq!(refused, []);
    join(fleet, "b").await;
    assert_eq!(fleet.take_boxes("b", &[id]).await.unwrap().unwrap().1, [id]);
}

#[tokio::test]
async fn platforms_hold_the_lease_together_and_give_it_back_with_the_last() {
    let world = World::new().await;
    let fleet = &world.fleet;
    let alone = fleet.acquire_lease("reconciler", "old", TTL, at(0)).await.unwrap().unwrap();
    assert!(fleet.join_platforms(&platform("a", "here"), TTL, at(4)).await.unwrap().is_none());
    let joined = fleet.join_platforms(&platform("a", "here"), TTL, at(5)).await.unwrap().unwrap();
    assert!(joined > alone);
    fleet.join_platforms(&platform("b", "here"), TTL, at(5)).await.unwrap().unwrap();
    assert!(fleet.beat_platform("b", TTL, at(9)).await.unwrap());
    assert_eq!(fleet.acquire_lease("reconciler", "old", TTL, at(12)).await.unwrap(), None);
    fleet.leave_platforms("a").await.unwrap();
    assert_eq!(fleet.acquire_lease("reconciler", "old", TTL, at(12)).await.unwrap(), None);
    fleet.leave_platforms("b").await.unwrap();
    assert!(
        fleet
            .acquire_lease("reconciler", "old", TTL, at(12))
            .await
            .unwrap()
            .is_some_and(|epoch| epoch > joined)
    );
}

#[tokio::test]
async fn what_happened_is_read_on_from_where_one_was() {
    let world = World::new().await;
    let fleet = &world.fleet;
    let before = fleet.last_event().await.unwrap();
    world.create("one").await;
    create(&world.other, new_box("two")).await.unwrap();
    let news = fleet.events_since(before, 10).await.unwrap();
    assert_eq!(news.len(), 2);
    let (first, last) = (news[0].seq, fleet.last_event().await.unwrap());
    assert_eq!(news.last().unwrap().seq, last);
    assert_eq!(fleet.events_since(before, 1).await.unwrap().len(), 1);
    assert_eq!(fleet.events_since(first, 10).await.unwrap().len(), 1);
    assert_eq!(fleet.events_since(last, 10).await.unwrap(), []);
}
