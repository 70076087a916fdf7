use std::net::SocketAddr;

use reqwest::Url;
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::client::{Client, Route};
use crate::platform::{Pinned, Platform};

/// A server with a certificate that nobody has heard of, and the SHA-256 of that.
async fn server(tasks: &mut JoinSet<()>) -> (SocketAddr, [u8; 32]) {
    let made = rcgen::generate_simple_self_signed(vec!["boxes.example".to_owned()]).unwrap();
    let certificate = made.cert.der().clone();
    let sha256 = digest(&SHA256, &certificate).as_ref().try_into().unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(crypto::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tasks.spawn(async move {
        while let Ok((stream, _peer)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let _request = stream.read(&mut [0; 4096]).await;
            let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
            let _sent = stream.write_all(answer.as_bytes()).await;
            let _end = stream.shutdown().await;
        }
    });
    (address, sha256)
}

#[tokio::test]
async fn the_platform_of_this_machine_is_known_by_its_certificate_alone() {
    let mut tasks = JoinSet::new();
    let (connect, certificate) = server(&mut tasks).await;
    let ask = |pinned: Option<Pinned>| async move {
        // The name leads nowhere: what counts is where the platform has said that it listens.
        let url = Url::parse(&format!("https://boxes.example:{}/", connect.port())).unwrap();
        let client =
            Client::new(Platform { url, token: None, written_by: None, warnings: Vec::new(), pinned });
        client.unwrap().get::<serde_json::Value>(Route::root(&["health"])).await.is_ok()
    };
    assert!(ask(Some(Pinned { connect, certificate })).await);
    assert!(!ask(Some(Pinned { connect, certificate: [7; 32] })).await);
}
