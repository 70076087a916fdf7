//! People of an org: roles, status, addresses, passwords, who vouches for them.

use smartbox_core::{Role, UserStatus};
use smartbox_store::{Error, NewUser, Subject, UserChange};

use crate::support::{World, at, event, new_session, new_user};

fn role(role: Role) -> UserChange {
    UserChange { role: Some(role), ..UserChange::default() }
}

fn status(status: UserStatus) -> UserChange {
    UserChange { status: Some(status), ..UserChange::default() }
}

#[tokio::test]
async fn somebody_must_run_the_org() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let change = async |id, change| world.org.change_user(id, change, event("user.changed"), at(1)).await;
    assert!(matches!(change(ada.id, role(Role::Admin)).await, Err(Error::LastOwner)));
    assert!(matches!(change(ada.id, status(UserStatus::Frozen)).await, Err(Error::LastOwner)));
    let removed = world.org.remove_user(ada.id, event("user.removed"), at(1)).await;
    assert!(matches!(removed, Err(Error::LastOwner)));
    assert_eq!(world.org.find_user(ada.id).await.unwrap(), Some(ada.clone()), "nothing was changed");

    let bob = world.user("bob").await;
    assert_eq!(change(ada.id, role(Role::Viewer)).await.unwrap().role, Role::Viewer);
    assert!(matches!(change(bob.id, status(UserStatus::Frozen)).await, Err(Error::LastOwner)));
    world.org.remove_user(ada.id, event("user.removed"), at(2)).await.unwrap();
    assert_eq!(world.org.find_user(ada.id).await.unwrap(), None);
}

#[tokio::test]
async fn a_refused_change_leaves_no_trace_in_the_log() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let before = world.org.audit_log(None, 100).await.unwrap().items.len();
    world.org.change_user(ada.id, role(Role::Viewer), event("user.changed"), at(1)).await.unwrap_err();
    assert_eq!(world.org.audit_log(None, 100).await.unwrap().items.len(), before);
}

#[tokio::test]
async fn an_address_signs_one_person_in_on_the_whole_platform() {
    let world = World::new().await;
    let with_email = |name| NewUser { email: Some("ada@example.org".into()), ..new_user(name, Role::Owner) };
    let ada = world.org.create_user(&with_email("ada"), event("user.added"), at(0)).await.unwrap();
    for org in [&world.org, &world.other] {
        let second = org.create_user(&with_email("eve"), event("user.added"), at(0)).await;
        assert!(matches!(second, Err(Error::EmailTaken)));
    }
    let (found, hash) = world.fleet.find_login("ada@example.org").await.unwrap().unwrap();
    assert_eq!((found, hash), (ada, None));
    assert_eq!(world.fleet.find_login("eve@example.org").await.unwrap(), None);
}

#[tokio::test]
async fn a_new_password_ends_every_session_but_the_one_it_was_set_in() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let sessions = [1, 2, 3].map(|n| new_session(n, ada.id, 60));
    for session in &sessions {
        world.fleet.insert_session(session, event("user.signed-in"), at(1)).await.unwrap();
    }
    let kept = sessions[1].id;
    let mut ended = world
        .org
        .set_password(ada.id, "$argon2id$", Some(kept), event("user.password-set"), at(2))
        .await
        .unwrap();
    ended.sort();
    assert_eq!(ended, [sessions[0].id, sessions[2].id]);
    let left = world.org.sessions_of(ada.id, at(2)).await.unwrap();
    assert_eq!(left.iter().map(|session| session.id).collect::<Vec<_>>(), [kept]);
    assert_eq!(world.org.password_hash(ada.id).await.unwrap().as_deref(), Some("$argon2id$"));
    assert!(world.org.find_user(ada.id).await.unwrap().unwrap().has_password);
}

#[tokio::test]
async fn ids_of_an_issuer_that_differ_only_in_case_are_two_people() {
    let world = World::new().await;
    let subject = |id: &str| Subject { issuer: "https://issuer.example".into(), id: id.into() };
    let vouched = |name, id| NewUser { subject: Some(subject(id)), ..new_user(name, Role::Operator) };
    let enter = async |new: NewUser| {
        world.fleet.find_or_create_subject(world.org.id(), &new, event("user.added"), at(0)).await.unwrap()
    };
    let upper = enter(vouched("one", "user_A")).await;
    let lower = enter(vouched("two", "user_a")).await;
    assert_ne!(upper.id, lower.id);
    assert_eq!(enter(vouched("three", "user_A")).await, upper, "the second time they are known");
    assert_eq!(world.fleet.find_subject(&subject("user_a")).await.unwrap(), Some(lower));
    assert_eq!(world.fleet.find_subject(&subject("user_b")).await.unwrap(), None);
}

#[tokio::test]
async fn people_are_listed_in_pages() {
    let world = World::new().await;
    for name in ["ada", "bob", "eve"] {
        world.user(name).await;
    }
    let first = world.org.list_users(None, 2).await.unwrap();
    let second = world.org.list_users(first.next.as_ref(), 2).await.unwrap();
    let names: Vec<_> = first.items.iter().chain(&second.items).map(|user| user.name.as_str()).collect();
    assert_eq!(names, ["ada", "bob", "eve"]);
    assert_eq!(second.next, None);
}
