//! What a budget costs a model call, and whether it holds when many calls come at once.

use std::time::Duration;

use anyhow::{Context, Result};
use smartbox_control::{Control, ModelSpent, NewBox, Op};
use smartbox_core::ledger::{Budget, Caps, Measure};
use smartbox_core::{BoxId, Principal};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::PATIENCE;

/// Tokens that are set aside for a call.
const WORST: u64 = 10_000;

/// Figures of one kind of step, in microseconds.
pub(crate) fn figures(mut took: Vec<Duration>) -> serde_json::Value {
    took.sort_unstable();
    let at =
        |share: usize| took.get(took.len().saturating_sub(1) * share / 1000).map_or(0, Duration::as_micros);
    serde_json::json!({ "p50": at(500), "p99": at(990), "n": took.len() })
}

/// A box that may use so many tokens in a day.
async fn spender(control: &Control, name: &str, tokens: u64) -> Result<BoxId> {
    let op = Op::new(Principal::Admin);
    let created = control.create_box(&op, &NewBox { name: name.to_owned(), ..NewBox::default() }).await?;
    control.wait_for_operation(&op, created.operation.id, PATIENCE).await?;
    let id = created.smartbox.id;
    let day = Caps { tokens: Some(tokens), ..Caps::default() };
    control.set_box_budget(&op, &id.to_string(), Budget { day, month: Caps::default() }, None).await?;
    Ok(id)
}

/// Calls of one box with a budget, so many a second for so many seconds; prints what was measured, as JSON.
#[expect(clippy::print_stdout, reason = "the program's output")]
pub(crate) async fn measure(control: &Control, rate: u32, secs: u32) -> Result<()> {
    let id = spender(control, "spender", 1 << 50).await?;
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
    let reservation = control.reserve_spend(id, WORST, 1_000_000).await?;
    let reserved = began.elapsed();
    let began = Instant::now();
    control.settle_spend(reservation, used(900, 100)).await?;
    Ok((reserved, began.elapsed()))
}

fn used(input: u64, output: u64) -> ModelSpent {
    let name = || "bench".to_owned();
    ModelSpent { model: name(), provider: name(), input, output, nanos: 100_000, ..ModelSpent::default() }
}

/// So many calls at once, each as large as it may be, against a budget for ten; prints how many went through, and what was spent.
#[expect(clippy::print_stdout, reason = "the program's output")]
pub(crate) async fn race(control: &Control, calls: u32) -> Result<()> {
    let limit = 10 * WORST;
    let id = spender(control, "racer", limit).await?;
    let mut asked = JoinSet::new();
    for _ in 0..calls {
        let control = control.clone();
        asked.spawn(async move { control.reserve_spend(id, WORST, 0).await });
    }
    let granted: Vec<_> = asked.join_all().await.into_iter().filter_map(Result::ok).collect();
    let through = granted.len();
    for reservation in granted {
        control.settle_spend(reservation, used(WORST - 100, 100)).await?;
    }
    let state = control.box_budget(&Op::new(Principal::Admin), &id.to_string()).await?;
    let spent = state.bounds.iter().find(|(bound, _)| bound.measure == Measure::Tokens);
    let spent = spent.map(|(bound, _)| bound.current).context("the budget has no bound on tokens")?;
    println!("{}", serde_json::json!({ "calls": calls, "through": through, "spent": spent, "limit": limit }));
    Ok(())
}
