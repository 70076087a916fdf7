//! How operations end.

use smartbox_core::Desired;
use smartbox_store::{BoxError, IntentChange, OperationKind, Outcome, Target};

use crate::support::{World, at, event, intent, operation};

const RUNNING_1: Target = Target { desired: Desired::Running, generation: 1 };

#[tokio::test]
async fn operations_whose_target_is_reached_succeed() {
    let world = World::new().await;
    let made = world.create("one").await;

    let settled =
        world.fleet.settle_operations(made.id, RUNNING_1, &Outcome::Succeeded, at(8)).await.unwrap();

    assert_eq!(settled.len(), 1);
    assert_eq!((settled[0].outcome.clone(), settled[0].finished_at), (Some(Outcome::Succeeded), Some(at(8))));
    assert_eq!(world.org.find_operation(settled[0].id).await.unwrap().as_ref(), Some(&settled[0]));
    let again = world.fleet.settle_operations(made.id, RUNNING_1, &Outcome::Succeeded, at(9)).await.unwrap();
    assert!(again.is_empty(), "it ends once");
}

#[tokio::test]
async fn a_failed_operation_says_why() {
    let world = World::new().await;
    let made = world.create("one").await;
    let error = BoxError {
        code: "oom".into(),
        what: "Out of memory.".into(),
        remedy: Some("Take a larger tier.".into()),
    };
    let outcome = Outcome::Failed(error);

    let settled = world.fleet.settle_operations(made.id, RUNNING_1, &outcome, at(8)).await.unwrap();

    assert_eq!(settled[0].outcome.as_ref(), Some(&outcome));
}

#[tokio::test]
async fn an_older_incarnation_that_is_ready_ends_no_restart() {
    let world = World::new().await;
    let made = world.create("one").await;
    let restart = IntentChange { bump_generation: true, ..intent(Desired::Running) };
    let begun = operation(OperationKind::Restart);
    world
        .org
        .change_intent(made.id, restart, None, Some(begun), event("box.restarted"), at(4))
        .await
        .unwrap();

    let settled =
        world.fleet.settle_operations(made.id, RUNNING_1, &Outcome::Succeeded, at(8)).await.unwrap();
    assert_eq!(settled.iter().map(|ended| ended.kind).collect::<Vec<_>>(), [OperationKind::Create]);

    let newer = Target { generation: 2, ..RUNNING_1 };
    let settled = world.fleet.settle_operations(made.id, newer, &Outcome::Succeeded, at(9)).await.unwrap();
    assert_eq!(settled.iter().map(|ended| ended.id).collect::<Vec<_>>(), [begun.id]);
}

#[tokio::test]
async fn a_box_that_stopped_ends_no_start() {
    let world = World::new().await;
    let made = world.create("one").await;
    let stopped = Target { desired: Desired::Stopped, generation: 9 };
    assert!(
        world.fleet.settle_operations(made.id, stopped, &Outcome::Succeeded, at(8)).await.unwrap().is_empty()
    );
    assert_eq!(world.fleet.open_operations(made.id).await.unwrap().len(), 1);
}

#[tokio::test]
async fn one_backup_of_a_box_is_waited_for_whatever_becomes_of_the_box_until_it_is_deleted() {
    let world = World::new().await;
    let made = world.create("home").await;
    let ask = async || {
        let asked = (operation(OperationKind::Backup), event("backup.requested"));
        world.org.begin_backup(made.id, asked, at(2)).await.unwrap()
    };
    let (begun, joined) = (ask().await, ask().await);
    assert_eq!(begun, joined, "both wait for the same");
    assert_eq!(
        world.fleet.boxes_with_open_backups().await.unwrap().into_iter().collect::<Vec<_>>(),
        [made.id]
    );
    let target = Target { desired: Desired::Running, generation: 9 };
    world.fleet.settle_operations(made.id, target, &Outcome::Succeeded, at(3)).await.unwrap();
    world.org.change_intent(made.id, intent(Desired::Stopped), None, None, event("x"), at(4)).await.unwrap();
    assert!(world.fleet.has_open_backup(made.id).await.unwrap(), "it runs, or is stopped: that is no backup");
    world.fleet.settle_backups(made.id, &Outcome::Succeeded, at(5)).await.unwrap();
    let ended = world.org.find_operation(begun.id).await.unwrap().unwrap();
    assert_eq!((ended.outcome, ended.finished_at), (Some(Outcome::Succeeded), Some(at(5))));
    let next = ask().await;
    world.org.change_intent(made.id, intent(Desired::Deleted), None, None, event("x"), at(6)).await.unwrap();
    let ended = world.org.find_operation(next.id).await.unwrap().unwrap();
    assert_eq!(ended.outcome, Some(Outcome::Superseded));
}
