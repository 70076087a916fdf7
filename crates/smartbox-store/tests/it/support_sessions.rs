//! Support access in the store.

use smartbox_core::{Role, SupportLevel, UserId, UserStatus};
use smartbox_store::{Error, NewSupport, SUPPORT_OPEN_MAX, SupportEnd, SupportFilter, UserChange};

use crate::support::{World, at, event, new_user, support_id};

/// Support access whose token's hash is `n` everywhere, until `until`.
pub(crate) fn new_support(n: u8, user: UserId, until: i64) -> NewSupport<'static> {
    NewSupport {
        id: support_id(),
        user,
        hash: [n; 32],
        opened_with: [n; 32],
        operator: Some("jo"),
        reason: "Ticket 4711",
        level: SupportLevel::Read,
        expires_at: at(until),
    }
}

pub(crate) fn asked_for(now: i64) -> SupportEnd {
    SupportEnd { at: at(now), by: "admin".to_owned(), why: "asked for".to_owned() }
}

async fn world() -> (World, UserId) {
    let world = World::new().await;
    let owner = world.user("ada").await;
    world.org.create_user(&new_user("root", Role::Owner), event("user.added"), at(0)).await.unwrap();
    (world, owner.id)
}

#[tokio::test]
async fn it_is_found_by_its_token_until_it_ends() {
    let (world, ada) = world().await;
    let opened =
        world.org.open_support(&new_support(1, ada, 60), event("support.opened"), at(0)).await.unwrap();
    let found = world.fleet.find_support_by_token(&[1; 32], at(59)).await.unwrap().unwrap();
    assert_eq!((found.0, found.1.id, found.2), (opened.clone(), ada, [1; 32]));
    assert_eq!(world.fleet.find_support_by_token(&[1; 32], at(60)).await.unwrap(), None, "its time is over");
    assert_eq!(world.fleet.find_support_by_token(&[2; 32], at(1)).await.unwrap(), None);
    let end = asked_for(5);
    assert!(world.org.end_support(opened.id, &end, event("support.ended"), at(5)).await.unwrap());
    assert_eq!(world.fleet.find_support_by_token(&[1; 32], at(6)).await.unwrap(), None);
    let later = asked_for(9);
    assert!(!world.org.end_support(opened.id, &later, event("support.ended"), at(9)).await.unwrap());
    let kept = world.fleet.find_support(opened.id).await.unwrap().unwrap();
    assert_eq!(kept.ended, Some(end), "how it ended stays as it was");
}

#[tokio::test]
async fn it_ends_for_good_with_the_person_who_is_helped() {
    let (world, ada) = world().await;
    let opened =
        world.org.open_support(&new_support(1, ada, 60), event("support.opened"), at(0)).await.unwrap();
    for status in [UserStatus::Frozen, UserStatus::Active] {
        let change = UserChange { status: Some(status), role: None };
        world.org.change_user(ada, change, event("user.changed"), at(1)).await.unwrap();
        assert_eq!(world.fleet.find_support_by_token(&[1; 32], at(2)).await.unwrap(), None, "{status}");
    }
    let ends = world.fleet.support_ends(at(2), 10).await.unwrap();
    assert_eq!(ends.iter().map(|end| end.id).collect::<Vec<_>>(), [opened.id], "to be told");
    world.org.end_support(opened.id, &asked_for(3), event("support.ended"), at(3)).await.unwrap();
    assert_eq!(world.fleet.support_ends(at(100), 10).await.unwrap(), [], "told once");
    let why = world.fleet.find_support(opened.id).await.unwrap().unwrap().ended.unwrap().why;
    assert_eq!(why, "the person is not let in any more");

    world.org.open_support(&new_support(2, ada, 60), event("support.opened"), at(4)).await.unwrap();
    world.org.remove_user(ada, event("user.removed"), at(5)).await.unwrap();
    assert_eq!(world.fleet.find_support_by_token(&[2; 32], at(6)).await.unwrap(), None);
    let refused = world.org.open_support(&new_support(3, ada, 60), event("support.opened"), at(7)).await;
    assert!(matches!(refused, Err(Error::NotFound("user"))));
}

#[tokio::test]
async fn lists_are_of_one_person_or_of_what_is_open_and_no_org_has_too_many() {
    let (world, ada) = world().await;
    let bob = world.user("bob").await.id;
    let open = |n, user, until| {
        let (org, new) = (world.org.clone(), new_support(n, user, until));
        async move { org.open_support(&new, event("support.opened"), at(0)).await }
    };
    open(1, ada, 10).await.unwrap();
    let long = open(2, ada, 60).await.unwrap();
    open(3, bob, 60).await.unwrap();
    let ids = async |filter| {
        let page = world.fleet.list_support(filter, None, 10).await.unwrap();
        page.items.into_iter().map(|item| item.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(SupportFilter::default()).await.len(), 3);
    assert_eq!(ids(SupportFilter { user: Some(ada), open_at: Some(at(20)) }).await, [long.id]);
    let first = world.org.list_support(SupportFilter::default(), None, 2).await.unwrap();
    let rest = world.org.list_support(SupportFilter::default(), first.next.as_ref(), 2).await.unwrap();
    assert_eq!((first.items.len(), rest.items.len(), rest.next), (2, 1, None));
    for n in 4..=u8::try_from(SUPPORT_OPEN_MAX).unwrap() {
        open(n, bob, 60).await.unwrap();
    }
    assert!(matches!(open(99, bob, 60).await, Err(Error::TooMany { .. })));
}
