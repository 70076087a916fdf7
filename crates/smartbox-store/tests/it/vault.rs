//! Secrets that people gave: kept, found by whoever may have them, in the file for nobody to read.

use secrecy::{ExposeSecret as _, SecretString};
use smartbox_core::{BoxId, Delivery, SecretName};
use smartbox_store::{Authority, Error, KeptSecret, NewSecret, SECRETS_MAX};

use crate::support::{World, at, create, event, fleet_of, new_box, open};

pub(crate) fn name(text: &str) -> SecretName {
    text.parse().unwrap()
}

pub(crate) async fn keep(
    world: &World,
    box_id: Option<BoxId>,
    secret: &str,
    value: &str,
    delivery: Delivery,
) -> Result<KeptSecret, Error> {
    let (name, value) = (name(secret), SecretString::from(value));
    let new = NewSecret { name: &name, value: &value, delivery };
    world.org.keep_secret(box_id, new, None, event("secret.set"), at(5)).await
}

async fn revealed(world: &World, id: BoxId, secret: &str) -> Option<String> {
    let found = world.fleet.reveal_secret(id, &name(secret)).await.unwrap();
    found.map(|value| value.expose_secret().to_owned())
}

#[tokio::test]
async fn a_box_has_its_own_secret_before_its_orgs_and_none_of_anybody_else() {
    let world = World::new().await;
    let (one, two) = (world.create("one").await.id, world.create("two").await.id);
    let (theirs, _) = create(&world.other, new_box("theirs")).await.unwrap();
    keep(&world, None, "TOKEN", "of the org", Delivery::Injection).await.unwrap();
    keep(&world, Some(one), "TOKEN", "of box one", Delivery::Injection).await.unwrap();
    keep(&world, Some(two), "OTHER", "of box two", Delivery::Injection).await.unwrap();
    assert_eq!(revealed(&world, one, "TOKEN").await.as_deref(), Some("of box one"));
    assert_eq!(revealed(&world, two, "TOKEN").await.as_deref(), Some("of the org"));
    assert_eq!(revealed(&world, one, "OTHER").await, None);
    assert_eq!(revealed(&world, theirs.id, "TOKEN").await, None);
    world.org.forget_secret(Some(one), &name("TOKEN"), event("secret.removed"), at(6)).await.unwrap();
    assert_eq!(revealed(&world, one, "TOKEN").await.as_deref(), Some("of the org"));
    let again = world.org.forget_secret(Some(one), &name("TOKEN"), event("secret.removed"), at(6)).await;
    assert!(matches!(again, Err(Error::NotFound("secret"))));
}

#[tokio::test]
async fn an_environment_holds_values_of_those_alone_that_are_delivered_so() {
    let world = World::new().await;
    let id = world.create("one").await.id;
    keep(&world, None, "A", "org a", Delivery::Environment).await.unwrap();
    keep(&world, None, "B", "org b", Delivery::Environment).await.unwrap();
    keep(&world, Some(id), "B", "box b", Delivery::Injection).await.unwrap();
    let made = world.fleet.secrets_of_box(world.org.id(), id).await.unwrap();
    let made: Vec<_> = made
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_ref().map(|value| value.expose_secret())))
        .collect();
    assert_eq!(made, [("A", Some("org a")), ("B", None)], "the nearest one says how");
}

#[tokio::test]
async fn what_is_known_of_a_secret_is_its_end_its_version_and_who_gave_it() {
    let world = World::new().await;
    let id = world.create("one").await.id;
    let first = keep(&world, Some(id), "TOKEN", "a-long-value-1234", Delivery::Injection).await.unwrap();
    assert_eq!(
        (first.version, first.last_four.as_deref(), first.changed_by.as_str()),
        (1, Some("1234"), "test")
    );
    let second = keep(&world, Some(id), "TOKEN", "short", Delivery::Environment).await.unwrap();
    assert_eq!((second.version, second.last_four, second.delivery), (2, None, Delivery::Environment));
    let (value, token) = (SecretString::from("x"), name("TOKEN"));
    let new = NewSecret { name: &token, value: &value, delivery: Delivery::Injection };
    let stale = world.org.keep_secret(Some(id), new, Some(1), event("secret.set"), at(5)).await;
    assert!(matches!(stale, Err(Error::VersionMismatch { current: 2 })));
    let told = world.org.timeline(id, None, 10).await.unwrap().items;
    assert_eq!(told.iter().filter(|line| line.action == "secret.set").count(), 2);
}

#[tokio::test]
async fn there_are_only_so_many() {
    let world = World::new().await;
    for number in 0..SECRETS_MAX {
        keep(&world, None, &format!("S{number}"), "x", Delivery::Injection).await.unwrap();
    }
    let more = keep(&world, None, "ONE_MORE", "x", Delivery::Injection).await;
    assert!(matches!(more, Err(Error::TooMany { what: "secrets", .. })));
    keep(&world, None, "S0", "another value", Delivery::Injection).await.unwrap();
}

#[tokio::test]
async fn values_are_in_no_file_and_open_in_their_row_alone() {
    let world = World::new().await;
    let id = world.create("one").await.id;
    let value = "the-very-secret-value";
    keep(&world, Some(id), "ONE", value, Delivery::Injection).await.unwrap();
    keep(&world, Some(id), "TWO", "x", Delivery::Injection).await.unwrap();
    let key = "-----BEGIN PRIVATE KEY-----the-key-of-the-authority";
    let authority = Authority { certificate: "a certificate".to_owned(), key: key.into(), trusted_from: 3 };
    world.fleet.put_box_authority(id, &authority).await.unwrap();
    world.fleet.put_box_authority(id, &Authority { trusted_from: 9, ..authority }).await.unwrap();
    assert_eq!(world.fleet.box_authorities().await.unwrap(), [(id, 3)], "the first one stays");
    let (directory, store) = world.reopen().await;
    for entry in std::fs::read_dir(directory.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        for text in [value, key] {
            assert!(!bytes.windows(text.len()).any(|window| window == text.as_bytes()));
        }
    }
    assert_eq!(fleet_of(&store).box_authority(id).await.unwrap().unwrap().key.expose_secret(), key);
}

#[tokio::test]
async fn a_value_moved_to_another_name_cannot_be_opened() {
    let world = World::new().await;
    let id = world.create("one").await.id;
    keep(&world, Some(id), "ONE", "the first", Delivery::Injection).await.unwrap();
    keep(&world, Some(id), "TWO", "the second", Delivery::Injection).await.unwrap();
    world
        .tamper(
            "update kept_secrets set nonce = (select nonce from kept_secrets where name = 'ONE'),
                    ciphertext = (select ciphertext from kept_secrets where name = 'ONE')",
        )
        .await;
    let fleet = fleet_of(&open(world.directory.path()).await);
    assert!(fleet.reveal_secret(id, &name("ONE")).await.unwrap().is_some());
    assert!(matches!(fleet.reveal_secret(id, &name("TWO")).await, Err(Error::Unsealable)));
}
