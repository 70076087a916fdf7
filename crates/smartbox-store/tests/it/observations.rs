//! What loops write: observations and failures.

use smartbox_core::{DeathReason, Desired, Observed, Phase, Stage};
use smartbox_store::{BoxError, Error, NewFailure, ObservationUpdate};

use crate::support::{World, at, box_id, event, seen};

fn failure(version: i64) -> NewFailure {
    let error = BoxError {
        code: "image-missing".into(),
        what: "The image is missing.".into(),
        remedy: Some("Run `make run` again.".into()),
    };
    NewFailure { version, error, retry_at: at(60) }
}

#[tokio::test]
async fn only_a_change_is_written() {
    let world = World::new().await;
    let id = world.create("one").await.id;
    let record = async |update: &ObservationUpdate, secs: i64| {
        world.fleet.record_observation(id, update, Some(event("box.seen")), at(secs)).await.unwrap()
    };

    assert!(record(&seen(Observed::Ready), 2).await);
    assert!(!record(&seen(Observed::Ready), 3).await);
    let known = world.reload(id).await;
    assert_eq!((known.observed, known.observed_at, known.was_seen), (Observed::Ready, Some(at(2)), true));
    assert_eq!((known.observed_generation, known.pid), (Some(1), Some(4711)));
    let told = world.org.timeline(id, None, 10).await.unwrap().items;
    assert_eq!(told.iter().filter(|event| event.action == "box.seen").count(), 1);

    assert!(record(&ObservationUpdate { restarts: 2, oom_kills: 1, ..seen(Observed::Ready) }, 4).await);
    let known = world.reload(id).await;
    assert_eq!((known.restarts, known.oom_kills), (2, 1));
    assert_eq!(known.observed_at, Some(at(2)), "it is ready since then, whatever was counted later");
}

#[tokio::test]
async fn every_observation_is_read_back_as_it_was_written() {
    let world = World::new().await;
    let id = world.create("one").await.id;
    let mut all = vec![Observed::Stopped, Observed::Ready, Observed::Unready, Observed::Stopping];
    all.extend(Stage::ALL.map(|stage| Observed::Starting { stage }));
    all.extend([
        Observed::Dead(DeathReason::Config),
        Observed::Dead(DeathReason::OutOfMemory),
        Observed::Dead(DeathReason::Silent),
        Observed::Dead(DeathReason::Vanished),
        Observed::Dead(DeathReason::Crashed { code: 137 }),
        Observed::Absent,
    ]);
    for observed in all {
        assert!(world.fleet.record_observation(id, &seen(observed.clone()), None, at(2)).await.unwrap());
        assert_eq!(world.reload(id).await.observed, observed);
    }
    assert_eq!(world.reload(id).await.phase(), Phase::Provisioning, "it was seen before");
}

#[tokio::test]
async fn a_first_look_that_finds_nothing_is_still_a_look() {
    let world = World::new().await;
    let id = world.create("one").await.id;
    let nothing = ObservationUpdate {
        observed: Observed::Absent,
        observed_generation: None,
        restarts: 0,
        oom_kills: 0,
        pid: None,
    };
    assert!(world.fleet.record_observation(id, &nothing, None, at(2)).await.unwrap());
    assert!(!world.fleet.record_observation(id, &nothing, None, at(3)).await.unwrap());
    assert!(!world.reload(id).await.was_seen);
}

#[tokio::test]
async fn a_box_that_is_gone_is_not_found() {
    let world = World::new().await;
    let gone = box_id();
    let observed = world.fleet.record_observation(gone, &seen(Observed::Ready), None, at(2)).await;
    assert!(matches!(observed, Err(Error::NotFound("box"))));
    let failed = world.fleet.record_failure(gone, &failure(1), None, at(2)).await;
    assert!(matches!(failed, Err(Error::NotFound("box"))));
    assert!(!world.fleet.clear_failure(gone).await.unwrap());
}

