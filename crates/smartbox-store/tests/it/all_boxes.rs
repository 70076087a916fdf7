//! Every box at once: read again when one has changed, and not otherwise.

use std::sync::Arc;

use smartbox_core::schedule::CatchUp;
use smartbox_core::{Desired, Observed, ScheduleId};
use smartbox_store::{
    AllBoxes, ArchiveReason, NextTime, OperationKind, ScheduleAction, SchedulePlan, Smartbox, testing,
};

use crate::support::{World, at, event, operation, seen};

/// All boxes as one read them, which must be as each of them is.
async fn all(world: &World) -> AllBoxes {
    let all = world.fleet.all_boxes().await.unwrap();
    for row in all.iter() {
        assert_eq!(**row, world.reload(row.id).await);
    }
    all
}

async fn the_one(world: &World) -> Smartbox {
    Smartbox::clone(&all(world).await[0])
}

#[tokio::test]
async fn what_changes_a_box_is_seen_in_all_of_them() {
    let world = World::new().await;
    assert!(all(&world).await.is_empty());
    let mine = world.create("mine").await;
    assert_eq!(the_one(&world).await, mine);

    world.fleet.record_observation(mine.id, &seen(Observed::Ready), None, at(2)).await.unwrap();
    assert_eq!(the_one(&world).await.observed, Observed::Ready);
    let other = world.create("other").await;
    assert_eq!(all(&world).await.len(), 2);
    world.want(mine.id, Desired::Stopped).await;
    assert_eq!(the_one(&world).await.desired, Desired::Stopped);
    world.want(other.id, Desired::Deleted).await;
    assert_eq!(all(&world).await[1].desired, Desired::Deleted);
}

#[tokio::test]
async fn what_stands_in_another_table_than_that_of_boxes_is_seen_too() {
    let world = World::new().await;
    let mine = world.create("mine").await;
    assert_eq!(the_one(&world).await.due, None);

    let plan = SchedulePlan {
        name: "report".to_owned(),
        cron: Some("0 9 * * *".to_owned()),
        time_zone: "UTC".to_owned(),
        at: None,
        action: ScheduleAction::Wake { awake_secs: 60 },
        catch_up: CatchUp::Once,
        enabled: true,
    };
    let id = ScheduleId::from_parts(at(1), [1; 10]);
    let next = NextTime { at: at(60), fires_at: at(60) };
    world.org.create_schedule((id, mine.id), &plan, Some(next), event("x"), at(2)).await.unwrap();
    assert_eq!(the_one(&world).await.due.map(|due| due.at), Some(at(60)));
    world.org.remove_schedule(mine.id, id, event("x"), at(3)).await.unwrap();
    assert_eq!(the_one(&world).await.due, None);

    let stopped = world.want(mine.id, Desired::Stopped).await;
    assert_eq!(the_one(&world).await.archive, None);
    let asked = (None, event("x"));
    world.org.ask_archive(mine.id, ArchiveReason::Asked, stopped.version, asked, at(4)).await.unwrap();
    assert!(the_one(&world).await.archive.is_some());
    world.want(mine.id, Desired::Running).await;

    let row = the_one(&world).await;
    let asked = (operation(OperationKind::Upgrade), event("x"));
    world.org.intend_upgrade(mine.id, "2026.9.7", row.version, asked, at(5)).await.unwrap();
    assert!(the_one(&world).await.upgrade.is_some());
}

/// All boxes as they are kept, if they are. A connection that has just written takes a moment to be free, and until then nothing is.
async fn kept(world: &World) -> Option<AllBoxes> {
    for _ in 0..100 {
        let before = all(world).await;
        if Arc::ptr_eq(&before, &all(world).await) {
            return Some(before);
        }
    }
    None
}

#[tokio::test]
async fn boxes_are_not_read_again_for_what_is_written_beside_them() {
    let world = World::new().await;
    let mine = world.create("mine").await;
    let before = kept(&world).await;
    // Others write to a database on a server, and nobody tells of it.
    assert_eq!(before.is_some(), !testing::is_postgres());
    let Some(before) = before else { return };
    world.fleet.append_event(Some(mine.org), Some(mine.id), event("box.seen"), at(2)).await.unwrap();
    world.fleet.meta_set("a", "b").await.unwrap();
    assert!(Arc::ptr_eq(&before, &all(&world).await));
}
