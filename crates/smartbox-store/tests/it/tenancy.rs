//! Every method of an org's handle, called with what belongs to another org: it is not there.

use std::collections::BTreeSet;

use smartbox_core::Desired;
use smartbox_store::{BoxFilter, Claim, Error, OperationKind};

use crate::support::{World, at, create, event, intent, new_box, operation};

/// The methods of the handle, from its source: one that is missing in the table below fails the test.
fn methods() -> BTreeSet<&'static str> {
    include_str!("../../src/org.rs")
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub async fn "))
        .map(|rest| rest.split('(').next().unwrap())
        .collect()
}

#[tokio::test]
async fn what_belongs_to_another_org_does_not_exist() {
    let world = World::new().await;
    let (mine, my_operation) = create(&world.org, new_box("mine")).await.unwrap();
    let body = [1; 32];
    world.org.idempotency_begin("k", "POST /", &body, at(1)).await.unwrap();
    let stranger = &world.other;
    let mut tried = BTreeSet::new();
    let mut finds_nothing = |method: &'static str, found: bool| {
        assert!(!found, "{method} shows what belongs to another org");
        tried.insert(method);
    };

    finds_nothing("find_box", stranger.find_box(mine.id).await.unwrap().is_some());
    finds_nothing("find_box_by_name", stranger.find_box_by_name(&mine.name).await.unwrap().is_some());
    finds_nothing("default_box", stranger.default_box().await.unwrap().is_some());
    let listed = stranger.list_boxes(&BoxFilter::default(), None, 10).await.unwrap();
    finds_nothing("list_boxes", !listed.items.is_empty() || listed.next.is_some());
    let told = stranger.timeline(mine.id, None, 10).await.unwrap();
    finds_nothing("timeline", !told.items.is_empty() || told.next.is_some());
    finds_nothing("find_operation", stranger.find_operation(my_operation.id).await.unwrap().is_some());
    finds_nothing("secret", stranger.secret(mine.id, "gateway-token").await.unwrap().is_some());

    let stop = operation(OperationKind::Stop);
    let changed = stranger
        .change_intent(mine.id, intent(Desired::Deleted), None, Some(stop), event("box.deleted"), at(2))
        .await;
    finds_nothing("change_intent", !matches!(changed, Err(Error::NotFound("box"))));
    let with_version = stranger
        .change_intent(mine.id, intent(Desired::Deleted), Some(9), None, event("box.deleted"), at(2))
        .await;
    assert!(matches!(with_version, Err(Error::NotFound("box"))), "a version is not told to strangers");

    // A box of the same name, a key of the same text: the other org's do not get in the way.
    finds_nothing("create_box", !create(stranger, new_box("mine")).await.unwrap().0.is_default);
    stranger.idempotency_finish("k", 200, "stranger's").await.unwrap();
    let claim = world.org.idempotency_begin("k", "POST /", &body, at(2)).await.unwrap();
    finds_nothing("idempotency_finish", claim != Claim::InProgress);
    stranger.idempotency_abandon("k").await.unwrap();
    let claim = world.org.idempotency_begin("k", "POST /", &body, at(3)).await.unwrap();
    finds_nothing("idempotency_abandon", claim != Claim::InProgress);
    let claim = stranger.idempotency_begin("k", "POST /elsewhere", &[2; 32], at(2)).await.unwrap();
    finds_nothing("idempotency_begin", claim != Claim::Fresh);

    assert_eq!(world.reload(mine.id).await, mine, "nothing of it was changed");
    assert_eq!(world.org.timeline(mine.id, None, 10).await.unwrap().items.len(), 1);
    assert_eq!(tried, methods(), "every method of the handle is in this table");
}
