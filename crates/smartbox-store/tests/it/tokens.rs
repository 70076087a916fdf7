//! Service tokens.

use smartbox_store::Error;

use crate::support::{World, at, event, new_token};

#[tokio::test]
async fn a_token_is_found_until_it_ends_or_is_revoked() {
    let world = World::new().await;
    let token = world.org.create_token(&new_token(1, 60), event("token.made"), at(0)).await.unwrap();
    assert_eq!(world.fleet.find_token(&[1; 32], at(59)).await.unwrap(), Some(token.clone()));
    assert_eq!(world.fleet.find_token(&[1; 32], at(60)).await.unwrap(), None);
    assert_eq!(world.fleet.find_token(&[2; 32], at(1)).await.unwrap(), None);
    assert_eq!(world.org.revoke_token(token.id, event("token.revoked"), at(2)).await.unwrap(), [1; 32]);
    assert_eq!(world.fleet.find_token(&[1; 32], at(2)).await.unwrap(), None);
    let again = world.org.revoke_token(token.id, event("token.revoked"), at(3)).await;
    assert!(matches!(again, Err(Error::NotFound("token"))));
}

#[tokio::test]
async fn the_last_use_is_written_once_a_minute() {
    let world = World::new().await;
    world.org.create_token(&new_token(1, 600), event("token.made"), at(0)).await.unwrap();
    for (now, written) in [(10, 10), (30, 10), (69, 10), (70, 70)] {
        let token = world.fleet.find_token(&[1; 32], at(now)).await.unwrap().unwrap();
        world.fleet.touch_token(&token, at(now)).await.unwrap();
        let token = world.fleet.find_token(&[1; 32], at(now)).await.unwrap().unwrap();
        assert_eq!(token.last_used_at, Some(at(written)), "at {now}");
    }
}

#[tokio::test]
async fn only_tokens_that_have_not_ended_are_listed() {
    let world = World::new().await;
    for (n, until) in [(1, 10), (2, 60), (3, 60)] {
        world.org.create_token(&new_token(n, until), event("token.made"), at(0)).await.unwrap();
    }
    let first = world.org.list_tokens(None, 1, at(10)).await.unwrap();
    let second = world.org.list_tokens(first.next.as_ref(), 5, at(10)).await.unwrap();
    assert_eq!((first.items.len(), second.items.len(), second.next), (1, 1, None));
}
