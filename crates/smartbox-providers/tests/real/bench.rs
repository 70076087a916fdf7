//! What things cost. Printed, never asserted: run with `--no-capture`.

use std::time::Duration;

use smartbox_provider::contract::Fixture;
use smartbox_provider::{Link, Provider};
use tokio::time::Instant;

use crate::harness::Local;

fn median(mut all: Vec<Duration>) -> Duration {
    all.sort();
    all[all.len() / 2]
}

/// CPU time of this process so far, in clock ticks of 10 ms.
fn cpu_ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[tokio::test]
async fn what_starting_dialling_and_observing_cost() {
    let local = Local::new().await;
    let mut starts = Vec::new();
    let mut ids = Vec::new();
    for _ in 0..4 {
        let (id, spec) = local.new_box();
        let begun = Instant::now();
        local.provider.ensure_running(id, 1, &spec).await.unwrap();
        starts.push(begun.elapsed());
        local.start(id, &spec).await;
        ids.push(id);
    }
    let mut dials = Vec::new();
    for _ in 0..500 {
        let begun = Instant::now();
        drop(local.provider.dial(ids[0], 7071).await.unwrap());
        dials.push(begun.elapsed());
    }
    let (mut observations, before) = (Vec::new(), cpu_ticks());
    for _ in 0..500 {
        let begun = Instant::now();
        local.provider.observe_all().await.unwrap();
        observations.push(begun.elapsed());
    }
    let ticks = cpu_ticks() - before;
    println!("start to first process (p50 of {}): {:?}", starts.len(), median(starts));
    println!("dial into a box (p50 of 500): {:?}", median(dials));
    println!(
        "observe {} boxes (p50 of 500): {:?}; CPU {} us each",
        ids.len(),
        median(observations),
        ticks * 10_000 / 500
    );
}
