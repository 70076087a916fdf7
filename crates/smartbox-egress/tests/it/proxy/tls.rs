//! Certificates, and both ends of TLS.

use std::sync::{Arc, Mutex};

use anyhow::Result;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use smartbox_egress::Leaf;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::client::TlsStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::rig::{Rig, read_head, soon, upstream};

/// Somebody who issues certificates.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
}

impl Default for Authority {
    fn default() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params.distinguished_name.push(DnType::CommonName, "an authority of a test");
        let certificate = params.self_signed(&key).unwrap().der().clone();
        Self { issuer: Issuer::new(params, key), certificate }
    }
}

impl Authority {
    pub(crate) fn leaf(&self, host: &str) -> Leaf {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Leaf { certificate: certificate.pem(), key: key.serialize_pem().into() }
    }

    pub(crate) fn store(&self) -> RootCertStore {
        let mut store = RootCertStore::empty();
        store.add(self.certificate.clone()).unwrap();
        store
    }

    /// A program that believes this one alone.
    pub(crate) fn client(&self, alpn: &[&[u8]]) -> TlsConnector {
        let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(self.store())
            .with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        TlsConnector::from(Arc::new(config))
    }

    pub(crate) fn server(&self, host: &str) -> TlsAcceptor {
        use secrecy::ExposeSecret as _;
        let leaf = self.leaf(host);
        let certificate = CertificateDer::from_pem_slice(leaf.certificate.as_bytes()).unwrap();
        let key = PrivateKeyDer::from_pem_slice(leaf.key.expose_secret().as_bytes()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}

/// An upstream with TLS that answers each request with its head and body, and what it has seen.
pub(crate) struct Echo {
    pub(crate) port: u16,
    pub(crate) seen: Arc<Mutex<Vec<String>>>,
    _served: JoinSet<()>,
}

impl Echo {
    /// With a certificate for `host` by this authority.
    pub(crate) async fn new(authority: &Authority, host: &str) -> Result<Self> {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (acceptor, noted) = (authority.server(host), Arc::clone(&seen));
        let (port, served) = upstream(move |stream| {
            let (acceptor, noted) = (acceptor.clone(), Arc::clone(&noted));
            async move {
                let mut stream = acceptor.accept(stream).await?;
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await?);
                }
                let head = String::from_utf8(head)?;
                noted.lock().unwrap().push(head.clone());
                let answer = format!(
                    "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{head}",
                    head.len()
                );
                stream.write_all(answer.as_bytes()).await?;
                Ok(stream.shutdown().await?)
            }
        })
        .await?;
        Ok(Self { port, seen, _served: served })
    }
}

/// Asks for a tunnel to `host` and begins TLS through it, for `named`, believing this authority alone.
pub(crate) async fn tunnelled(
    rig: &Rig,
    authority: &Authority,
    (host, port): (&str, u16),
    named: &str,
    alpn: &[&[u8]],
) -> Result<TlsStream<TcpStream>> {
    let mut stream = rig.dial().await?;
    stream.write_all(format!("CONNECT {host}:{port} HTTP/1.1\r\n\r\n").as_bytes()).await?;
    let head = read_head(&mut stream).await?;
    anyhow::ensure!(head.starts_with("HTTP/1.1 200 "), "{head}");
    let name = ServerName::try_from(named.to_owned())?;
    Ok(soon(authority.client(alpn).connect(name, stream)).await??)
}

/// Sends one request through TLS and reads the answer.
pub(crate) async fn ask(mut stream: TlsStream<TcpStream>, request: &str) -> Result<String> {
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    soon(stream.read_to_end(&mut answer)).await??;
    Ok(String::from_utf8(answer)?)
}
