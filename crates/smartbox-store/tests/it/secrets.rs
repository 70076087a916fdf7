//! Sealed secrets in the file.

use secrecy::ExposeSecret;
use smartbox_store::{Error, Store};

use crate::support::{World, create, fleet_of, new_box, open};

async fn read(store: &Store, id: smartbox_core::BoxId) -> Result<Option<String>, Error> {
    let secret = fleet_of(store).secret(id, "gateway-token").await?;
    Ok(secret.map(|secret| secret.expose_secret().to_owned()))
}

#[tokio::test]
async fn a_secret_is_opened_again_after_a_restart() {
    let world = World::new().await;
    let made = world.create("one").await;
    assert_eq!(
        world.org.secret(made.id, "gateway-token").await.unwrap().unwrap().expose_secret(),
        "gateway-token-value"
    );
    assert!(world.org.secret(made.id, "other").await.unwrap().is_none());
    let (_directory, store) = world.reopen().await;
    assert_eq!(read(&store, made.id).await.unwrap().as_deref(), Some("gateway-token-value"));
}

#[tokio::test]
async fn a_secret_is_nowhere_in_the_files() {
    let world = World::new().await;
    world.create("one").await;
    let (directory, store) = world.reopen().await;
    for entry in std::fs::read_dir(directory.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(19).any(|window| window == b"gateway-token-value"), "{}", path.display());
    }
    drop(store);
}

#[tokio::test]
async fn a_secret_moved_to_another_box_or_altered_cannot_be_opened() {
    let world = World::new().await;
    let one = world.create("one").await;
    let (two, _) = create(&world.other, new_box("two")).await.unwrap();
    world
        .tamper(
            "update secrets set nonce = (select nonce from secrets order by box_id limit 1),
                    ciphertext = (select ciphertext from secrets order by box_id limit 1)",
        )
        .await;
    let store = open(world.directory.path()).await;
    assert!(read(&store, one.id).await.unwrap().is_some());
    let refused = read(&store, two.id).await.unwrap_err();
    assert!(matches!(refused, Error::Unsealable));
    assert_eq!(refused.to_string(), "the secret cannot be opened");

    world.tamper("update secrets set ciphertext = 'AAAA'").await;
    assert!(matches!(read(&store, one.id).await, Err(Error::Unsealable)));
}
