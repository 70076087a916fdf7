//! What boxes may reach and have used: versions, events, sums.

use smartbox_core::egress_policy::Rules;
use smartbox_store::{EgressUsage, Error, LayerOf};

use crate::ledger::tell;
use crate::support::{World, at, create, event, fleet_of, new_box};

fn rules(text: &str) -> Rules {
    text.parse().unwrap()
}

#[tokio::test]
async fn rules_of_an_org_and_of_its_boxes_are_kept_apart_and_survive_a_restart() {
    let world = World::new().await;
    let (mine, _) = create(&world.org, new_box("mine")).await.unwrap();
    assert_eq!(world.org.egress_rules(Some(mine.id)).await.unwrap(), None);
    let set = |id, text: &'static str, version| {
        let (org, rules) = (world.org.clone(), rules(text));
        async move { org.set_egress_rules(id, &rules, version, event("egress.changed"), at(5)).await }
    };
    let first = set(Some(mine.id), "deny *.ads.example\nallow git.example ports=22", Some(0)).await.unwrap();
    assert_eq!((first.version, first.box_id, first.changed_by.as_str()), (1, Some(mine.id), "test"));
    let refused = set(Some(mine.id), "deny *", Some(0)).await;
    assert!(matches!(refused, Err(Error::VersionMismatch { current: 1 })), "{refused:?}");
    set(None, "deny *.evil.example", None).await.unwrap();
    let second = set(Some(mine.id), "", Some(1)).await.unwrap();
    assert_eq!((second.version, second.rules.is_empty()), (2, true));

    let told = world.org.timeline(mine.id, None, 10).await.unwrap().items;
    assert_eq!(told.iter().filter(|line| line.action == "egress.changed").count(), 2);
    let (_directory, store) = world.reopen().await;
    let all = fleet_of(&store).egress_rules_of_all().await.unwrap();
    assert_eq!(all.len(), 2);
    let of_org = all.iter().find(|row| row.box_id.is_none()).unwrap();
    assert_eq!(of_org.rules.to_string(), "deny *.evil.example\n");
    assert!(all.contains(&second));
}

#[tokio::test]
async fn what_was_used_is_appended_and_adds_up() {
    let world = World::new().await;
    let (mine, _) = create(&world.org, new_box("mine")).await.unwrap();
    let (other, _) = create(&world.org, new_box("other")).await.unwrap();
    let used = |box_id, sent| EgressUsage { box_id, sent, received: 10, connections: 1, requests: 2 };
    world.fleet.append_egress_usage(&[used(mine.id, 1), used(other.id, 100)], &tell, at(1)).await.unwrap();
    world.fleet.append_egress_usage(&[used(mine.id, 5)], &tell, at(2)).await.unwrap();
    world.fleet.append_egress_usage(&[], &tell, at(3)).await.unwrap();
    let (_directory, store) = world.reopen().await;
    let sum = fleet_of(&store).egress_usage_of(mine.id).await.unwrap();
    assert_eq!(sum, EgressUsage { box_id: mine.id, sent: 6, received: 20, connections: 2, requests: 4 });
}

#[tokio::test]
async fn rules_of_the_platform_and_of_tiers_are_kept_apart() {
    let world = World::new().await;
    let tier = LayerOf::Tier("platform".to_owned());
    let set = |of: LayerOf, text: &'static str, version| {
        let fleet = world.fleet.clone();
        async move { fleet.set_egress_layer(&of, &rules(text), version, event("egress.changed"), at(5)).await }
    };
    assert_eq!(world.fleet.egress_layer(&LayerOf::Platform).await.unwrap(), None);
    set(LayerOf::Platform, "deny a.example", Some(0)).await.unwrap();
    set(tier.clone(), "deny b.example", None).await.unwrap();
    let refused = set(tier.clone(), "deny *", Some(7)).await;
    assert!(matches!(refused, Err(Error::VersionMismatch { current: 1 })), "{refused:?}");
    let (_directory, store) = world.reopen().await;
    let all = fleet_of(&store).egress_layers().await.unwrap();
    let told = |of: &LayerOf| all.iter().find(|row| row.of == *of).unwrap().rules.to_string();
    assert_eq!(
        (told(&LayerOf::Platform), told(&tier)),
        ("deny a.example\n".to_owned(), "deny b.example\n".to_owned())
    );
}
