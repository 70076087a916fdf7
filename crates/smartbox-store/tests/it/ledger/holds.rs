//! Holds of the monitor and of people.

use smartbox_core::wake::HoldKind;

use crate::support::{World, at, event};

#[tokio::test]
async fn the_monitor_lets_go_of_what_it_holds_and_of_nothing_that_a_person_holds() {
    let world = World::new().await;
    let org = world.org.id();
    let held = |reason: &'static str| {
        world.fleet.monitor_hold(org, HoldKind::Plan, reason, event("org.held"), at(1))
    };
    assert!(held("too much").await.unwrap());
    assert!(!held("still").await.unwrap(), "it is held already");
    assert_eq!(world.fleet.monitor_holds().await.unwrap(), [(org, HoldKind::Plan)]);
    assert_eq!(world.org.wake_holds().await.unwrap()[0].reason, "too much");
    // A person makes it theirs.
    world.org.hold_wakes(HoldKind::Plan, "unpaid", event("org.held"), at(2)).await.unwrap();
    assert!(!world.fleet.monitor_release(org, HoldKind::Plan, event("org.released"), at(3)).await.unwrap());
    assert!(world.org.release_wakes(HoldKind::Plan, event("org.released"), at(3)).await.unwrap());
}

#[tokio::test]
async fn one_box_is_held_for_itself() {
    let world = World::new().await;
    let id = world.create("mine").await.id;
    let hold = || world.fleet.hold_box(id, HoldKind::Budget, "used up", event("box.held"), at(1));
    assert!(hold().await.unwrap());
    assert!(!hold().await.unwrap());
    assert_eq!(world.org.box_hold(id).await.unwrap().map(|hold| hold.kind), Some(HoldKind::Budget));
    assert!(world.org.wake_holds().await.unwrap().is_empty(), "the others are not");
    assert_eq!(world.fleet.box_holds().await.unwrap().len(), 1);
    assert!(world.fleet.release_box(id, event("box.released"), at(2)).await.unwrap());
    assert!(!world.fleet.release_box(id, event("box.released"), at(2)).await.unwrap());
    let told: Vec<_> =
        world.org.timeline(id, None, 10).await.unwrap().items.into_iter().map(|line| line.action).collect();
    assert_eq!(told.iter().filter(|action| action.starts_with("box.held")).count(), 1);
}