#[tokio::test]
async fn failures_are_counted_until_an_attempt_succeeds() {
    let world = World::new().await;
    let made = world.create("one").await;
    for n in 1..=3 {
        let event = Some(event("box.failed"));
        assert!(world.fleet.record_failure(made.id, &failure(made.version), event, at(n)).await.unwrap());
    }
    let known = world.reload(made.id).await;
    assert_eq!((known.failures, known.retry_at), (3, Some(at(60))));
    assert_eq!(known.last_error, Some(failure(1).error));
    assert_eq!(known.phase(), Phase::Failed);
    assert_eq!(known.version, made.version, "a failure is no change of intent");

    assert!(world.fleet.clear_failure(made.id).await.unwrap());
    assert!(!world.fleet.clear_failure(made.id).await.unwrap());
    assert_eq!(world.reload(made.id).await, made);
}

#[tokio::test]
async fn a_failure_to_bring_about_an_older_intent_is_ignored() {
    let world = World::new().await;
    let made = world.create("one").await;
    let newer = world.want(made.id, Desired::Stopped).await;

    let event = Some(event("box.failed"));
    assert!(!world.fleet.record_failure(made.id, &failure(made.version), event, at(6)).await.unwrap());

    assert_eq!(world.reload(made.id).await, newer);
    let told = world.org.timeline(made.id, None, 10).await.unwrap().items;
    assert!(told.iter().all(|event| event.action != "box.failed"));
}

#[tokio::test]
async fn a_forgotten_box_leaves_its_timeline_and_frees_its_name() {
    let world = World::new().await;
    let made = world.create("one").await;
    let operation = world.fleet.open_operations(made.id).await.unwrap()[0].id;
    world.want(made.id, Desired::Deleted).await;

    let went = world.fleet.forget_box(made.id, |_| event("box.forgotten"), at(9)).await.unwrap().unwrap();
    let of = |table| went.iter().find(|(name, _)| *name == table).unwrap().1;
    assert!(of("operations") == 1 && of("secrets") > 0 && of("backups") == 0, "{went:?}");

    assert_eq!(world.fleet.find_box(made.id).await.unwrap(), None);
    assert_eq!(world.fleet.find_operation(operation).await.unwrap(), None);
    assert!(world.fleet.secret(made.id, "gateway-token").await.unwrap().is_none());
    let told = world.org.timeline(made.id, None, 10).await.unwrap().items;
    assert_eq!(
        told.iter().map(|event| event.action.as_str()).collect::<Vec<_>>(),
        ["box.forgotten", "box.changed", "box.created"]
    );
    assert!(world.create("one").await.is_default, "the next box is the default again");
    assert_eq!(world.fleet.forget_box(made.id, |_| event("box.forgotten"), at(10)).await.unwrap(), None);
}

#[tokio::test]
async fn a_box_its_owner_wants_back_is_not_forgotten() {
    let world = World::new().await;
    let made = world.create("one").await;
    world.want(made.id, Desired::Deleted).await;
    world.want(made.id, Desired::Running).await;
    assert_eq!(world.fleet.forget_box(made.id, |_| event("box.forgotten"), at(9)).await.unwrap(), None);
    assert_eq!(world.reload(made.id).await.desired, Desired::Running);
}

#[tokio::test]
async fn a_timeline_is_read_from_its_end_in_pages() {
    let world = World::new().await;
    let made = world.create("one").await;
    for n in 0..4 {
        // All in the same millisecond: the order is that of writing.
        let org = Some(world.org.id());
        world.fleet.append_event(org, Some(made.id), event(&format!("note.{n}")), at(2)).await.unwrap();
    }
    let first = world.org.timeline(made.id, None, 3).await.unwrap();
    let rest = world.org.timeline(made.id, first.next.as_ref(), 3).await.unwrap();
    let actions: Vec<_> = first.items.iter().chain(&rest.items).map(|event| event.action.as_str()).collect();
    assert_eq!(actions, ["note.3", "note.2", "note.1", "note.0", "box.created"]);
    assert_eq!(rest.next, None);
    assert!(first.items.windows(2).all(|pair| pair[0].seq > pair[1].seq));
}
