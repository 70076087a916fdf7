//! How long it takes to set aside what a model call may use, and to put down what it has used.

use std::time::Duration;

use anyhow::{Context, Result};
use smartbox_control::{Control, ModelSpent, NewBox, Op};
use smartbox_core::ledger::{Budget, Caps};
use smartbox_core::{BoxId, Principal};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::PATIENCE;

/// Figures of one kind of step, in microseconds.
fn figures(mut took: Vec<Duration>) -> serde_json::Value {
    took.sort_unstable();
    let at =
        |share: usize| took.get(took.len().saturating_sub(1) * share / 1000).map_or(0, Duration::as_micros);
    serde_json::json!({ "p50": at(500), "p99": at(990), "n": took.len() })
}

/// Calls of one box with a budget, so many a second for so many seconds; prints what was measured, as JSON.
#[expect(clippy::print_stdout, reason = "the program's output")]
pub(crate) async fn measure(control: &Control, rate: u32, secs: u32) -> Result<()> {
    let op = Op::new(Principal::Admin);
    let created =
        control.create_box(&op, &NewBox { name: "spender".to_owned(), ..NewBox::default() }).await?;
    control.wait_for_operation(&op, created.operation.id, PATIENCE).await?;
    let id = created.smartbox.id;
    let caps = Caps { tokens: Some(1 << 50), nanos: Some(1 << 50), ..Caps::default() };
    control.set_box_budget(&op, &id.to_string(), Budget { day: caps, month: caps }, None).await?;
    let mut ticks = interval(Duration::from_secs(1) / rate.max(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut calls = JoinSet::new();
    for _ in 0..rate.saturating_mul(secs) {
        ticks.tick().await;
        calls.spawn(call(control.clone(), id));
    }
    let (mut reserved, mut settled) = (Vec::new(), Vec::new());
    while let Some(done) = calls.join_next().await {
        let (reserve, settle) = done.context("a call broke")??;
        reserved.push(reserve);
        settled.push(settle);
    }
    println!("{}", serde_json::json!({ "reserve": figures(reserved), "settle": figures(settled) }));
    Ok(())
}

/// What one call waits before it is sent on, and how long it is busy after its answer.
async fn call(control: Control, id: BoxId) -> Result<(Duration, Duration)> {
    let began = Instant::now();
    let reservation = control.reserve_spend(id, 10_000, 1_000_000).await?;
    let reserved = began.elapsed();
    let spent = ModelSpent {
        model: "bench".to_owned(),
        provider: "bench".to_owned(),
        input: 900,
        output: 100,
        nanos: 100_000,
        ..ModelSpent::default()
    };
    let began = Instant::now();
    control.settle_spend(reservation, spent).await?;
    Ok((reserved, began.elapsed()))
}
