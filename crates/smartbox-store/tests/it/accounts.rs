//! Orgs, users, sign-in codes, sessions and the platform's facts.

use smartbox_store::Error;

use crate::support::{World, at, org_id, user_id};

const HASH: [u8; 32] = [7; 32];

#[tokio::test]
async fn orgs_are_found_oldest_first() {
    let world = World::new().await;
    let orgs = world.fleet.orgs().await.unwrap();
    assert_eq!(orgs.iter().map(|org| org.name.as_str()).collect::<Vec<_>>(), ["home", "other"]);
    assert_eq!(world.fleet.first_org().await.unwrap().as_ref(), Some(&orgs[0]));
    assert_eq!(world.fleet.find_org(orgs[1].id).await.unwrap().as_ref(), Some(&orgs[1]));
    assert_eq!(world.fleet.find_org(org_id()).await.unwrap(), None);
    assert!(matches!(world.fleet.create_org(org_id(), "home", at(1)).await, Err(Error::NameTaken)));
}

#[tokio::test]
async fn an_org_and_its_owner_are_made_together_or_not_at_all() {
    let world = World::new().await;
    let made = world.fleet.create_org_with_owner((org_id(), "acme"), (user_id(), "ada"), at(1)).await;
    let (acme, ada) = made.unwrap();
    assert_eq!(world.fleet.first_user(acme.id).await.unwrap(), Some(ada.clone()));

    // The user's id is taken, so the org must not be there either.
    let half = world.fleet.create_org_with_owner((org_id(), "half"), (ada.id, "ada"), at(2)).await;
    assert!(half.is_err());
    assert!(world.fleet.orgs().await.unwrap().iter().all(|org| org.name != "half"));
}

#[tokio::test]
async fn a_user_belongs_to_one_org() {
    let world = World::new().await;
    let (home, other) = (world.org.id(), world.other.id());
    let ada = world.fleet.create_user(user_id(), home, "ada", at(1)).await.unwrap();
    world.fleet.create_user(user_id(), home, "bob", at(2)).await.unwrap();

    assert_eq!((ada.org, ada.created_at), (home, at(1)));
    assert_eq!(world.fleet.find_user(ada.id).await.unwrap().as_ref(), Some(&ada));
    assert_eq!(world.fleet.first_user(home).await.unwrap(), Some(ada));
    assert_eq!(world.fleet.first_user(other).await.unwrap(), None);
    assert!(matches!(world.fleet.create_user(user_id(), home, "ada", at(3)).await, Err(Error::NameTaken)));
    world.fleet.create_user(user_id(), other, "ada", at(3)).await.unwrap();
    let nowhere = world.fleet.create_user(user_id(), org_id(), "eve", at(3)).await;
    assert!(matches!(nowhere, Err(Error::NotFound("org"))));
}

#[tokio::test]
async fn a_sign_in_code_works_once_and_in_time() {
    let world = World::new().await;
    let user = world.fleet.create_user(user_id(), world.org.id(), "ada", at(0)).await.unwrap().id;
    world.fleet.insert_sign_in_code(&HASH, user, at(60)).await.unwrap();
    world.fleet.insert_sign_in_code(&[8; 32], user, at(60)).await.unwrap();

    assert_eq!(world.fleet.redeem_sign_in_code(&[9; 32], at(1)).await.unwrap(), None);
    assert_eq!(world.fleet.redeem_sign_in_code(&HASH, at(59)).await.unwrap(), Some(user));
    assert_eq!(world.fleet.redeem_sign_in_code(&HASH, at(59)).await.unwrap(), None);
    assert_eq!(world.fleet.redeem_sign_in_code(&[8; 32], at(60)).await.unwrap(), None);
}

#[tokio::test]
async fn a_session_is_found_until_it_ends() {
    let world = World::new().await;
    let user = world.fleet.create_user(user_id(), world.org.id(), "ada", at(0)).await.unwrap().id;
    world.fleet.insert_session(&HASH, user, at(60), at(1)).await.unwrap();

    let session = world.fleet.find_session(&HASH, at(59)).await.unwrap().unwrap();
    assert_eq!((session.user, session.org), (user, world.org.id()));
    assert_eq!((session.created_at, session.expires_at), (at(1), at(60)));
    assert_eq!(world.fleet.find_session(&HASH, at(60)).await.unwrap(), None);
    assert_eq!(world.fleet.find_session(&[8; 32], at(1)).await.unwrap(), None);

    assert!(world.fleet.delete_session(&HASH).await.unwrap());
    assert!(!world.fleet.delete_session(&HASH).await.unwrap());
    assert_eq!(world.fleet.find_session(&HASH, at(2)).await.unwrap(), None);
}

#[tokio::test]
async fn two_sessions_never_share_a_token() {
    let world = World::new().await;
    let user = world.fleet.create_user(user_id(), world.org.id(), "ada", at(0)).await.unwrap().id;
    world.fleet.insert_session(&HASH, user, at(60), at(1)).await.unwrap();
    let twice = world.fleet.insert_session(&HASH, user, at(90), at(1)).await;
    assert!(matches!(twice, Err(Error::Conflict(_))));
}

#[tokio::test]
async fn facts_about_the_platform_are_kept() {
    let world = World::new().await;
    assert_eq!(world.fleet.meta_get("colour").await.unwrap(), None);
    world.fleet.meta_set("colour", "red").await.unwrap();
    world.fleet.meta_set("colour", "blue").await.unwrap();
    let (_directory, store) = world.reopen().await;
    assert_eq!(crate::support::fleet_of(&store).meta_get("colour").await.unwrap().as_deref(), Some("blue"));
}
