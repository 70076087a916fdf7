//! Requests that are repeated.

use smartbox_store::{Claim, IDEMPOTENCY_TTL, IN_PROGRESS_MAX};

use crate::support::{World, at};

const BODY: [u8; 32] = [1; 32];
const ROUTE: &str = "POST /v1/boxes";

fn secs(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap()
}

#[tokio::test]
async fn the_answer_of_the_first_request_is_repeated() {
    let world = World::new().await;
    assert_eq!(world.org.idempotency_begin("k", ROUTE, &BODY, at(0)).await.unwrap(), Claim::Fresh);
    assert_eq!(world.org.idempotency_begin("k", ROUTE, &BODY, at(1)).await.unwrap(), Claim::InProgress);
    world.org.idempotency_finish("k", 202, "{}").await.unwrap();

    let replay = Claim::Replay { status: 202, body: "{}".into() };
    assert_eq!(world.org.idempotency_begin("k", ROUTE, &BODY, at(2)).await.unwrap(), replay);
    let late = at(secs(IDEMPOTENCY_TTL) - 1);
    assert_eq!(world.org.idempotency_begin("k", ROUTE, &BODY, late).await.unwrap(), replay);
    let too_late = at(secs(IDEMPOTENCY_TTL));
    assert_eq!(world.org.idempotency_begin("k", ROUTE, &BODY, too_late).await.unwrap(), Claim::Fresh);
}

#[tokio::test]
async fn a_key_means_one_request() {
    let world = World::new().await;
    world.org.idempotency_begin("k", ROUTE, &BODY, at(0)).await.unwrap();
    assert_eq!(world.org.idempotency_begin("k", ROUTE, &[2; 32], at(1)).await.unwrap(), Claim::Mismatch);
    assert_eq!(world.org.idempotency_begin("k", "POST /other", &BODY, at(1)).await.unwrap(), Claim::Mismatch);
    assert_eq!(world.org.idempotency_begin("l", ROUTE, &[2; 32], at(1)).await.unwrap(), Claim::Fresh);
    assert_eq!(world.fleet.idempotency_begin("k", ROUTE, &[2; 32], at(1)).await.unwrap(), Claim::Fresh);
}

#[tokio::test]
async fn a_request_that_died_is_taken_over() {
    let world = World::new().await;
    world.org.idempotency_begin("k", ROUTE, &BODY, at(0)).await.unwrap();
    let limit = secs(IN_PROGRESS_MAX);
    assert_eq!(
        world.org.idempotency_begin("k", ROUTE, &BODY, at(limit - 1)).await.unwrap(),
        Claim::InProgress
    );
    assert_eq!(world.org.idempotency_begin("k", ROUTE, &BODY, at(limit)).await.unwrap(), Claim::Fresh);
    assert_eq!(
        world.org.idempotency_begin("k", ROUTE, &BODY, at(limit + 1)).await.unwrap(),
        Claim::InProgress
    );
}

#[tokio::test]
async fn the_first_answer_stays() {
    let world = World::new().await;
    world.fleet.idempotency_begin("k", ROUTE, &BODY, at(0)).await.unwrap();
    world.fleet.idempotency_finish("k", 202, "first").await.unwrap();
    world.fleet.idempotency_finish("k", 500, "second").await.unwrap();
    world.fleet.idempotency_abandon("k").await.unwrap();
    let replay = Claim::Replay { status: 202, body: "first".into() };
    assert_eq!(world.fleet.idempotency_begin("k", ROUTE, &BODY, at(1)).await.unwrap(), replay);
}

#[tokio::test]
async fn a_request_that_did_nothing_can_be_repeated_at_once() {
    let world = World::new().await;
    world.org.idempotency_begin("k", ROUTE, &BODY, at(0)).await.unwrap();
    world.org.idempotency_abandon("k").await.unwrap();
    assert_eq!(world.org.idempotency_begin("k", ROUTE, &BODY, at(1)).await.unwrap(), Claim::Fresh);
}
