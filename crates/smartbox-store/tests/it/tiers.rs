//! Sizes: made, changed, removed, and given to boxes.

use smartbox_core::{Desired, Tier};
use smartbox_store::{Error, LayerOf, TIERS_MAX};

use crate::support::{World, at, create, event, intent, new_box};

fn tier(name: &str) -> Tier {
    Tier {
        name: name.to_owned(),
        cpu_millis: 500,
        memory_bytes: 512 << 20,
        memory_max_bytes: 1536 << 20,
        pids_max: 300,
        boxes_max: 2,
    }
}

#[tokio::test]
async fn a_tier_comes_back_as_it_was_put_down_and_goes_only_when_no_box_has_it() {
    let world = World::new().await;
    let fleet = &world.fleet;
    fleet.create_tier(&tier("tiny"), event("tier.created"), at(1)).await.unwrap();
    let again = fleet.create_tier(&tier("tiny"), event("tier.created"), at(1)).await;
    assert!(matches!(again, Err(Error::NameTaken)), "{again:?}");
    assert_eq!(fleet.tier("tiny").await.unwrap(), Some(tier("tiny")));
    let larger = Tier { cpu_millis: 900, boxes_max: 3, ..tier("tiny") };
    fleet.change_tier(&larger, event("tier.changed"), at(2)).await.unwrap();
    assert_eq!(fleet.tier("tiny").await.unwrap(), Some(larger));
    let unknown = fleet.change_tier(&tier("nothing"), event("tier.changed"), at(2)).await;
    assert!(matches!(unknown, Err(Error::UnknownTier)), "{unknown:?}");

    let new = smartbox_store::NewSmartbox { tier: "tiny".to_owned(), ..new_box("one") };
    create(&world.org, new).await.unwrap();
    let used = fleet.remove_tier("tiny", event("tier.removed"), at(3)).await;
    assert!(matches!(used, Err(Error::InUse(_))), "{used:?}");
    let unknown = fleet.remove_tier("nothing", event("tier.removed"), at(3)).await;
    assert!(matches!(unknown, Err(Error::UnknownTier)), "{unknown:?}");
}

#[tokio::test]
async fn a_tier_that_is_made_again_begins_without_what_was_decided_for_the_last() {
    let world = World::new().await;
    let fleet = &world.fleet;
    fleet.create_tier(&tier("tiny"), event("tier.created"), at(1)).await.unwrap();
    let of = LayerOf::Tier("tiny".to_owned());
    let rules = "deny *".parse().unwrap();
    fleet.set_egress_layer(&of, &rules, None, event("egress.changed"), at(1)).await.unwrap();
    fleet.remove_tier("tiny", event("tier.removed"), at(2)).await.unwrap();
    fleet.create_tier(&tier("tiny"), event("tier.created"), at(3)).await.unwrap();
    assert_eq!(fleet.egress_layer(&of).await.unwrap(), None);
}

#[tokio::test]
async fn there_are_only_so_many_tiers() {
    let world = World::new().await;
    let there = u32::try_from(world.fleet.tiers().await.unwrap().len()).unwrap();
    for n in there..TIERS_MAX {
        world.fleet.create_tier(&tier(&format!("t-{n}")), event("tier.created"), at(1)).await.unwrap();
    }
    let one_more = world.fleet.create_tier(&tier("one-more"), event("tier.created"), at(1)).await;
    assert!(matches!(one_more, Err(Error::TooMany { .. })), "{one_more:?}");
}

#[tokio::test]
async fn only_a_stopped_box_gets_another_size_and_only_the_one_that_was_looked_at() {
    let world = World::new().await;
    let (row, _operation) = create(&world.org, new_box("one")).await.unwrap();
    let set = async |tier: &str, version| {
        world.org.set_tier(row.id, tier, version, event("box.tier-set"), at(2)).await
    };
    let runs = set("standard-2", row.version).await;
    assert!(matches!(runs, Err(Error::InUse(_))), "{runs:?}");
    let stop = intent(Desired::Stopped);
    let (row2, _) =
        world.org.change_intent(row.id, stop, None, None, event("box.stop"), at(2)).await.unwrap();
    let old = set("standard-2", row.version).await;
    assert!(matches!(old, Err(Error::VersionMismatch { .. })), "{old:?}");
    let unknown = set("galactic", row2.version).await;
    assert!(matches!(unknown, Err(Error::UnknownTier)), "{unknown:?}");
    let sized = set("standard-2", row2.version).await.unwrap();
    assert_eq!((sized.tier.as_str(), sized.version), ("standard-2", row2.version + 1));
}
