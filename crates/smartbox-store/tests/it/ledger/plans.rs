//! Plans: one is the default, none that is in use goes, and boxes are counted.

use smartbox_core::ledger::{Each, PlanTerms};
use smartbox_store::{Error, NewPlan, OrgPlan};

use crate::support::{World, at, create, event, intent, new_box};

fn plan(name: &str, is_default: bool, boxes_max: Option<u32>) -> NewPlan {
    NewPlan { name: name.to_owned(), is_default, terms: PlanTerms { boxes_max, ..PlanTerms::default() } }
}

#[tokio::test]
async fn a_new_platform_has_one_plan_without_limits_and_there_is_always_one_default() {
    let world = World::new().await;
    let plans = world.fleet.plans().await.unwrap();
    assert_eq!(plans.len(), 1);
    assert!(plans[0].is_default && plans[0].terms == PlanTerms::default());
    let made = world.fleet.create_plan(&plan("big", true, None), event("plan.created"), at(1)).await.unwrap();
    assert_eq!((made.is_default, made.version, made.changed_by.as_str()), (true, 1, "test"));
    let defaults: Vec<_> = world
        .fleet
        .plans()
        .await
        .unwrap()
        .into_iter()
        .filter(|plan| plan.is_default)
        .map(|plan| plan.name)
        .collect();
    assert_eq!(defaults, ["big"]);
    let unset = world.fleet.change_plan(&plan("big", false, None), None, event("plan.changed"), at(2)).await;
    assert!(matches!(unset, Err(Error::InUse(_))), "{unset:?}");
    let removed = world.fleet.remove_plan("big", event("plan.removed"), at(2)).await;
    assert!(matches!(removed, Err(Error::InUse(_))), "{removed:?}");
    world.fleet.remove_plan("default", event("plan.removed"), at(2)).await.unwrap();
    let again = world.fleet.create_plan(&plan("big", false, None), event("plan.created"), at(3)).await;
    assert!(matches!(again, Err(Error::NameTaken)), "{again:?}");
}

#[tokio::test]
async fn every_number_of_a_plan_comes_back_and_changes_are_bound_to_a_version() {
    let world = World::new().await;
    let mut n = 0;
    let mut next = || {
        n += 1;
        n
    };
    let limits = Each::from_fn(|_| Some(next()));
    let rates = Each::from_fn(|_| next());
    let terms = PlanTerms { boxes_max: Some(7), limits, rates, overage_is_free: true };
    let new = NewPlan { name: "starter".to_owned(), is_default: false, terms };
    world.fleet.create_plan(&new, event("plan.created"), at(1)).await.unwrap();
    assert_eq!(world.fleet.plan("starter").await.unwrap().unwrap().terms, terms);
    let old = world.fleet.change_plan(&new, Some(9), event("plan.changed"), at(2)).await;
    assert!(matches!(old, Err(Error::VersionMismatch { current: 1 })), "{old:?}");
    let changed = world.fleet.change_plan(&new, Some(1), event("plan.changed"), at(2)).await.unwrap();
    assert_eq!(changed.version, 2);
    let unknown = world.fleet.change_plan(&plan("none", false, None), None, event("x"), at(2)).await;
    assert!(matches!(unknown, Err(Error::NotFound("plan"))), "{unknown:?}");
}

#[tokio::test]
async fn an_org_has_no_more_boxes_than_its_plan_allows_and_deleted_ones_do_not_count() {
    let world = World::new().await;
    world.fleet.create_plan(&plan("small", false, Some(1)), event("plan.created"), at(0)).await.unwrap();
    let small = OrgPlan { plan: Some("small".to_owned()), time_zone: "UTC".to_owned(), overage_nanos: 0 };
    world.org.set_org_plan(&small, event("org.plan-set"), at(0)).await.unwrap();
    assert_eq!(world.org.org_plan().await.unwrap(), small);
    let first = world.create("first").await;
    let refused = create(&world.org, new_box("second")).await;
    assert!(matches!(refused, Err(Error::PlanFull { max: 1 })), "{refused:?}");
    create(&world.other, new_box("second")).await.unwrap();
    let delete = intent(smartbox_core::Desired::Deleted);
    world.org.change_intent(first.id, delete, None, None, event("box.deleted"), at(2)).await.unwrap();
    create(&world.org, new_box("second")).await.unwrap();
    let used = world.fleet.remove_plan("small", event("plan.removed"), at(3)).await;
    assert!(matches!(used, Err(Error::InUse(_))), "{used:?}");
}
