//! Certificates, and clients that speak TLS and HTTP/2.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use h2::client::{Builder, SendRequest};
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use smartbox_edge::{EdgeConfig, Route, Tls, TlsIdentity};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::gateway::Gateway;
use crate::harness::{Answer, LIMIT, TestEdge, ready};

/// A name of the edge besides its address.
pub(crate) const NAME: &str = "boxes.example";

/// A certificate and its key.
pub(crate) struct Pair {
    pub(crate) certificate: String,
    pub(crate) key: String,
    pub(crate) der: CertificateDer<'static>,
}

impl Pair {
    /// For all names of the edge, signed by itself.
    pub(crate) fn new() -> Self {
        let names = vec![NAME.to_owned(), "localhost".to_owned(), "127.0.0.1".to_owned()];
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        Self {
            certificate: made.cert.pem(),
            key: made.signing_key.serialize_pem(),
            der: made.cert.der().clone(),
        }
    }

    pub(crate) fn identity(&self) -> TlsIdentity {
        TlsIdentity::from_pem(self.certificate.as_bytes(), self.key.as_bytes()).unwrap()
    }
}

/// An edge that speaks TLS, with one box named `home`.
pub(crate) struct Secure {
    pub(crate) edge: TestEdge,
    pub(crate) gateway: Gateway,
    pub(crate) pair: Pair,
    pub(crate) tls: Tls,
}

impl Secure {
    pub(crate) async fn start() -> Self {
        Self::start_with(EdgeConfig::default(), vec![ready(1, 1, "home", true)]).await
    }

    pub(crate) async fn start_with(config: EdgeConfig, routes: Vec<Route>) -> Self {
        let pair = Pair::new();
        let tls = Tls::new(pair.identity()).unwrap();
        let shown = tls.clone();
        let config = EdgeConfig { public_hosts: vec![NAME.to_owned()], ..config };
        let edge = TestEdge::start_on(config, routes, |listener| listener.with_tls(shown)).await;
        let gateway = Gateway::start().await;
        edge.plug(1, &gateway);
        Self { edge, gateway, pair, tls }
    }

    /// A TLS connection on which one of these protocols is spoken.
    pub(crate) async fn connect(&self, protocols: &[&str]) -> io::Result<TlsStream<TcpStream>> {
        self.connect_knowing(&self.pair, protocols).await
    }

    /// The same, of a client that knows this certificate only.
    pub(crate) async fn connect_knowing(
        &self,
        pair: &Pair,
        protocols: &[&str],
    ) -> io::Result<TlsStream<TcpStream>> {
        let stream = TcpStream::connect(self.edge.address).await?;
        connector(pair, protocols).connect(ServerName::try_from(NAME).unwrap(), stream).await
    }

    /// Sends a request over HTTP/1.1, and reads the whole answer.
    pub(crate) async fn ask(&self, request: Request<Full<Bytes>>) -> Answer {
        let stream = self.connect(&["http/1.1"]).await.unwrap();
        let (mut sender, driver) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        let mut client = JoinSet::new();
        client.spawn(async move { drop(driver.await) });
        let response = tokio::time::timeout(LIMIT, sender.send_request(request)).await.unwrap().unwrap();
        let (head, body) = response.into_parts();
        Answer { status: head.status, headers: head.headers, body: body.collect().await.unwrap().to_bytes() }
    }

    /// A client that speaks HTTP/2.
    pub(crate) async fn http2(&self) -> Client {
        self.http2_with(&mut Builder::new()).await
    }

    /// The same, with settings of its own.
    pub(crate) async fn http2_with(&self, builder: &mut Builder) -> Client {
        let stream = self.connect(&["h2", "http/1.1"]).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let (sender, connection) = builder.handshake(stream).await.unwrap();
        let mut driver = JoinSet::new();
        driver.spawn(async move { connection.await.map_err(|error| error.to_string()) });
        Client { sender, driver }
    }
}

/// Connects as a client that knows one certificate.
fn connector(pair: &Pair, protocols: &[&str]) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(pair.der.clone()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    TlsConnector::from(Arc::new(config))
}

/// One connection of HTTP/2.
pub(crate) struct Client {
    pub(crate) sender: SendRequest<Bytes>,
    driver: JoinSet<Result<(), String>>,
}

impl Client {
    /// Sends a request without body, and reads the whole answer.
    pub(crate) async fn ask(&mut self, request: Request<()>) -> Result<Answer, h2::Error> {
        let response = self.begin(request).await?;
        let (head, mut body) = response.into_parts();
        let mut whole = Vec::new();
        while let Some(piece) = tokio::time::timeout(LIMIT, body.data()).await.expect("in time") {
            let piece = piece?;
            body.flow_control().release_capacity(piece.len())?;
            whole.extend_from_slice(&piece);
        }
        Ok(Answer { status: head.status, headers: head.headers, body: whole.into() })
    }

    /// Sends a request without body; its answer is still coming.
    pub(crate) async fn begin(
        &mut self,
        request: Request<()>,
    ) -> Result<http::Response<h2::RecvStream>, h2::Error> {
        let mut ready = self.sender.clone().ready().await?;
        let (response, _nothing) = ready.send_request(request, true)?;
        tokio::time::timeout(LIMIT, response).await.expect("in time")
    }

    /// Waits until the connection ends, and says how.
    pub(crate) async fn ended(mut self) -> Result<(), String> {
        tokio::time::timeout(LIMIT, self.driver.join_next()).await.expect("in time").unwrap().unwrap()
    }
}

/// A GET by the user of org 1.
pub(crate) fn get(path: &str) -> Request<()> {
    let request = Request::get(format!("https://{NAME}{path}")).version(http::Version::HTTP_2);
    request.header("cookie", "smartbox_session=1").body(()).unwrap()
}
