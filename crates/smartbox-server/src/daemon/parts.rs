//! Builds the parts and puts them together.

use std::sync::Arc;

use anyhow::{Context, Result};
use secrecy::SecretString;
use smartbox_control::{
    AdminSecret, AgentRuntime, BackupParts, Clock, Control, Doors, Entropy, ForeignIdentities, Ingress,
    Limits, Parts, SystemClock, SystemEntropy,
};
use smartbox_core::routing::Outcome;
use smartbox_edge::ports::Traces;
use smartbox_edge::{Edge, EdgeConfig, EdgePorts, Peers, RouteTable, Routing, platform_service};
use smartbox_egress::{AiGateway, ServicesServer};
use smartbox_http::{ApiNumbers, HttpParts, HttpState, Insight, PublicUrl};
use smartbox_provider::{Files, Link, Provider, ProviderError, Volumes};
use smartbox_providers::local::LocalProvider;
use smartbox_store::Store;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::sharing::Sharing;
use super::{Daemon, database, listen, routing};
use crate::adapters::ingress::EdgeIngress;
use crate::adapters::{
    dial::EdgeDial, doors::ServiceDoors, egress::Egress, host::ThisHost, identity::ApiIdentity,
    insight::ThisProcess, models::Models, models::door::AiDoor, places, ready::ControlReady,
    request_ids::RequestIds, runtimes::LocalRuntimes, upstream::UpstreamDial, wake::ControlWake,
    webhooks::WebhookCourier,
};
use crate::console::Console;
use crate::data_dir::DataDir;
use crate::install::Installed;
use crate::lifecycle::Lifecycle;
use crate::metrics::{self, Dropped, Sources};
use crate::platform_backup::PlatformBackup;
use crate::settings::Settings;
use crate::signals::Signals;
use crate::telemetry::Telemetry;
use crate::traces::OtelTraces;
use crate::{admin_secret, install, roots};

impl Daemon {
    /// Builds everything; serves nothing yet.
    pub(crate) async fn build(
        settings: Settings,
        telemetry: Telemetry,
        signals: &mut Signals,
        console: &Console,
    ) -> Result<Self> {
        let (data, turn) = database::data_dir(&settings, signals, console).await?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let (listener, tls) = listen::listen(&settings, &data, &clock).await?;
        let url = listen::public_url(&settings, &listener);
        let store = database::open(&settings, &data).await?;
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        let admin_secret = admin_secret::obtain(settings.admin_secret.clone(), &data, &*entropy)?;
        let installed = install::ensure_all(&settings, &data, &*entropy, console).await?;
        let runtimes = runtimes(&settings, &installed, &entropy);
        let provider = installed.provider;

        let life = Lifecycle::default();
        let link: Arc<dyn Link> = Arc::clone(&provider) as Arc<dyn Link>;
        let roots = roots::load(settings.egress.extra_roots.as_deref())?;
        let (dropped, ingress) = (&telemetry.dropped, Arc::new(EdgeIngress::default()));
        let watched = Watched::of(&settings, &telemetry, &life);
        let metrics = bind_metrics(&settings).await?;
        let egress = Egress::new(settings.egress.proxy_listen, roots.store, Arc::clone(dropped))?;
        let models = Models::new(&settings.models, &clock, watched.traces.as_ref())?;
        let doors = Arc::new(doors(&link, &models.gateway, &egress, &life));
        let (backups, platform_backup) = backups(&settings, &data, &store, &*entropy, &provider)?;
        let control = Control::new(Parts {
            store: store.clone(),
            provider: Arc::clone(&provider) as Arc<dyn Provider>,
            link: Arc::clone(&link),
            files: Arc::clone(&provider) as Arc<dyn Files>,
            doors: Arc::clone(&doors) as Arc<dyn Doors>,
            ingress: Arc::clone(&ingress) as Arc<dyn Ingress>,
            backups,
            courier: Arc::new(WebhookCourier::new(settings.webhooks_inside)?),
            sleep: settings.sleep,
            host: Arc::new(ThisHost::default()),
            clock: Arc::clone(&clock),
            entropy: Arc::clone(&entropy),
            runtime: AgentRuntime::new(installed.runtime_version, install::models(settings.models.catalog()))
                .with_roots(roots.pem),
            runtimes: Arc::new(runtimes),
            admin_secret: accepted_secrets(&settings, &admin_secret),
            foreign: ForeignIdentities { is_dev_mode: settings.edge.dev_mode, ..settings.foreign.build()? },
            own_address: listen::own_address(&settings, &listener),
            limits: limits(&settings),
        });
        let of_database = (&settings, &store, &data);
        let (sharing, peers) = Sharing::join(of_database, &control, turn, (signals, console)).await?;
        let (routes, outcomes, edge) =
            edge(&settings, &control, (&models, link, peers), (&url, &watched), &life)?;
        ingress.set(edge.ingress());
        let sources = sources(&control, (&edge, watched.numbers), &egress, &models, dropped);
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
            models,
            sharing,
            routes,
            outcomes,
            life,
            admin_secret,
            metrics: metrics.map(|listener| (listener, sources)),
            telemetry,
            platform_backup,
        })
    }
}

/// The versions of the agent runtime on this machine.
fn runtimes(settings: &Settings, installed: &Installed, entropy: &Arc<dyn Entropy>) -> LocalRuntimes {
    LocalRuntimes {
        store: installed.runtimes.clone(),
        provider: Arc::clone(&installed.provider),
        models: install::models(settings.models.catalog()),
        entropy: Arc::clone(entropy),
        schemas: tokio::sync::Mutex::default(),
    }
}

