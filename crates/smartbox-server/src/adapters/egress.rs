//! What the forward proxy needs of the platform.

pub(crate) mod admissions;
pub(crate) mod policies;
pub(crate) mod report;

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use anyhow::{Context, Result};
use secrecy::{ExposeSecret, SecretString};
use smartbox_control::{Control, EgressUsage};
use smartbox_core::{BoxId, Principal};
use smartbox_egress::{
    Accept, Admissions, Authenticate, Duplex, ForwardProxy, KernelAddresses, Meter, Policies, ProxyLimits,
    ProxyPorts, SystemResolver, Used,
};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{mpsc, watch};

use report::{Noted, Reports};

/// Connections of remote boxes that may wait to be accepted.
const BACKLOG: u32 = 1024;

/// The proxy, and the ends that are connected once there is a control.
pub(crate) struct Egress {
    pub(crate) proxy: ForwardProxy,
    pub(crate) policies: watch::Sender<Arc<Policies>>,
    pub(crate) admissions: watch::Sender<Arc<Admissions>>,
    pub(crate) refused: mpsc::Receiver<Noted>,
    pub(crate) control: Arc<OnceLock<Control>>,
    pub(crate) listener: Option<TcpListener>,
}

impl Egress {
    /// Builds the proxy; remote boxes are listened for, and nobody is served yet.
    ///
    /// # Errors
    /// The address for remote boxes cannot be had.
    pub(crate) fn new(listen: Option<SocketAddr>) -> Result<Self> {
        let (policies, followed) = watch::channel(Arc::default());
        let (admissions, admitted) = watch::channel(Arc::default());
        let (report, refused) = Reports::new();
        let control = Arc::new(OnceLock::new());
        let ports = ProxyPorts {
            policies: followed,
            admissions: admitted,
            resolver: Arc::new(SystemResolver::default()),
            meter: Arc::new(UsageMeter(Arc::clone(&control))),
            report: Arc::new(report),
            authenticate: Arc::new(BoxTokens(Arc::clone(&control))),
            own: Arc::new(KernelAddresses),
        };
        let listener = listen.map(bind).transpose().context(
            "the forward proxy for remote boxes cannot listen\nhelp: choose another address with PROXY_LISTEN_ADDR",
        )?;
        Ok(Self {
            proxy: ForwardProxy::new(ports, ProxyLimits::default()),
            policies,
            admissions,
            refused,
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

/// What boxes have used is appended to a table.
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
