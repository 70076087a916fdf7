//! An edge that serves nobody but answers authorities, a place to keep things, and a client.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use http::{Request, Response};
use http_body_util::Empty;
use jiff::{SignedDuration, Timestamp};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use smartbox_acme::Vault;
use smartbox_core::routing::BaseUrl;
use smartbox_core::{BoxId, Principal};
use smartbox_edge::ports::{
    Caller, DeviceNotApproved, Dial, Duplex, EdgePorts, Identity, Wake, WakeRefused, platform_service,
};
use smartbox_edge::{Body, Edge, EdgeConfig, EdgeListener, RouteTable, Routing, Tls};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::sync::CancellationToken;

/// Keeps things as long as the test.
#[derive(Default)]
pub(crate) struct Memory(Mutex<BTreeMap<String, Vec<u8>>>);

impl Memory {
    pub(crate) fn names(&self) -> Vec<String> {
        self.0.lock().unwrap().keys().cloned().collect()
    }
}

impl Vault for Memory {
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        Ok(self.0.lock().unwrap().get(name).cloned())
    }

    fn write(&self, name: &str, content: &[u8]) -> io::Result<()> {
        self.0.lock().unwrap().insert(name.to_owned(), content.to_vec());
        Ok(())
    }
}

/// The wall clock, some days later. The authority lives by the real one.
pub(crate) fn clock(days: i64) -> Arc<dyn Fn() -> Timestamp + Send + Sync> {
    let later = SignedDuration::from_hours(24 * days);
    Arc::new(move || Timestamp::try_from(std::time::UNIX_EPOCH + real()).unwrap() + later)
}

#[expect(clippy::disallowed_methods, reason = "the authority lives by the real clock")]
fn real() -> std::time::Duration {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap()
}

/// Nobody is known, nothing runs, nobody is reached.
struct Nobody;

#[async_trait::async_trait]
impl Identity for Nobody {
    async fn identify(
        &self,
        _head: &http::request::Parts,
        _peer: SocketAddr,
    ) -> Result<Option<Caller>, DeviceNotApproved> {
        Ok(None)
    }
}

#[async_trait::async_trait]
impl Wake for Nobody {
    async fn wake(&self, _id: BoxId, _principal: &Principal) -> Result<(), WakeRefused> {
        Ok(())
    }
}

#[async_trait::async_trait]
impl Dial for Nobody {
    async fn dial(&self, _id: BoxId, _port: u16) -> io::Result<Box<dyn Duplex>> {
        Err(io::ErrorKind::ConnectionRefused.into())
    }

    async fn dial_upstream(&self, _upstream: &BaseUrl) -> io::Result<Box<dyn Duplex>> {
        Err(io::ErrorKind::ConnectionRefused.into())
    }
}

/// A running edge.
pub(crate) struct World {
    stop: CancellationToken,
    server: JoinSet<()>,
}

impl World {
    pub(crate) async fn serve(port: u16, tls: Tls) -> Self {
        let empty = |_request: Request<Body>| async { Ok::<_, Infallible>(Response::new(Empty::new())) };
        let ports = EdgePorts {
            peers: smartbox_edge::Peers::none(),
            routes: watch::channel(Arc::new(RouteTable::default())).1,
            identity: Arc::new(Nobody),
            wake: Arc::new(Nobody),
            dial: Arc::new(Nobody),
            platform: platform_service(tower::service_fn(empty)),
            routing: Routing::new(watch::channel(Arc::default()).1, mpsc::channel(1).0, "smartbox-test"),
            traces: None,
            mount: |_page, _prefix| None,
            request_ids: Arc::new(|| "req".to_owned()),
            clock: clock(0),
        };
        let stop = CancellationToken::new();
        let edge = Edge::new(EdgeConfig::default(), ports, stop.clone(), &CancellationToken::new());
        let listener = EdgeListener::bind(SocketAddr::from(([127, 0, 0, 1], port))).await.unwrap();
        let mut server = JoinSet::new();
        server.spawn(edge.serve(listener.with_tls(tls)));
        Self { stop, server }
    }

    /// Gives the port back.
    pub(crate) async fn end(mut self) {
        self.stop.cancel();
        self.server.join_next().await.unwrap().unwrap();
    }
}

/// The certificate that a client gets to see that trusts this root.
pub(crate) async fn connect(port: u16, name: &str, root: &str) -> io::Result<Vec<u8>> {
    let stream = open(port, name, root).await?;
    Ok(stream.get_ref().1.peer_certificates().unwrap()[0].to_vec())
}

async fn open(port: u16, name: &str, root: &str) -> io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(root.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let name = ServerName::try_from(name.to_owned()).unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

/// The body of an answer of the authority's own pages.
pub(crate) async fn get(port: u16, path: &str, root: &str) -> String {
    let mut stream = open(port, "localhost", root).await.unwrap();
    let request = format!("GET {path} HTTP/1.0\r\nhost: localhost\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}
