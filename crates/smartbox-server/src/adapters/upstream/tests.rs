use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

/// A server of another maker, with a certificate for `localhost`. Ends with the test.
struct Server {
    child: Child,
    port: u16,
    directory: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended = self.child.kill().and_then(|()| self.child.wait());
    }
}

fn openssl(directory: &Path, words: &[&str]) {
    let status = Command::new("openssl").args(words).current_dir(directory).stderr(Stdio::null()).status();
    assert!(status.unwrap().success(), "openssl {words:?}");
}

impl Server {
    async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "key"];
        let about = ["-subj", "/CN=localhost", "-days", "2", "-addext", "subjectAltName=DNS:localhost"];
        let is_no_authority = ["-addext", "basicConstraints=critical,CA:FALSE", "-out", "cert"];
        openssl(directory.path(), &[&["req", "-x509"], &key[..], &about, &is_no_authority].concat());
        // A port that was free a moment ago; openssl takes no port 0.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new("openssl")
            .args([
                "s_server", "-quiet", "-www", "-key", "key", "-cert", "cert", "-alpn", "http/1.1", "-accept",
            ])
            .arg(format!("127.0.0.1:{port}"))
            .current_dir(directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { child, port, directory };
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            tokio::task::yield_now().await;
        }
        server
    }

    /// Believes in this server's certificate and in no other.
    fn believer(&self) -> UpstreamDial {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(self.directory.path().join("cert")).unwrap()).unwrap();
        UpstreamDial::with(builder().with_root_certificates(roots).with_no_client_auth())
    }
}

fn builder() -> rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap()
}

fn url(text: String) -> BaseUrl {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_server_that_proves_its_name_is_talked_to_over_tls() {
    let server = Server::start().await;
    let mut stream =
        server.believer().dial(&url(format!("https://localhost:{}", server.port))).await.unwrap();
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _cut = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.0 200"), "{answer}");
}

#[tokio::test]
async fn a_server_with_another_name_or_of_nobody_known_is_not_talked_to() {
    let server = Server::start().await;
    let believer = server.believer();
    assert!(believer.dial(&url(format!("https://127.0.0.1:{}", server.port))).await.is_err(), "another name");
    let stranger = builder().with_root_certificates(RootCertStore::empty()).with_no_client_auth();
    let stranger = UpstreamDial::with(stranger);
    assert!(
        stranger.dial(&url(format!("https://localhost:{}", server.port))).await.is_err(),
        "of nobody known"
    );
}
