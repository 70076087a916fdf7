//! What sleeping boxes cost the platform: control with its loop over the fake provider, for `bench/fleet.py`.
//!
//! ```text
//! fleet_bench      reads a number of boxes on each line; says on a line of its own when so many sleep
//! ```

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use secrecy::SecretString;
use smartbox_control::{
    AdminSecret, AgentRuntime, BackupParts, Control, ForeignIdentities, Limits, NewBox, NoIngress, Op, Parts,
    Reconciler, SystemClock, SystemEntropy, UnknownHost,
};
use smartbox_core::routing::OwnAddress;
use smartbox_core::{Principal, SleepTier, Thresholds};
use smartbox_openclaw::versions::pinned;
use smartbox_openclaw::{Model, ModelApi, ModelConfig};
use smartbox_provider::fake::FakeProvider;
use smartbox_provider::{Link, Provider, Volumes};
use smartbox_store::{Keyring, Sealer, Store};
use smartbox_testkit::FakeDoors;
use smartbox_testkit::gateway::GatewayDouble;
use tokio::io::{AsyncBufReadExt, BufReader, stdin};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

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

#[expect(clippy::print_stdout, reason = "the program's output")]
async fn serve() -> Result<()> {
    let data = tempfile::tempdir()?;
    let provider = Arc::new(FakeProvider::new());
    let _gateways = GatewayDouble::install(&provider);
    let control = control(data.path(), &provider).await?;
    control.ensure_first_org("bench").await?;
    let stop = CancellationToken::new();
    let mut loops = JoinSet::new();
    loops.spawn(Reconciler::new(control.clone(), 1).run(stop.clone()));
    let (mut lines, mut asleep) = (BufReader::new(stdin()).lines(), 0);
    while let Some(line) = lines.next_line().await? {
        let wanted: usize = line.trim().parse().context("not a number of boxes")?;
        while asleep < wanted {
            put_to_bed(&control, asleep).await.with_context(|| format!("box {asleep}"))?;
            asleep += 1;
        }
        println!("{asleep}");
    }
    stop.cancel();
    while loops.join_next().await.is_some() {}
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

async fn control(data: &Path, provider: &Arc<FakeProvider>) -> Result<Control> {
    let sealer = Sealer::new(Keyring::open_or_create(&data.join("keyring"))?);
    let model = Model {
        api: ModelApi::AnthropicMessages,
        id: "none".to_owned(),
        name: "None".to_owned(),
        context_window: 200_000,
        max_tokens: 8192,
        reasoning: false,
        images: false,
    };
    Ok(Control::new(Parts {
        store: Store::open(&data.join("smartbox.db"), sealer).await.context("no database")?,
        provider: Arc::clone(provider) as Arc<dyn Provider>,
        link: Arc::clone(provider) as Arc<dyn Link>,
        doors: Arc::new(FakeDoors::default()),
        ingress: Arc::new(NoIngress),
        backups: BackupParts::in_memory(Arc::clone(provider) as Arc<dyn Volumes>, data.join("scratch")),
        host: Arc::new(UnknownHost),
        sleep: Thresholds::default(),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        runtime: AgentRuntime::new(pinned().openclaw.clone(), ModelConfig::new(model, Vec::new())),
        admin_secret: AdminSecret::new(&SecretString::from("the-admin-secret-of-this-benchmark")),
        foreign: ForeignIdentities::default(),
        own_address: OwnAddress { listen: SocketAddr::from(([127, 0, 0, 1], 0)), public_hosts: Vec::new() },
        limits: Limits::default(),
    }))
}
