//! Builds the parts and puts them together.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use secrecy::SecretString;
use smartbox_control::{
    AdminSecret, AgentRuntime, Clock, Control, Doors, Entropy, ForeignIdentities, Limits, Parts, Reconciler,
    SystemClock, SystemEntropy, random_token,
};
use smartbox_core::routing::OwnAddress;
use smartbox_edge::{
    BindError, Edge, EdgeConfig, EdgeListener, EdgePorts, RouteTable, Routing, platform_service,
};
use smartbox_egress::{AiGateway, ServicesServer};
use smartbox_http::{HttpParts, HttpState, PublicUrl};
use smartbox_provider::{Link, Provider, ProviderError};
use smartbox_providers::local::LocalProvider;
use smartbox_store::{Keyring, OpenError, Sealer, Store, SystemActor};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::{Daemon, routing};
use crate::adapters::{
    dial::EdgeDial, doors::ServiceDoors, egress::Egress, identity::ApiIdentity, places, ready::ControlReady,
    upstream::UpstreamDial, wake::ControlWake,
};
use crate::console::Console;
use crate::data_dir::DataDir;
use crate::lifecycle::Lifecycle;
use crate::settings::Settings;
use crate::tls::Source;
use crate::{admin_secret, install};

/// The lease under which the boxes of a store are changed.
const LEASE: &str = "reconciler";
/// The lease's time. One data directory has one platform (the lock file sees to that), so the time is only a
/// formality here; its epoch is what fences.
const LEASE_TTL: Duration = Duration::from_hours(24 * 365);

impl Daemon {
    /// Builds everything; serves nothing yet.
    pub(crate) async fn build(settings: Settings, console: &Console) -> Result<Self> {
        let data = DataDir::open(&settings.data_dir, settings.owner)?;
        let listener = bind(&settings).await?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let tls = Source::of(&settings.edge, &data, Arc::clone(&clock))?;
        let listener = match &tls {
            Some(source) => listener.with_tls(source.tls()),
            None => listener,
        };
        let url = public_url(&settings, &listener);
        let store = open_store(&data).await?;
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        let admin_secret = admin_secret::obtain(settings.admin_secret.clone(), &data, &*entropy)?;
        let installed = install::ensure_all(&settings, &data, &*entropy, console).await?;
        let provider = installed.provider;

        let life = Lifecycle::default();
        let link: Arc<dyn Link> = Arc::clone(&provider) as Arc<dyn Link>;
        let gateway = AiGateway::new(settings.models.clone(), smartbox_egress::Limits::default())?;
        let egress = Egress::new(settings.egress.proxy_listen)?;
        let doors = Arc::new(ServiceDoors::new(
            Arc::clone(&link),
            ServicesServer::new(gateway),
            egress.proxy.clone(),
            life.soft.clone(),
        ));
        let control = Control::new(Parts {
            store: store.clone(),
            provider: Arc::clone(&provider) as Arc<dyn Provider>,
            link: Arc::clone(&link),
            doors: Arc::clone(&doors) as Arc<dyn Doors>,
            clock: Arc::clone(&clock),
            entropy: Arc::clone(&entropy),
            runtime: AgentRuntime::new(installed.runtime_version, install::models(settings.models.catalog())),
            admin_secret: accepted_secrets(&settings, &admin_secret),
            foreign: ForeignIdentities { is_dev_mode: settings.edge.dev_mode, ..settings.foreign.build()? },
            own_address: OwnAddress {
                listen: listener.local_addr(),
                public_hosts: settings.edge.public_hosts.clone(),
            },
            limits: Limits {
                delete_grace: settings.delete_grace,
                stop_grace: settings.stop_grace,
                ..Limits::default()
            },
        });
        let epoch = epoch(&store, &*entropy, &*clock).await?;
        let reconciler = Reconciler::new(control.clone(), epoch);
        let (routing, outcomes) = routing::wire(&control);
        let dial = EdgeDial { link, upstreams: UpstreamDial::new().context("TLS cannot be used")? };
        let (routes, edge) = edge(&settings, &control, (dial, routing), &url, &life);
        Ok(Self {
            settings,
            data,
            url,
            tls,
            listener,
            edge,
            control,
            provider,
            doors,
            egress,
            reconciler,
            routes,
            outcomes,
            life,
            admin_secret,
        })
    }
}

fn accepted_secrets(settings: &Settings, secret: &SecretString) -> AdminSecret {
    let accepted = AdminSecret::new(secret);
    match &settings.admin_secret_previous {
        Some(previous) => accepted.or_previous(previous),
        None => accepted,
    }
}

async fn bind(settings: &Settings) -> Result<EdgeListener> {
    EdgeListener::bind(settings.edge.listen).await.map_err(|error| match error {
        taken @ BindError::Taken { .. } => {
            anyhow::anyhow!("{taken}\nhelp: stop that program, or choose another port with SMARTBOX_LISTEN")
        }
        other => other.into(),
    })
}

