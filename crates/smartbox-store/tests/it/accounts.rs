//! Orgs, users, sign-in codes, sessions and the platform's facts.

use smartbox_core::Role;
use smartbox_store::{Error, NewUser, OrgStore};

use crate::support::{World, at, event, new_session, new_user, org_id};

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
    let made =
        world.fleet.create_org_with_owner((org_id(), "acme"), &new_user("ada", Role::Owner), at(1)).await;
    let (acme, ada) = made.unwrap();
    assert_eq!(world.fleet.first_user(acme.id).await.unwrap(), Some(ada.clone()));

    // The user's id is taken, so the org must not be there either.
    let half = world
        .fleet
        .create_org_with_owner(
            (org_id(), "half"),
            &NewUser { id: ada.id, ..new_user("ada", Role::Owner) },
            at(2),
        )
        .await;
    assert!(half.is_err());
    assert!(world.fleet.orgs().await.unwrap().iter().all(|org| org.name != "half"));
}

#[tokio::test]
async fn a_user_belongs_to_one_org() {
    let world = World::new().await;
    let (home, other) = (world.org.id(), world.other.id());
    let add = async |org: &OrgStore, name, now| {
        org.create_user(&new_user(name, Role::Viewer), event("user.added"), at(now)).await
    };
    let ada = add(&world.org, "ada", 1).await.unwrap();
    add(&world.org, "bob", 2).await.unwrap();

    assert_eq!((ada.org, ada.created_at, ada.role, ada.has_password), (home, at(1), Role::Viewer, false));
    assert_eq!(world.fleet.find_user(ada.id).await.unwrap().as_ref(), Some(&ada));
    assert_eq!(world.fleet.first_user(home).await.unwrap(), Some(ada));
    assert_eq!(world.fleet.first_user(other).await.unwrap(), None);
    assert!(matches!(add(&world.org, "ada", 3).await, Err(Error::NameTaken)));
    add(&world.other, "ada", 3).await.unwrap();
    let nowhere = world.store.org(org_id());
    assert!(matches!(add(&nowhere, "eve", 3).await, Err(Error::NotFound("org"))));
}

#[tokio::test]
async fn a_sign_in_code_works_once_and_in_time() {
    let world = World::new().await;
    let user = world.user("ada").await.id;
    world.fleet.insert_sign_in_code(&HASH, user, false, at(60)).await.unwrap();
    world.fleet.insert_sign_in_code(&[8; 32], user, true, at(60)).await.unwrap();

    assert_eq!(world.fleet.redeem_sign_in_code(&[9; 32], at(1)).await.unwrap(), None);
    assert_eq!(world.fleet.redeem_sign_in_code(&HASH, at(59)).await.unwrap(), Some((user, false)));
    assert_eq!(world.fleet.redeem_sign_in_code(&HASH, at(59)).await.unwrap(), None);
    assert_eq!(world.fleet.redeem_sign_in_code(&[8; 32], at(60)).await.unwrap(), None);
}

#[tokio::test]
async fn a_session_is_found_until_it_ends() {
    let world = World::new().await;
    let user = world.user("ada").await.id;
    world.fleet.insert_session(&new_session(7, user, 60), event("user.signed-in"), at(1)).await.unwrap();

    let session = world.fleet.find_session(&HASH, at(59)).await.unwrap().unwrap();
    assert_eq!((session.user.id, session.user.org), (user, world.org.id()));
    assert_eq!((session.method.as_str(), session.address.as_deref()), ("link", Some("192.0.2.7")));
    assert_eq!((session.created_at, session.expires_at), (at(1), at(60)));
    assert_eq!(world.fleet.find_session(&HASH, at(60)).await.unwrap(), None);
    assert_eq!(world.fleet.find_session(&[8; 32], at(1)).await.unwrap(), None);

    assert_eq!(world.org.end_session(session.id, event("session.ended"), at(2)).await.unwrap(), HASH);
    let again = world.org.end_session(session.id, event("session.ended"), at(2)).await;
    assert!(matches!(again, Err(Error::NotFound("session"))));
    assert_eq!(world.fleet.find_session(&HASH, at(2)).await.unwrap(), None);
}

#[tokio::test]
async fn two_sessions_never_share_a_token() {
    let world = World::new().await;
    let user = world.user("ada").await.id;
    world.fleet.insert_session(&new_session(7, user, 60), event("user.signed-in"), at(1)).await.unwrap();
    let twice = world.fleet.insert_session(&new_session(7, user, 90), event("user.signed-in"), at(1)).await;
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

#[tokio::test]
async fn a_text_that_one_of_the_databases_cannot_keep_is_refused_by_both() {
    let world = World::new().await;
    let refused = world.fleet.create_org(org_id(), "a\0b", at(0)).await.unwrap_err();
    assert!(matches!(refused, Error::ZeroByte) && refused.is_expected(), "{refused:?}");
    assert_eq!(world.fleet.orgs().await.unwrap().len(), 2);
    world.fleet.create_org(org_id(), "a\u{1}b \u{10ffff}", at(0)).await.unwrap();
}
