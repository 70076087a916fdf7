//! What the forward proxy needs of the platform.

pub(crate) mod admissions;
pub(crate) mod connections;
pub(crate) mod policies;
pub(crate) mod report;

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use anyhow::{Context, Result};
use rustls::RootCertStore;
use secrecy::{ExposeSecret, SecretString};
use smartbox_control::{BoxConnection, Control, EgressUsage, SpendRefused};
use smartbox_core::egress_policy::Host;
use smartbox_core::{BoxId, Principal, SecretName};
use smartbox_egress::{
    Accept, Admissions, Authenticate, Duplex, ForwardProxy, KernelAddresses, Leaf, Meter, Policies,
    ProxyLimits, ProxyPorts, SetAside, SystemResolver, Used, UsedUp, Vault, upstream_tls,
};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{mpsc, watch};

use crate::metrics::Dropped;
use connections::Connections;
use report::{Noted, Reports};

/// Connections of remote boxes that may wait to be accepted.
const BACKLOG: u32 = 1024;

/// The proxy, and the ends that are connected once there is a control.
pub(crate) struct Egress {
    pub(crate) proxy: ForwardProxy,
    pub(crate) policies: watch::Sender<Arc<Policies>>,
    pub(crate) admissions: watch::Sender<Arc<Admissions>>,
    pub(crate) refused: mpsc::Receiver<Noted>,
    pub(crate) connected: mpsc::Receiver<BoxConnection>,
    pub(crate) connections: Connections,
    pub(crate) dropped: Arc<Dropped>,
    pub(crate) control: Arc<OnceLock<Control>>,
    pub(crate) listener: Option<TcpListener>,
}

impl Egress {
    /// Builds the proxy; remote boxes are listened for, and nobody is served yet.
    ///
    /// # Errors
    /// The address for remote boxes cannot be had.
    pub(crate) fn new(
        listen: Option<SocketAddr>,
        roots: RootCertStore,
        dropped: Arc<Dropped>,
    ) -> Result<Self> {
        let (policies, followed) = watch::channel(Arc::default());
        let (admissions, admitted) = watch::channel(Arc::default());
        let (connections, connected) = Connections::new(Arc::clone(&dropped));
        let (report, refused) = Reports::new(connections.clone(), Arc::clone(&dropped));
        let control = Arc::new(OnceLock::new());
        let ports = ProxyPorts {
            policies: followed,
            admissions: admitted,
            resolver: Arc::new(SystemResolver::default()),
            meter: Arc::new(UsageMeter(Arc::clone(&control))),
            report: Arc::new(report),
            authenticate: Arc::new(BoxTokens(Arc::clone(&control))),
            own: Arc::new(KernelAddresses),
            vault: Arc::new(SecretVault(Arc::clone(&control))),
            tls: upstream_tls(roots).context("TLS cannot be used")?,
        };
        let listener = listen.map(bind).transpose().context(
            "the forward proxy for remote boxes cannot listen\nhelp: choose another address with PROXY_LISTEN_ADDR",
        )?;
        Ok(Self {
            proxy: ForwardProxy::new(ports, ProxyLimits::default()),
            policies,
            admissions,
            refused,
            connected,
            connections,
            dropped,
            control,
            listener,
        })
    }
}

fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// A remote box shows a service token that is good for this box alone.
struct BoxTokens(Arc<OnceLock<Control>>);

#[async_trait::async_trait]
impl Authenticate for BoxTokens {
    async fn is_box(&self, id: BoxId, token: &SecretString) -> bool {
        let Some(control) = self.0.get() else { return false };
        // Tokens are found by their hash, so nothing of one is compared byte by byte.
        let found = control.find_token(token.expose_secret()).await.ok().flatten();
        found.is_some_and(|found| match found.principal {
            Principal::Member { only, .. } => only == Some(id),
            Principal::Admin => false,
        })
    }
}

/// Secrets and certificates, asked for when a request needs them.
struct SecretVault(Arc<OnceLock<Control>>);

impl SecretVault {
    fn control(&self) -> Result<&Control, String> {
        self.0.get().ok_or_else(|| "the platform is not ready".to_owned())
    }
}

#[async_trait::async_trait]
impl Vault for SecretVault {
    async fn reveal(&self, id: BoxId, name: &SecretName) -> Result<Option<SecretString>, String> {
        self.control()?.reveal_secret(id, name).await.map_err(|error| told(&error))
    }

    async fn certify(&self, id: BoxId, host: &Host) -> Result<Option<Leaf>, String> {
        // As a certificate has it: without brackets.
        let name = match host {
            Host::Name(name) => name.clone(),
            Host::Address(address) => address.to_string(),
        };
        let made = self.control()?.certify(id, &name).await.map_err(|error| told(&error))?;
        Ok(made.map(|made| Leaf { certificate: made.certificate, key: made.key }))
    }
}

/// An error with its causes, for the log.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

/// What boxes have used is appended to a table, and what they are about to use is set aside in another one.
struct UsageMeter(Arc<OnceLock<Control>>);

#[async_trait::async_trait]
impl Meter for UsageMeter {
    async fn record(&self, used: &[(BoxId, Used)]) -> Result<(), String> {
        let Some(control) = self.0.get() else { return Err("the platform is not ready".to_owned()) };
        let rows: Vec<_> = used
            .iter()
            .map(|(box_id, used)| EgressUsage {
                box_id: *box_id,
                sent: used.sent,
                received: used.received,
                connections: used.connections,
                requests: used.requests,
            })
            .collect();
        control.record_egress_usage(&rows).await.map_err(|error| error.to_string())
    }

    async fn set_aside(&self, id: BoxId) -> Result<SetAside, String> {
        let Some(control) = self.0.get() else { return Err("the platform is not ready".to_owned()) };
        match control.set_bytes_aside(id).await {
            Ok(Some(bytes)) => Ok(SetAside::Bytes(bytes)),
            Ok(None) => Ok(SetAside::Endless),
            Err(SpendRefused::Over { what, current, limit, resets_at, message, .. }) => {
                let (what, resets_at) = (what.to_string(), resets_at.to_string());
                Ok(SetAside::UsedUp(UsedUp { what, current, limit, resets_at, message }))
            }
            Err(SpendRefused::Unavailable) => Err("the database does not answer".to_owned()),
        }
    }

    async fn give_back(&self, id: BoxId, kept: u64) -> Result<(), String> {
        let Some(control) = self.0.get() else { return Err("the platform is not ready".to_owned()) };
        control.give_bytes_back(id, kept).await.map_err(|error| error.to_string())
    }
}

/// Connections of remote boxes.
pub(crate) struct RemoteBoxes(pub(crate) TcpListener);

#[async_trait::async_trait]
impl Accept for RemoteBoxes {
    async fn accept(&mut self) -> std::io::Result<Box<dyn Duplex>> {
        let (stream, _address) = self.0.accept().await?;
        stream.set_nodelay(true)?;
        Ok(Box::new(stream))
    }
}
