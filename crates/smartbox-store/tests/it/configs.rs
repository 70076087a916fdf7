//! Versions of configurations, and how far each has come.

use secrecy::{ExposeSecret as _, SecretString};
use smartbox_core::config_change::{ConfigStage, ConfigStanding};
use smartbox_core::{BoxId, Desired};
use smartbox_store::{CONFIG_VERSIONS_MAX, ConfigState, Error, NewConfig, OperationKind, Outcome, Target};

use crate::support::{World, at, create, event, new_box, operation};

async fn put(world: &World, id: BoxId, text: &str, if_version: i64) -> Result<ConfigState, Error> {
    let text = SecretString::from(text);
    let new = Some(NewConfig { text: &text, origin: "set" });
    let asked = (Some(operation(OperationKind::Configure)), event("box.config-set"));
    world.org.change_config(id, new, if_version, asked, at(2)).await.map(|(_box, state, _operation)| state)
}

async fn made(world: &World) -> BoxId {
    create(&world.org, new_box("mine")).await.unwrap().0.id
}

async fn good(world: &World, seen: &ConfigState) -> bool {
    let outcome = (&Outcome::Succeeded, Some(ConfigStanding::Good));
    world.fleet.finish_config_change(seen, outcome, event("x"), at(3)).await.unwrap()
}

#[tokio::test]
async fn a_version_is_bound_to_the_one_before_and_its_operation_waits_for_its_end() {
    let world = World::new().await;
    let id = made(&world).await;
    let state = put(&world, id, r#"{"a":1}"#, 0).await.unwrap();
    assert_eq!((state.version, state.stage), (1, Some(ConfigStage::Applying)));
    let stale = put(&world, id, "{}", 0).await;
    assert!(matches!(stale, Err(Error::VersionMismatch { current: 1 })), "{stale:?}");
    let (version, text) = world.fleet.config_of(id).await.unwrap().unwrap();
    assert_eq!((version, text.expose_secret()), (1, r#"{"a":1}"#));

    let target = Target { desired: Desired::Running, generation: 9 };
    world.fleet.settle_operations(id, target, &Outcome::Succeeded, at(3)).await.unwrap();
    let open = world.fleet.find_operation(state.operation.unwrap()).await.unwrap().unwrap();
    assert_eq!(open.outcome, None, "a box that runs is not the end of it");
    assert!(good(&world, &state).await);
    assert!(!good(&world, &state).await, "what is over is not ended again");
    let ended = world.fleet.find_operation(state.operation.unwrap()).await.unwrap().unwrap();
    assert_eq!(ended.outcome, Some(Outcome::Succeeded));
    assert!(world.fleet.open_config_changes().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_way_back_is_a_version_that_says_what_the_last_good_one_said() {
    let world = World::new().await;
    let id = made(&world).await;
    let first = put(&world, id, r#"{"a":1}"#, 0).await.unwrap();
    good(&world, &first).await;
    let second = put(&world, id, r#"{"a":2}"#, 1).await.unwrap();
    let generation = world.reload(id).await.generation;
    let back =
        world.fleet.begin_config_way_back(&second, ("it was bad", true), event("x"), at(4)).await.unwrap();
    assert!(back);
    let again =
        world.fleet.begin_config_way_back(&second, ("it was bad", true), event("x"), at(4)).await.unwrap();
    assert!(!again, "a step that was taken is not taken again");
    assert_eq!(world.reload(id).await.generation, generation + 1);
    let (version, text) = world.fleet.config_of(id).await.unwrap().unwrap();
    assert_eq!((version, text.expose_secret()), (3, r#"{"a":1}"#));
    let state = world.org.config_state(id).await.unwrap().unwrap();
    assert_eq!((state.stage, state.failed_version), (Some(ConfigStage::GoingBack), Some(2)));
    assert_eq!(state.operation, second.operation, "who waits is told when it is back");
    let bad = &world.org.config_versions(id).await.unwrap()[1];
    assert_eq!((bad.standing, bad.why.as_deref()), (ConfigStanding::Bad, Some("it was bad")));
}

#[tokio::test]
async fn the_oldest_versions_go_and_the_last_good_one_stays() {
    let world = World::new().await;
    let id = made(&world).await;
    let first = put(&world, id, "{}", 0).await.unwrap();
    good(&world, &first).await;
    for version in 1..CONFIG_VERSIONS_MAX + 10 {
        put(&world, id, "{}", version).await.unwrap();
    }
    let kept = world.org.config_versions(id).await.unwrap();
    assert_eq!(kept.len(), usize::try_from(CONFIG_VERSIONS_MAX).unwrap() + 1);
    assert_eq!(kept.last().unwrap().version, 1, "what is gone back to");
}

#[tokio::test]
async fn versions_are_sealed_and_follow_a_new_key() {
    let world = World::new().await;
    let id = made(&world).await;
    put(&world, id, r#"{"token":"s3cr3t"}"#, 0).await.unwrap();
    world.fleet.add_sealing_key().await.unwrap();
    let rotation = world.fleet.finish_key_rotation().await.unwrap();
    assert!(rotation.resealed > 0 && rotation.is_retired);
    let text = world.org.config_text(id, 1).await.unwrap().unwrap();
    assert_eq!(text.expose_secret(), r#"{"token":"s3cr3t"}"#);
}
