//! A platform over the fake provider, with a real database.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use secrecy::SecretString;
use smartbox_control::{
    AdminSecret, AgentRuntime, BackupParts, Carried, Control, Courier, Event, ForeignIdentities, Letter,
    Limits, NewBox, NoIngress, Op, Parts, SystemClock, SystemEntropy, UnknownHost,
};
use smartbox_core::routing::OwnAddress;
use smartbox_core::webhook::Attempt;
use smartbox_core::{Principal, Thresholds};
use smartbox_openclaw::versions::pinned;
use smartbox_openclaw::{Model, ModelApi, ModelConfig};
use smartbox_provider::fake::FakeProvider;
use smartbox_provider::{Files, Link, Provider, Volumes};
use smartbox_store::{Keyring, Sealer, Store};
use smartbox_testkit::{FakeDoors, FakeRuntimes};

use crate::ADMIN_SECRET;

/// All of it; nothing runs yet.
pub(crate) async fn control(data: &Path, provider: &Arc<FakeProvider>) -> Result<Control> {
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
        files: Arc::clone(provider) as Arc<dyn Files>,
        doors: Arc::new(FakeDoors::default()),
        ingress: Arc::new(NoIngress),
        backups: BackupParts::in_memory(Arc::clone(provider) as Arc<dyn Volumes>, data.join("scratch")),
        courier: Arc::new(NoCourier),
        host: Arc::new(UnknownHost),
        sleep: Thresholds::default(),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        runtime: AgentRuntime::new(pinned().openclaw.clone(), ModelConfig::new(model, Vec::new())),
        runtimes: Arc::new(FakeRuntimes::default()),
        admin_secret: AdminSecret::new(&SecretString::from(ADMIN_SECRET)),
        foreign: ForeignIdentities::default(),
        own_address: OwnAddress { listen: SocketAddr::from(([127, 0, 0, 1], 0)), public_hosts: Vec::new() },
        limits: Limits::default(),
    }))
}

/// Makes so many boxes that do not run.
pub(crate) async fn make_boxes(control: &Control, boxes: usize) -> Result<()> {
    let op = Op::new(Principal::Admin);
    for number in 0..boxes {
        let new = NewBox { name: format!("box-{number}"), start: Some(false), ..NewBox::default() };
        control.create_box(&op, &new).await?;
    }
    Ok(())
}

/// Nobody has a webhook here.
struct NoCourier;

#[async_trait::async_trait]
impl Courier for NoCourier {
    fn body(&self, _event: &Event) -> Result<Vec<u8>, smartbox_control::Error> {
        Ok(Vec::new())
    }

    fn check(&self, _url: &str) -> Result<(), String> {
        Err("nothing is sent here".to_owned())
    }

    async fn carry(&self, _letter: Letter) -> Carried {
        Carried { attempt: Attempt::NotTaken, status: None, why: None }
    }
}
