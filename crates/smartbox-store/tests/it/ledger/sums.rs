//! Sums by day and month against the log they come from.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use smartbox_core::BoxId;
use smartbox_core::ledger::{Period, Span, Usage};
use smartbox_store::{OrgPlan, OrgStore, Store, testing};

use super::{moment, settled, tell, traffic};
use crate::support::{World, at, cases, create, event, fleet_of, new_box, org_id};

/// What one batch puts down: which box, how much, and whether it is traffic or a model.
type Batch = (i64, Vec<(usize, u64, bool)>);

fn batches() -> impl Strategy<Value = Vec<Batch>> {
    // Around a month turn, and around a change of the clock in October; in any order, as a clock that jumps gives them.
    let moments = prop_oneof![1_761_350_000..1_761_450_000_i64, 1_761_900_000..1_762_000_000_i64];
    prop::collection::vec(
        (moments, prop::collection::vec((0..2_usize, 0..1000_u64, any::<bool>()), 0..4)),
        1..12,
    )
}

/// What the sums should be.
fn expected(batches: &[Batch], boxes: &[BoxId], zone: &TimeZone) -> BTreeMap<(Option<BoxId>, Period), Usage> {
    let mut sums: BTreeMap<(Option<BoxId>, Period), Usage> = BTreeMap::new();
    for (secs, rows) in batches {
        let now = Timestamp::from_second(*secs).unwrap();
        for (which, amount, is_traffic) in rows {
            let usage = match is_traffic {
                true => Usage {
                    sent: *amount,
                    received: 2 * amount,
                    connections: 1,
                    requests: 3,
                    ..Usage::default()
                },
                false if *amount == 0 => continue,
                false => Usage { calls: 1, input: *amount, nanos: amount * 10, ..Usage::default() },
            };
            for span in Span::ALL {
                let period = Period::of(span, now, zone);
                for subject in [None, Some(boxes[*which])] {
                    let sum = sums.entry((subject, period)).or_default();
                    *sum = sum.plus(&usage);
                }
            }
        }
    }
    sums
}

async fn check(org: &OrgStore, sums: &BTreeMap<(Option<BoxId>, Period), Usage>) {
    for ((subject, period), usage) in sums {
        assert_eq!(org.usage(*subject, *period).await.unwrap(), *usage, "{subject:?} {period}");
    }
    for period in sums.keys().map(|(_, period)| *period) {
        let boxes: Vec<_> = org.usage_by_box(period).await.unwrap();
        let expected = sums.keys().filter(|(subject, at)| subject.is_some() && *at == period).count();
        assert_eq!(boxes.len(), expected, "{period}");
    }
}

async fn put_down(store: &Store, batches: &[Batch], boxes: &[BoxId]) {
    let fleet = fleet_of(store);
    let mut calls = 0;
    for (secs, rows) in batches {
        let now = Timestamp::from_second(*secs).unwrap();
        let moved: Vec<_> = rows.iter().filter(|row| row.2).map(|row| traffic(boxes[row.0], row.1)).collect();
        fleet.append_egress_usage(&moved, &tell, now).await.unwrap();
        let mut called = Vec::new();
        for row in rows.iter().filter(|row| !row.2) {
            calls += 1;
            called.push(settled(calls, boxes[row.0], row.1));
        }
        fleet.settle(&called, &tell, now).await.unwrap();
        // Once more: nothing counts twice.
        fleet.settle(&called, &tell, now).await.unwrap();
        assert_eq!(fleet.roll_up_usage(100).await.unwrap(), 0, "everything is summed up with it");
    }
}

