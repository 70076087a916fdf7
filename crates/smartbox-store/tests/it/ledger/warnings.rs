//! Owners are told of each percentage once in a period, in the transaction that reaches it.

use smartbox_core::ledger::{Budget, Caps};

use super::{daily_tokens, settled, tell, traffic};
use crate::support::{World, at, event};

async fn told(world: &World) -> Vec<String> {
    let lines = world.org.audit_log(None, 100).await.unwrap().items;
    lines.into_iter().filter(|line| line.action == "budget.reached").map(|line| line.reason).collect()
}

#[tokio::test]
async fn each_percentage_is_told_once_a_period_and_again_when_the_limit_is_another() {
    let world = World::new().await;
    let id = world.create("mine").await.id;
    world.org.set_budget(Some(id), &daily_tokens(100), None, event("budget.changed"), at(0)).await.unwrap();
    for (n, tokens) in [(1, 49), (2, 1), (3, 1), (4, 40)] {
        world.fleet.settle(&[settled(n, id, tokens)], &tell, at(1)).await.unwrap();
    }
    assert_eq!(told(&world).await, ["50 tokens", "80 tokens"]);
    world.fleet.settle(&[settled(5, id, 500)], &tell, at(2)).await.unwrap();
    assert_eq!(told(&world).await, ["50 tokens", "80 tokens", "100 tokens"]);
    world.fleet.settle(&[settled(6, id, 50)], &tell, at(86_400)).await.unwrap();
    assert_eq!(told(&world).await.len(), 4, "a new day");
    world
        .org
        .set_budget(Some(id), &daily_tokens(60), None, event("budget.changed"), at(86_401))
        .await
        .unwrap();
    world.fleet.settle(&[settled(7, id, 1)], &tell, at(86_402)).await.unwrap();
    assert_eq!(told(&world).await.len(), 6, "half and four fifths of the new limit");
}

#[tokio::test]
async fn traffic_counts_for_the_org_whichever_box_it_was() {
    let world = World::new().await;
    let (one, two) = (world.create("one").await.id, world.create("two").await.id);
    let monthly = Budget { month: Caps { bytes: Some(600), ..Caps::default() }, day: Caps::default() };
    world.org.set_budget(None, &monthly, None, event("budget.changed"), at(0)).await.unwrap();
    world.fleet.append_egress_usage(&[traffic(one, 50)], &tell, at(1)).await.unwrap();
    assert!(told(&world).await.is_empty());
    world.fleet.append_egress_usage(&[traffic(two, 50), traffic(one, 50)], &tell, at(2)).await.unwrap();
    assert_eq!(told(&world).await, ["50 bandwidth"]);
}
