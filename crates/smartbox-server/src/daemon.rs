//! The platform in one process: bind first, then open, install and wire; then serve until told to stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use secrecy::{ExposeSecret, SecretString};
use smartbox_control::{
    AdminSecret, AgentRuntime, Clock, Control, Entropy, Janitor, NewBox, Op, Parts, Reconciler, SystemClock,
    SystemEntropy,
};
use smartbox_core::Principal;
use smartbox_edge::{Edge, EdgeConfig, EdgePorts, RouteTable, Scheme, platform_service};
use smartbox_egress::{AiGateway, ServicesServer};
use smartbox_provider::{Link, Provider};
use smartbox_providers::local::LocalProvider;
use smartbox_store::{Keyring, Sealer, Store, SystemActor};
use tokio::sync::watch;

use crate::adapters::{dial::LinkDial, doors::ServiceDoors, identity::ApiIdentity, routes, wake::ControlWake};
use crate::console::Console;
use crate::data_dir::DataDir;
use crate::lifecycle::Lifecycle;
use crate::settings::Settings;
use crate::signals::Signals;
use crate::{admin_secret, install, platform_file};

/// How long requests and jobs may go on after the first signal.
const STOP_GRACE: Duration = Duration::from_secs(15);
/// The org of a platform that has only one.
const FIRST_ORG: &str = "home";
/// The box that the first start creates.
const FIRST_BOX: &str = "home";

/// The platform, wired and ready to run.
pub(crate) struct Daemon {
    settings: Settings,
    data: DataDir,
    admin_secret: SecretString,
    url: String,
    edge: Edge,
    control: Control,
    provider: Arc<LocalProvider>,
    doors: Arc<ServiceDoors>,
    reconciler: Reconciler,
    ports: EdgePorts,
    routes: watch::Sender<Arc<RouteTable>>,
    life: Lifecycle,
}
