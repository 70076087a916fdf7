//! What many boxes cost the platform: control with its loop over the fake provider and a real database, for `bench/fleet.py`,
//! `bench/many.py` and `bench/spend.py`.
//!
//! ```text
//! fleet_bench                       reads a number of boxes on each line; says on a line of its own when so many sleep
//! fleet_bench spend RATE SECONDS    so many model calls a second of a box with a budget; prints microseconds as JSON
//! fleet_bench pages BOXES CALLS     summaries and lists of so many boxes; prints microseconds as JSON
//! fleet_bench reconcile BOXES PASSES passes over so many boxes; prints microseconds as JSON
//! fleet_bench race CALLS            so many model calls at once against a budget for ten; prints what went through as JSON
//! ```

mod pages;
mod platform;
mod reconcile;
mod spend;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use smartbox_control::{Control, NewBox, Op, Reconciler};
use smartbox_core::{Principal, SleepTier};
use smartbox_provider::fake::FakeProvider;
use smartbox_testkit::gateway::GatewayDouble;
use tokio::io::{AsyncBufReadExt, BufReader, stdin};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Who asks.
const ADMIN_SECRET: &str = "the-admin-secret-of-this-benchmark";
/// Longest wait for one box to start or to fall asleep.
const PATIENCE: Duration = Duration::from_secs(60);

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    runtime.block_on(serve())
}

async fn serve() -> Result<()> {
    let data = match std::env::var_os("SMARTBOX_BENCH_DIR") {
        Some(dir) => tempfile::tempdir_in(dir)?,
        None => tempfile::tempdir()?,
    };
    let provider = Arc::new(FakeProvider::new());
    let _gateways = GatewayDouble::install(&provider);
    let control = platform::control(data.path(), &provider).await?;
    control.ensure_first_org("bench").await?;
    let words: Vec<_> = std::env::args().skip(1).collect();
    if let ["reconcile", boxes, passes] = words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        return reconcile::measure(&control, boxes.parse()?, passes.parse()?).await;
    }
    let stop = CancellationToken::new();
    let mut loops = JoinSet::new();
    loops.spawn(Reconciler::new(control.clone(), 1).run(stop.clone()));
    let done = match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => sleepers(&control).await,
        ["spend", rate, secs] => spend::measure(&control, rate.parse()?, secs.parse()?).await,
        ["pages", boxes, calls] => pages::measure(&control, boxes.parse()?, calls.parse()?).await,
        ["race", calls] => spend::race(&control, calls.parse()?).await,
        _ => bail!("unknown words; see the head of the source"),
    };
    stop.cancel();
    while loops.join_next().await.is_some() {}
    done
}

#[expect(clippy::print_stdout, reason = "the program's output")]
async fn sleepers(control: &Control) -> Result<()> {
    let (mut lines, mut asleep) = (BufReader::new(stdin()).lines(), 0);
    while let Some(line) = lines.next_line().await? {
        let wanted: usize = line.trim().parse().context("not a number of boxes")?;
        while asleep < wanted {
            put_to_bed(control, asleep).await.with_context(|| format!("box {asleep}"))?;
            asleep += 1;
        }
        println!("{asleep}");
    }
    Ok(())
}

/// Makes a box and puts it to sleep.
async fn put_to_bed(control: &Control, number: usize) -> Result<()> {
    let op = Op::new(Principal::Admin);
    let new = NewBox { name: format!("box-{number}"), ..NewBox::default() };
    let created = control.create_box(&op, &new).await?;
    control.wait_for_operation(&op, created.operation.id, PATIENCE).await?;
    let id = created.smartbox.id.to_string();
    let asked = control.sleep_box(&op, &id, SleepTier::Frozen, None).await?;
    control.wait_for_operation(&op, asked.operation.id, PATIENCE).await?;
    Ok(())
}