/// What saves boxes, and what saves the platform's own database.
fn backups(
    settings: &Settings,
    data: &DataDir,
    store: &Store,
    entropy: &dyn Entropy,
    provider: &Arc<LocalProvider>,
) -> Result<(BackupParts, PlatformBackup)> {
    let depot = settings.backup.depot(data)?;
    let platform = PlatformBackup::new(data, &depot, store, entropy, settings.backup.policy.clone())?;
    let volumes = Arc::clone(provider) as Arc<dyn Volumes>;
    let scratch = data.scratch()?;
    Ok((BackupParts { volumes, depot, scratch }, platform))
}

async fn bind_metrics(settings: &Settings) -> Result<Option<TcpListener>> {
    match settings.metrics_listen {
        Some(address) => Ok(Some(metrics::bind(address).await?)),
        None => Ok(None),
    }
}

/// Whose numbers are shown.
fn sources(
    control: &Control,
    (edge, api): (&Edge, ApiNumbers),
    egress: &Egress,
    models: &Models,
    dropped: &Arc<Dropped>,
) -> Sources {
    Sources {
        control: control.clone(),
        edge: edge.numbers(),
        proxy: egress.proxy.clone(),
        gateway: models.gateway.clone(),
        api,
        dropped: Arc::clone(dropped),
    }
}

/// The platform's services inside the boxes.
fn doors(link: &Arc<dyn Link>, gateway: &AiGateway, egress: &Egress, life: &Lifecycle) -> ServiceDoors {
    let services = ServicesServer::new(gateway.clone());
    ServiceDoors::new(Arc::clone(link), services, egress.proxy.clone(), life.soft.clone())
}

fn accepted_secrets(settings: &Settings, secret: &SecretString) -> AdminSecret {
    let accepted = AdminSecret::new(secret);
    match &settings.admin_secret_previous {
        Some(previous) => accepted.or_previous(previous),
        None => accepted,
    }
}

/// Bounds and times that are settings.
fn limits(settings: &Settings) -> Limits {
    Limits {
        delete_grace: settings.delete_grace,
        stop_grace: settings.stop_grace,
        host: settings.host,
        prewarm_on_sign_in: settings.prewarm_on_sign_in,
        schedule_stagger: settings.schedule_stagger,
        monitor_interval: settings.monitor_interval,
        backups: settings.backup.policy.clone(),
        runtime_floor: settings.runtime_floor.clone(),
        ..Limits::default()
    }
}

/// The edge, who follows its routes, and what it says of them.
fn edge(
    settings: &Settings,
    control: &Control,
    (models, link, peers): (&Models, Arc<dyn Link>, Peers),
    (url, watched): (&str, &Watched),
    life: &Lifecycle,
) -> Result<(watch::Sender<Arc<RouteTable>>, mpsc::Receiver<Outcome>, Edge)> {
    let (routing, outcomes) = routing::wire(control);
    let dial = EdgeDial { link, upstreams: UpstreamDial::new().context("TLS cannot be used")? };
    let mut config = settings.edge.config(settings.hold);
    config.local_url = Some(url.to_owned());
    config.platform_cookies.extend(settings.foreign.cookies());
    let inside = (control, &models.gateway);
    let ends = (&life.soft, &life.hard);
    let (routes, edge) = wire_edge(config, inside, (dial, routing, peers), (url, watched.clone()), ends);
    Ok((routes, outcomes, edge))
}

/// Who looks at what the edge and the API do.
#[derive(Clone, Default)]
pub(crate) struct Watched {
    /// Where requests belong in traces.
    pub(crate) traces: Option<Arc<dyn Traces>>,
    /// What the API has answered.
    pub(crate) numbers: ApiNumbers,
    /// What people on this machine see of the process.
    pub(crate) insight: Option<Arc<ThisProcess>>,
}

impl Watched {
    fn of(settings: &Settings, telemetry: &Telemetry, life: &Lifecycle) -> Self {
        let insight = || Arc::new(ThisProcess::new(life.clone(), telemetry.log.clone()));
        Self {
            traces: telemetry.shipper.as_ref().map(|_shipper| Arc::new(OtelTraces) as Arc<dyn Traces>),
            numbers: ApiNumbers::default(),
            insight: settings.edge.debug_routes.then(insight),
        }
    }
}

/// An edge in front of this platform. The signals are to finish what it has, and to drop it.
pub(crate) fn wire_edge(
    config: EdgeConfig,
    (control, gateway): (&Control, &AiGateway),
    (dial, routing, peers): (EdgeDial, Routing, Peers),
    (url, watched): (&str, Watched),
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
        numbers: watched.numbers,
        insight: watched.insight.clone().map(|insight| insight as Arc<dyn Insight>),
        version: env!("CARGO_PKG_VERSION"),
        stop: soft.clone(),
    });
    let api = smartbox_http::router(state).map_request(places::hand_over).map_response(places::hand_back);
    let api = AiDoor { control: control.clone(), gateway: gateway.clone(), rest: platform_service(api) };
    let clock = control.clock();
    let request_ids = RequestIds::new(SystemEntropy);
    let ports = EdgePorts {
        routes: followed,
        identity: Arc::new(ApiIdentity(control.clone())),
        wake: Arc::new(ControlWake(control.clone())),
        dial: Arc::new(dial),
        platform: platform_service(api),
        routing,
        peers,
        traces: watched.traces,
        mount: smartbox_openclaw::control_ui::mount,
        request_ids: Arc::new(move || request_ids.next()),
        clock: Arc::new(move || clock.now()),
    };
    let edge = Edge::new(config, ports, soft.clone(), hard);
    if let Some(insight) = watched.insight {
        // Nobody else sets it.
        let _first = insight.edge.set(edge.look());
    }
    (routes, edge)
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
