//! The breaker of a box, kept.

use smartbox_core::heal::FAILURES_MAX;
use smartbox_core::{Breaker, Desired};
use smartbox_store::OperationKind;

use crate::support::{World, at, box_id, event, intent, operation};

fn open() -> Breaker {
    let mut breaker = Breaker::default();
    for _ in 0..FAILURES_MAX {
        breaker.failed(at(10), "it crashed: \"again\"");
    }
    breaker
}

#[tokio::test]
async fn it_is_read_back_as_it_was_written_with_its_event() {
    let world = World::new().await;
    let row = world.create("one").await;
    assert_eq!(row.breaker, Breaker::default());
    let opened = Some(event("box.breaker-opened"));
    assert!(world.fleet.write_breaker(row.id, row.version, &open(), opened, at(11)).await.unwrap());
    assert_eq!(world.reload(row.id).await.breaker, open());
    let told = world.org.timeline(row.id, None, 10).await.unwrap().items;
    assert!(told.iter().any(|event| event.action == "box.breaker-opened"));
    assert!(world.fleet.write_breaker(row.id, row.version, &Breaker::default(), None, at(12)).await.unwrap());
    assert_eq!(world.reload(row.id).await.breaker, Breaker::default());
    assert!(!world.fleet.write_breaker(box_id(), 1, &open(), None, at(13)).await.unwrap(), "it is gone");
}

#[tokio::test]
async fn only_a_start_that_somebody_asked_for_forgets_it() {
    let fresh = [
        OperationKind::Start,
        OperationKind::Restart,
        OperationKind::Restore,
        OperationKind::Wake,
        OperationKind::Upgrade,
    ];
    for kind in [None].into_iter().chain(OperationKind::ALL.map(Some)) {
        let world = World::new().await;
        let row = world.create("one").await;
        world.fleet.write_breaker(row.id, row.version, &open(), None, at(11)).await.unwrap();
        let wish = kind.map(operation);
        let (row, _) = world
            .org
            .change_intent(row.id, intent(Desired::Running), None, wish, event("box.changed"), at(12))
            .await
            .unwrap();
        let is_forgotten = kind.is_some_and(|kind| fresh.contains(&kind));
        assert_eq!(row.breaker == Breaker::default(), is_forgotten, "{kind:?}");
        assert_eq!(world.reload(row.id).await.breaker, row.breaker);
    }
}

#[tokio::test]
async fn what_was_found_before_a_new_intent_is_not_written_after_it() {
    let world = World::new().await;
    let row = world.create("one").await;
    let start = Some(operation(OperationKind::Start));
    let change = intent(Desired::Running);
    world.org.change_intent(row.id, change, None, start, event("box.started"), at(5)).await.unwrap();
    let late = world.fleet.write_breaker(row.id, row.version, &open(), Some(event("late")), at(11)).await;
    assert!(!late.unwrap());
    assert_eq!(world.reload(row.id).await.breaker, Breaker::default());
    let told = world.org.timeline(row.id, None, 10).await.unwrap().items;
    assert!(told.iter().all(|event| event.action != "late"));
}
