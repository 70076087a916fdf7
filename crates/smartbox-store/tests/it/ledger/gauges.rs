//! From readings of boxes to what they have used.

use std::time::Duration;

use jiff::tz::TimeZone;
use smartbox_core::BoxId;
use smartbox_core::ledger::{Period, Span, Usage};
use smartbox_store::Gauge;

use crate::support::{World, at, box_id};

const GAP: Duration = Duration::from_secs(300);

fn gauge(box_id: BoxId, run: &str, cpu_ms: u64) -> Gauge {
    Gauge {
        box_id,
        run: run.to_owned(),
        cpu_ms,
        memory_bytes: 512 << 20,
        storage_bytes: None,
        is_awake: true,
    }
}

async fn used(world: &World, id: BoxId) -> Usage {
    world.org.usage(Some(id), Period::of(Span::Month, at(0), &TimeZone::UTC)).await.unwrap()
}

#[tokio::test]
async fn what_is_used_is_the_difference_of_readings_and_a_new_run_begins_at_nothing() {
    let world = World::new().await;
    let id = world.create("mine").await.id;
    let first = Gauge { storage_bytes: Some(1 << 30), ..gauge(id, "1", 700) };
    world.fleet.record_gauges(&[first], GAP, at(0)).await.unwrap();
    assert_eq!(
        used(&world, id).await,
        Usage { cpu_ms: 700, ..Usage::default() },
        "how long it ran nobody knows"
    );
    world.fleet.record_gauges(&[gauge(id, "1", 1000)], GAP, at(60)).await.unwrap();
    let expected = Usage {
        cpu_ms: 1000,
        memory_mib_s: 512 * 60,
        storage_mib_s: 1024 * 60,
        awake_ms: 60_000,
        ..Usage::default()
    };
    assert_eq!(used(&world, id).await, expected);
    world.fleet.record_gauges(&[gauge(id, "2", 50)], GAP, at(60)).await.unwrap();
    assert_eq!(used(&world, id).await, Usage { cpu_ms: 1050, ..expected });
    assert_eq!(
        world.org.storage_bytes(Some(id)).await.unwrap(),
        1 << 30,
        "a disk that was not measured is as it was"
    );
    assert_eq!(world.org.storage_bytes(None).await.unwrap(), 1 << 30);
}

#[tokio::test]
async fn time_in_which_nobody_looked_counts_little_and_a_clock_that_is_set_back_counts_nothing() {
    let world = World::new().await;
    let id = world.create("mine").await.id;
    for (cpu, secs) in [(0, 0), (5000, 100_000), (6000, 50_000)] {
        world.fleet.record_gauges(&[gauge(id, "1", cpu)], GAP, at(secs)).await.unwrap();
    }
    let used = used(&world, id).await;
    assert_eq!((used.cpu_ms, used.awake_ms, used.memory_mib_s), (6000, 300_000, 512 * 300));
}

#[tokio::test]
async fn a_box_that_sleeps_is_not_awake_and_one_that_is_gone_is_nobodys() {
    let world = World::new().await;
    let id = world.create("mine").await.id;
    world.fleet.record_gauges(&[gauge(id, "1", 0)], GAP, at(0)).await.unwrap();
    let asleep = Gauge { is_awake: false, memory_bytes: 0, ..gauge(id, "1", 0) };
    world.fleet.record_gauges(&[asleep, gauge(box_id(), "1", 5)], GAP, at(60)).await.unwrap();
    assert_eq!(used(&world, id).await, Usage::default());
}
