//! Bytes of boxes: set aside, moved, recorded, given back; what moves is within the budget.

use proptest::prelude::*;
use smartbox_core::BoxId;
use smartbox_core::ledger::{Budget, Caps, Each, PlanTerms};
use smartbox_store::{EgressUsage, FleetStore, NewPlan, SpendBlock, testing};

use super::tell;
use crate::support::{World, at, cases, create, event, fleet_of, new_box, org_id};

fn daily_bytes(bytes: u64) -> Budget {
    Budget { day: Caps { bytes: Some(bytes), ..Caps::default() }, month: Caps::default() }
}

async fn record(fleet: &FleetStore, box_id: BoxId, bytes: u64, now: i64) {
    let used =
        EgressUsage { box_id, sent: bytes / 3, received: bytes - bytes / 3, connections: 0, requests: 0 };
    fleet.append_egress_usage(&[used], &tell, at(now)).await.unwrap();
}

async fn aside(fleet: &FleetStore, id: BoxId, now: i64) -> Option<u64> {
    fleet.set_bytes_aside(id, at(now)).await.unwrap().ok().map(|bytes| bytes.expect("there is a limit"))
}

#[tokio::test]
async fn boxes_of_one_org_share_what_is_left_and_nobody_has_it_twice() {
    const MIB: u64 = 1024 * 1024;
    let world = World::new().await;
    let (one, two) = (world.create("one").await.id, world.create("two").await.id);
    assert_eq!(world.fleet.set_bytes_aside(one, at(1)).await.unwrap(), Ok(None), "nothing limits them");
    world.org.set_budget(None, &daily_bytes(80 * MIB), None, event("budget.changed"), at(0)).await.unwrap();
    let mut sum = 0;
    for id in [one, two].into_iter().cycle() {
        let Some(bytes) = aside(&world.fleet, id, 1).await else { break };
        assert!(bytes <= (80 * MIB - sum).div_ceil(8).max(64 * 1024), "nobody takes all that is left");
        sum += bytes;
    }
    assert_eq!(sum, 80 * MIB);
    let block = world.fleet.set_bytes_aside(two, at(1)).await.unwrap().unwrap_err();
    assert!(matches!(block, SpendBlock::Budget { bound, .. } if bound.current == 80 * MIB), "{block:?}");
    record(&world.fleet, one, 7, 2).await;
    assert_eq!(aside(&world.fleet, two, 2).await, None);
    world.fleet.give_bytes_back(one, 0).await.unwrap();
    assert!(aside(&world.fleet, two, 2).await.is_some());
    // What is used keeps it from growing old; what nobody uses is worth nothing after half an hour.
    record(&world.fleet, two, 1, 1700).await;
    assert_eq!(world.fleet.prune_usage(at(1802), 100).await.unwrap(), 0);
    assert_eq!(world.fleet.prune_usage(at(3501), 100).await.unwrap(), 1);
}

#[tokio::test]
async fn a_plan_gives_what_it_includes_and_what_its_overage_budget_pays_for() {
    let world = World::new().await;
    let id = world.create("mine").await.id;
    let limits = Each { bytes: Some(1000), ..Each::default() };
    let terms = PlanTerms { limits, ..PlanTerms::default() };
    let plan = NewPlan { name: "starter".to_owned(), is_default: true, terms };
    world.fleet.create_plan(&plan, event("plan.created"), at(0)).await.unwrap();
    assert_eq!(aside(&world.fleet, id, 1).await, Some(1000));
    record(&world.fleet, id, 1000, 1).await;
    let block = world.fleet.set_bytes_aside(id, at(1)).await.unwrap().unwrap_err();
    assert!(matches!(block, SpendBlock::Plan { excess, .. } if excess.current == 1000), "{block:?}");
    // Another month.
    assert_eq!(aside(&world.fleet, id, 40 * 86_400).await, Some(1000));
}

/// What a proxy knows of a box.
#[derive(Clone, Copy, Default)]
struct Credit {
    /// Set aside and not moved.
    left: u64,
    /// Moved and not recorded.
    pending: u64,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Ask,
    /// In percent of the credit.
    Move(u64),
    Record,
    GiveBack,
    /// The platform dies: what was not recorded is lost, and was used all the same.
    Die,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Ask),
        6 => (0..=100_u64).prop_map(Step::Move),
        3 => Just(Step::Record),
        1 => Just(Step::GiveBack),
        1 => Just(Step::Die),
    ]
}

proptest! {
    #![proptest_config(cases(48))]
    #[test]
    fn what_boxes_move_is_within_the_budget_but_for_what_a_crash_forgot(
        of_org in 0..2_000_000_u64,
        of_box in 0..2_000_000_u64,
        steps in prop::collection::vec((step(), 0..2_usize), 1..60),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let store = testing::store().await;
            let fleet = fleet_of(&store);
            let org = store.org(fleet.create_org(org_id(), "home", at(0)).await.unwrap().id);
            let mut boxes = Vec::new();
            for name in ["one", "two"] {
                boxes.push(create(&org, new_box(name)).await.unwrap().0.id);
            }
            org.set_budget(None, &daily_bytes(of_org), None, event("budget.changed"), at(0)).await.unwrap();
            org.set_budget(Some(boxes[0]), &daily_bytes(of_box), None, event("budget.changed"), at(0)).await.unwrap();
            let mut credits = [Credit::default(); 2];
            let (mut moved, mut forgotten) = ([0; 2], [0; 2]);
            for (step, which) in steps {
                let (id, credit) = (boxes[which], &mut credits[which]);
                match step {
                    Step::Ask => credit.left += aside(&fleet, id, 1).await.unwrap_or(0),
                    Step::Move(percent) => {
                        let bytes = credit.left * percent / 100;
                        credit.left -= bytes;
                        credit.pending += bytes;
                        moved[which] += bytes;
                    }
                    Step::Record => record(&fleet, id, std::mem::take(&mut credit.pending), 1).await,
                    Step::GiveBack => {
                        credit.left = 0;
                        fleet.give_bytes_back(id, credit.pending).await.unwrap();
                    }
                    Step::Die => {
                        fleet.give_all_bytes_back().await.unwrap();
                        for (credit, forgotten) in credits.iter_mut().zip(&mut forgotten) {
                            *forgotten += std::mem::take(credit).pending;
                        }
                    }
                }
                assert!(moved[0] <= of_box + forgotten[0], "{} of {of_box}", moved[0]);
                let (all, lost) = (moved[0] + moved[1], forgotten[0] + forgotten[1]);
                assert!(all <= of_org + lost, "{all} of {of_org}, {lost} forgotten");
            }
        });
    }
}