/// The address that people open: with TLS under the name in the certificate, else on this machine.
fn public_url(settings: &Settings, listener: &EdgeListener) -> String {
    let mut address = listener.local_addr();
    if !settings.edge.speaks_tls() {
        return format!("http://{}", on_this_machine(address));
    }
    match (settings.edge.public_hosts.first(), address.port()) {
        (Some(name), 443) => format!("https://{name}"),
        (Some(name), port) => format!("https://{name}:{port}"),
        (None, _) => {
            address = on_this_machine(address);
            format!("https://{address}")
        }
    }
}

/// Where this machine itself reaches a listener.
pub(super) fn on_this_machine(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() {
            Ipv4Addr::LOCALHOST.into()
        } else {
            Ipv6Addr::LOCALHOST.into()
        });
    }
    address
}

async fn open_store(data: &DataDir) -> Result<Store> {
    // A new key beside an old database would make every secret unreadable without saying so.
    if data.database().exists() && !data.keyring().exists() {
        bail!(
            "the sealing key {} is missing, and the database needs it\n\
             help: put the key file back from its backup",
            data.keyring().display()
        );
    }
    data.make_private_dir(&data.keyring())?;
    let keyring = Keyring::open_or_create(&data.keyring()).context("the sealing key cannot be used")?;
    Store::open(&data.database(), Sealer::new(keyring)).await.map_err(|error: OpenError| error.into())
}

/// Takes the lease of this store's boxes; its epoch fences whoever held it before.
async fn epoch(store: &Store, entropy: &dyn Entropy, clock: &dyn Clock) -> Result<i64> {
    let fleet = store.fleet(SystemActor::new("start"));
    // The holder's name is not kept between starts, so the lease of the last start is given up first: the lock
    // of the data directory proves that its holder is gone.
    if let Some(last) = fleet.meta_get(LEASE).await?
        && let Some((holder, epoch)) = last.split_once(' ')
        && let Ok(epoch) = epoch.parse()
    {
        fleet.release_lease(LEASE, holder, epoch).await?;
    }
    let holder = random_token(entropy);
    let epoch = fleet.acquire_lease(LEASE, &holder, LEASE_TTL, clock.now()).await?;
    let epoch = epoch.context("another platform acts on this database")?;
    fleet.meta_set(LEASE, &format!("{holder} {epoch}")).await?;
    Ok(epoch)
}

fn edge(
    settings: &Settings,
    control: &Control,
    outside: (EdgeDial, Routing),
    url: &str,
    life: &Lifecycle,
) -> (watch::Sender<Arc<RouteTable>>, Edge) {
    let mut config = settings.edge.config(settings.hold);
    config.local_url = Some(url.to_owned());
    config.platform_cookies.extend(settings.foreign.cookies());
    wire_edge(config, control, outside, url, (&life.soft, &life.hard))
}

/// An edge in front of this platform. The signals are to finish what it has, and to drop it.
pub(crate) fn wire_edge(
    config: EdgeConfig,
    control: &Control,
    (dial, routing): (EdgeDial, Routing),
    url: &str,
    (soft, hard): (&CancellationToken, &CancellationToken),
) -> (watch::Sender<Arc<RouteTable>>, Edge) {
    let (routes, followed) = watch::channel(Arc::new(RouteTable::default()));
    let public_url = PublicUrl::default();
    public_url.set(url);
    let state = HttpState::new(HttpParts {
        control: control.clone(),
        public_url,
        box_domains: config.box_domains.clone(),
        ready: Arc::new(ControlReady(control.clone())),
        version: env!("CARGO_PKG_VERSION"),
        stop: soft.clone(),
    });
    let api = smartbox_http::router(state).map_request(places::hand_over);
    let clock = control.clock();
    let ports = EdgePorts {
        routes: followed,
        identity: Arc::new(ApiIdentity(control.clone())),
        wake: Arc::new(ControlWake(control.clone())),
        dial: Arc::new(dial),
        platform: platform_service(api),
        routing,
        mount: smartbox_openclaw::control_ui::mount,
        request_ids: Arc::new(|| format!("req_{}", random_token(&SystemEntropy))),
        clock: Arc::new(move || clock.now()),
    };
    (routes, Edge::new(config, ports, soft.clone(), hard))
}

/// Stops every box that has processes, without a change of intent: the next start brings them back.
pub(super) async fn stop_all(provider: &LocalProvider) -> Result<(), ProviderError> {
    for seen in provider.observe_all().await? {
        if seen.generation.is_some() {
            provider.ensure_stopped(seen.id, seen.epoch).await?;
        }
    }
    Ok(())
}