proptest! {
    #![proptest_config(cases(24))]
    #[test]
    fn sums_agree_with_the_log_whatever_the_order_and_also_when_made_anew(
        batches in batches(),
        zone in prop::sample::select(vec!["UTC", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati"]),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let store = testing::store().await;
            let made = fleet_of(&store).create_org(org_id(), "home", at(0)).await.unwrap();
            let org = store.org(made.id);
            let mut boxes = Vec::new();
            for name in ["one", "two"] {
                boxes.push(create(&org, new_box(name)).await.unwrap().0.id);
            }
            put_down(&store, &batches, &boxes).await;
            check(&org, &expected(&batches, &boxes, &TimeZone::UTC)).await;

            let now = moment("2025-11-01T12:00:00Z");
            let plan = OrgPlan { plan: None, time_zone: zone.to_owned(), overage_nanos: 0 };
            org.set_org_plan(&plan, event("org.plan-set"), now).await.unwrap();
            let moved = expected(&batches, &boxes, &TimeZone::get(zone).unwrap());
            check(&org, &moved).await;
            fleet_of(&store).rebuild_usage(made.id, now).await.unwrap();
            check(&org, &moved).await;
        });
    }
}

#[tokio::test]
async fn what_an_older_version_has_put_down_is_summed_up_once() {
    let world = World::new().await;
    let smartbox = world.create("mine").await;
    world.fleet.append_egress_usage(&[traffic(smartbox.id, 1)], &tell, at(10)).await.unwrap();
    world
        .tamper("delete from usage_rollups; update counters set value = 0 where name = 'egress-summed'")
        .await;
    assert_eq!(world.fleet.roll_up_usage(100).await.unwrap(), 1);
    assert_eq!(world.fleet.roll_up_usage(100).await.unwrap(), 0);
    let month = Period::of(Span::Month, at(10), &TimeZone::UTC);
    assert_eq!(world.org.usage(Some(smartbox.id), month).await.unwrap().bytes(), 3);
    assert_eq!(world.org.usage(None, month).await.unwrap().bytes(), 3);
}

#[tokio::test]
async fn rows_of_the_log_go_after_ninety_days_and_only_once_they_are_summed_up() {
    let world = World::new().await;
    let smartbox = world.create("mine").await;
    world.fleet.append_egress_usage(&[traffic(smartbox.id, 1)], &tell, at(0)).await.unwrap();
    world.fleet.settle(&[settled(1, smartbox.id, 5)], &tell, at(0)).await.unwrap();
    let day = 86_400;
    assert_eq!(world.fleet.prune_usage(at(90 * day), 100).await.unwrap(), 0, "not yet");
    world.tamper("update counters set value = 0 where name = 'egress-summed'").await;
    assert_eq!(world.fleet.prune_usage(at(90 * day + 1), 100).await.unwrap(), 1, "the model's alone");
    world.fleet.roll_up_usage(100).await.unwrap();
    assert_eq!(world.fleet.prune_usage(at(90 * day + 1), 100).await.unwrap(), 1);
    let month = Period::of(Span::Month, at(0), &TimeZone::UTC);
    assert_eq!(world.org.usage(None, month).await.unwrap().input, 5, "the sum stays");
    assert_eq!(world.org.usage_by_day(None, month).await.unwrap().len(), 1);
    // The sums of its day, of box and org, go after 400 days.
    assert_eq!(world.fleet.prune_usage(at(402 * day), 100).await.unwrap(), 2);
    assert_eq!(world.org.usage(None, month).await.unwrap().input, 5, "that of the month stays");
}

#[tokio::test]
async fn models_are_summed_by_what_they_cost() {
    let world = World::new().await;
    let smartbox = world.create("mine").await;
    let mut dear = settled(2, smartbox.id, 100);
    dear.spent.model = "dear".to_owned();
    world
        .fleet
        .settle(&[settled(1, smartbox.id, 1), dear, settled(3, smartbox.id, 2)], &tell, at(5))
        .await
        .unwrap();
    let sums = world.org.usage_by_model(Some(smartbox.id), (at(0), at(10))).await.unwrap();
    let told: Vec<_> = sums.iter().map(|sum| (sum.model.as_str(), sum.calls, sum.input, sum.nanos)).collect();
    assert_eq!(told, [("dear", 1, 100, 1000), ("m", 2, 3, 30)]);
    assert!(world.org.usage_by_model(None, (at(6), at(10))).await.unwrap().is_empty());
}
