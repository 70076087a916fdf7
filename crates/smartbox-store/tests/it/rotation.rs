//! Another sealing key: for every row, whatever breaks off in between.

use std::fs;
use std::time::Duration;

use secrecy::ExposeSecret as _;
use smartbox_core::{BoxId, Delivery};
use smartbox_store::{Authority, Error, FleetStore, KeyChange, Store, testing};

use crate::support::{World, at, event, fleet_of, new_provider, open};
use crate::vault::{keep, name};
use crate::webhooks::{new_webhook, webhook_id};

/// Boxes, and further secrets of each: more than one batch.
const BOXES: u32 = 4;
/// See the one before.
const EACH: u32 = 31;
/// All sealed rows: credentials of boxes, secrets that were given, an authority, keys of providers, address and key of a webhook.
const ROWS: u64 = (BOXES + BOXES * EACH + 2 + 1 + 2 + 2) as u64;

fn keys(world: &World) -> Vec<String> {
    let text = fs::read_to_string(world.directory.path().join("keys")).unwrap();
    text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

/// A store with sealed rows of every kind.
async fn filled() -> (World, BoxId) {
    let world = World::new().await;
    let first = world.create("box-0").await.id;
    for number in 0..BOXES {
        let id = if number == 0 { first } else { world.create(&format!("box-{number}")).await.id };
        for secret in 0..EACH {
            keep(&world, Some(id), &format!("S{secret}"), "some value", Delivery::Injection).await.unwrap();
        }
    }
    keep(&world, Some(first), "TOKEN", "of the box", Delivery::Injection).await.unwrap();
    keep(&world, None, "TOKEN", "of the org", Delivery::Injection).await.unwrap();
    let authority = Authority { certificate: String::new(), key: "the key".into(), trusted_from: 1 };
    world.fleet.put_box_authority(first, &authority).await.unwrap();
    let (provider, changed) = (new_provider("p"), || event("model.provider-set"));
    let key = KeyChange::Set("the provider's".into());
    world.fleet.put_platform_model_provider((&provider, &key), None, changed(), at(1)).await.unwrap();
    world.org.put_model_provider(Some(first), (&provider, &key), None, changed(), at(1)).await.unwrap();
    let without = (&new_provider("without"), &KeyChange::Keep);
    world.org.put_model_provider(None, without, None, changed(), at(1)).await.unwrap();
    new_webhook(&world, &world.org, 1).await.unwrap();
    (world, first)
}

async fn all_open(store: &Store, first: BoxId) {
    let fleet = fleet_of(store);
    for smartbox in fleet.all_boxes().await.unwrap().iter() {
        assert!(fleet.secret(smartbox.id, "gateway-token").await.unwrap().is_some());
    }
    let value = fleet.reveal_secret(first, &name("TOKEN")).await.unwrap().unwrap();
    assert_eq!(value.expose_secret(), "of the box");
    assert_eq!(fleet.box_authority(first).await.unwrap().unwrap().key.expose_secret(), "the key");
    let providers = fleet.model_providers_of_all().await.unwrap();
    let keys: Vec<_> = providers.iter().filter_map(|(_, key)| Some(key.as_ref()?.expose_secret())).collect();
    assert_eq!(keys, ["the provider's"; 2]);
    let turn = fleet.take_webhook_turn(webhook_id(1), (Duration::ZERO, 1), at(1)).await.unwrap().unwrap();
    assert_eq!(turn.webhook.url.expose_secret(), "https://hooks.example/1");
    assert_eq!(turn.secrets[0].expose_secret(), "whsec_1");
}

async fn rotate(fleet: &FleetStore) -> u64 {
    fleet.add_sealing_key().await.unwrap();
    let done = fleet.finish_key_rotation().await.unwrap();
    assert!(done.is_retired);
    done.resealed
}

#[tokio::test]
async fn everything_is_sealed_anew_and_the_old_key_is_gone() {
    let (world, first) = filled().await;
    let old = keys(&world);
    assert_eq!(rotate(&world.fleet).await, ROWS);
    all_open(&world.store, first).await;
    let new = keys(&world);
    assert_eq!((old.len(), new.len()), (1, 1));
    assert_ne!(old, new);
    let (directory, store) = world.reopen().await;
    all_open(&store, first).await;
    store.close().await;
    fs::write(directory.path().join("keys"), old.join("\n")).unwrap();
    let refused = testing::open_in(directory.path(), crate::support::sealer(directory.path())).await;
    assert!(refused.is_err(), "the old key opens nothing any more");
}

#[tokio::test]
async fn a_rotation_that_broke_off_goes_on_after_a_restart() {
    let (world, first) = filled().await;
    world.fleet.add_sealing_key().await.unwrap();
    // The process ends here: two keys in the file, everything under the old one. New rows have the new one.
    keep(&world, None, "NEW", "with the new key", Delivery::Injection).await.unwrap();
    assert_eq!(keys(&world).len(), 2);
    let store = open(world.directory.path()).await;
    all_open(&store, first).await;
    let done = fleet_of(&store).finish_key_rotation().await.unwrap();
    assert_eq!(done.resealed, ROWS);
    assert_eq!(keys(&world).len(), 1);
    let again = fleet_of(&store).finish_key_rotation().await.unwrap();
    assert_eq!(again.resealed, 0, "there is nothing left to do");
    all_open(&store, first).await;
}

#[tokio::test]
async fn a_row_that_was_altered_keeps_the_old_key_in_place() {
    let (world, _) = filled().await;
    world.tamper("update kept_secrets set ciphertext = 'AAAA' where box_id is null").await;
    world.fleet.add_sealing_key().await.unwrap();
    let refused = world.fleet.finish_key_rotation().await;
    assert!(matches!(refused, Err(Error::Unsealable)), "{refused:?}");
    assert_eq!(keys(&world).len(), 2);
}

#[tokio::test]
async fn what_is_written_meanwhile_is_not_lost() {
    let (world, first) = filled().await;
    let (rotated, written) = tokio::join!(rotate(&world.fleet), async {
        for number in 0..20 {
            keep(&world, Some(first), &format!("S{number}"), "meanwhile", Delivery::Injection).await.unwrap();
        }
    });
    let ((), resealed) = (written, rotated);
    assert!(resealed >= ROWS - 20, "{resealed}");
    assert_eq!(keys(&world).len(), 1);
    for number in 0..20 {
        let value = world.fleet.reveal_secret(first, &name(&format!("S{number}"))).await.unwrap().unwrap();
        assert_eq!(value.expose_secret(), "meanwhile");
    }
}
