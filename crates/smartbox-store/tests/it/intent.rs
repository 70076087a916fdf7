//! Changing what the owner wants.

use smartbox_core::{Desired, Observed};
use smartbox_store::{BoxError, Error, IntentChange, NewFailure, NewSmartbox, OperationKind, Outcome};

use crate::support::{World, at, box_id, create, event, intent, new_box, operation, seen};

#[tokio::test]
async fn intent_operation_and_event_are_written_together() {
    let world = World::new().await;
    let made = world.create("one").await;
    let restart = IntentChange { bump_generation: true, ..intent(Desired::Running) };
    let (changed, begun) = world
        .org
        .change_intent(
            made.id,
            restart,
            Some(made.version),
            Some(operation(OperationKind::Restart)),
            event("box.restarted"),
            at(7),
        )
        .await
        .unwrap();

    assert_eq!((changed.version, changed.generation), (made.version + 1, made.generation + 1));
    let begun = begun.unwrap();
    assert_eq!((begun.kind, begun.target.generation, begun.created_at), (OperationKind::Restart, 2, at(7)));
    let told = &world.org.timeline(made.id, None, 1).await.unwrap().items[0];
    assert_eq!((told.action.as_str(), told.actor.as_str(), told.at), ("box.restarted", "test", at(7)));
    assert_eq!((told.org, told.box_id), (Some(world.org.id()), Some(made.id)));
    assert_eq!(told.detail, serde_json::json!({ "n": 1 }));
}

#[tokio::test]
async fn a_change_based_on_an_older_version_changes_nothing() {
    let world = World::new().await;
    let made = world.create("one").await;
    world.want(made.id, Desired::Stopped).await;

    let refused = world
        .org
        .change_intent(
            made.id,
            intent(Desired::Deleted),
            Some(made.version),
            Some(operation(OperationKind::Delete)),
            event("box.deleted"),
            at(8),
        )
        .await
        .unwrap_err();

    assert!(matches!(refused, Error::VersionMismatch { current: 2 }));
    assert_eq!(world.reload(made.id).await.desired, Desired::Stopped);
    let timeline = world.org.timeline(made.id, None, 10).await.unwrap();
    assert!(timeline.items.iter().all(|event| event.action != "box.deleted"));
}

#[tokio::test]
async fn an_event_that_cannot_be_written_takes_the_intent_with_it() {
    let world = World::new().await;
    let made = world.create("one").await;
    let told = event("box.stopped");
    world.fleet.append_event(None, None, told.clone(), at(2)).await.unwrap();

    let refused = world
        .org
        .change_intent(made.id, intent(Desired::Stopped), None, None, told, at(3))
        .await
        .unwrap_err();

    assert!(matches!(refused, Error::Conflict(_)));
    assert_eq!(world.reload(made.id).await, made);
}

#[tokio::test]
async fn a_box_that_is_not_there_cannot_be_changed() {
    let world = World::new().await;
    let refused = world
        .org
        .change_intent(box_id(), intent(Desired::Stopped), None, None, event("box.stopped"), at(2))
        .await;
    assert!(matches!(refused, Err(Error::NotFound("box"))));
}

#[tokio::test]
async fn a_person_who_acts_clears_the_failures_of_the_past() {
    let world = World::new().await;
    let made = world.create("one").await;
    let error = BoxError { code: "boot-failed".into(), what: "It did not boot.".into(), remedy: None };
    let failure = NewFailure { version: made.version, error, retry_at: at(60) };
    world.fleet.record_failure(made.id, &failure, None, at(3)).await.unwrap();
    assert_eq!(world.reload(made.id).await.failures, 1);

    let changed = world.want(made.id, Desired::Running).await;
    assert_eq!((changed.failures, changed.retry_at, changed.last_error), (0, None, None));
}

#[tokio::test]
async fn a_deletion_remembers_what_undoing_it_brings_back() {
    let world = World::new().await;
    let made = world.create("one").await;
    world.want(made.id, Desired::Stopped).await;

    let deleted = world.want(made.id, Desired::Deleted).await;
    assert_eq!((deleted.desired_before_delete, deleted.purge_at), (Some(Desired::Stopped), Some(at(86_400))));
    let again = world.want(made.id, Desired::Deleted).await;
    assert_eq!(again.desired_before_delete, Some(Desired::Stopped), "a second deletion forgets nothing");

    let back = world.want(made.id, again.desired_before_delete.unwrap()).await;
    assert_eq!((back.desired, back.desired_before_delete, back.purge_at), (Desired::Stopped, None, None));
}

#[tokio::test]
async fn a_deletion_cannot_be_undone_when_the_place_was_given_away() {
    let world = World::new().await;
    let large = |name: &str| NewSmartbox { tier: "standard-3".into(), ..new_box(name) };
    let (first, _) = create(&world.org, large("first")).await.unwrap();
    world.want(first.id, Desired::Deleted).await;
    for n in 0..5 {
        create(&world.other, large(&format!("box-{n}"))).await.unwrap();
    }

    let undo =
        world.org.change_intent(first.id, intent(Desired::Running), None, None, event("box.restored"), at(6));
    assert!(matches!(undo.await, Err(Error::TierFull { max: 5 })));
    assert_eq!(world.reload(first.id).await.desired, Desired::Deleted);
}

#[tokio::test]
async fn a_newer_intent_ends_the_operations_it_overtakes() {
    let world = World::new().await;
    let (made, create_operation) = create(&world.org, new_box("one")).await.unwrap();
    let restart = IntentChange { bump_generation: true, ..intent(Desired::Running) };
    let (_, restart_operation) = world
        .org
        .change_intent(
            made.id,
            restart,
            None,
            Some(operation(OperationKind::Restart)),
            event("box.restarted"),
            at(4),
        )
        .await
        .unwrap();
    assert_eq!(world.fleet.open_operations(made.id).await.unwrap().len(), 2, "both still want it to run");

    world.want(made.id, Desired::Stopped).await;

    for id in [create_operation.id, restart_operation.unwrap().id] {
        let ended = world.org.find_operation(id).await.unwrap().unwrap();
        assert_eq!((ended.outcome, ended.finished_at), (Some(Outcome::Superseded), Some(at(5))));
    }
    assert!(world.fleet.open_operations(made.id).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_was_seen_is_untouched_by_what_is_wanted() {
    let world = World::new().await;
    let made = world.create("one").await;
    world.fleet.record_observation(made.id, &seen(Observed::Ready), None, at(3)).await.unwrap();
    let changed = world.want(made.id, Desired::Stopped).await;
    assert_eq!((changed.observed, changed.observed_generation), (Observed::Ready, Some(1)));
}
