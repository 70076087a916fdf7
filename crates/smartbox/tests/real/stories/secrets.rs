use std::fs;
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::memory;
use crate::platform::Platform;

const VALUE: &str = "ghp-a-real-value-0123456789";
const PLACEHOLDER: &str = "sbx-placeholder-GITHUB_TOKEN";

/// A program of a box uses a secret at the host it is meant for, and finds it nowhere.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_box_uses_a_secret_that_it_never_has() {
    let directory = tempfile::tempdir().unwrap();
    let (roots, value) = (directory.path().join("roots.pem"), directory.path().join("value"));
    let server = Server::start().await;
    fs::write(&roots, &server.authority).unwrap();
    fs::write(&value, format!("{VALUE}\n")).unwrap();
    let port = server.port;
    let rules = format!("allow 127.0.0.2 ports={port} inside; allow 127.0.0.3 ports={port} inside");
    let platform = Platform::start(&[
        ("SMARTBOX__EGRESS__RULES", &rules),
        ("SMARTBOX__EGRESS__EXTRA_ROOTS", roots.to_str().unwrap()),
    ])
    .await;
    platform.wait_for_phase("home", "running").await;
    let value = value.to_str().unwrap();
    platform.cli_ok(&["secret", "set", "GITHUB_TOKEN", "--file", value, "--box", "home"]);
    let url = format!("https://127.0.0.2:{port}");
    let set = platform.cli(&[
        "secret",
        "inject",
        "GITHUB_TOKEN",
        &url,
        "--header",
        "authorization",
        "--box",
        "home",
    ]);
    assert!(String::from_utf8_lossy(&set.stderr).contains("started again"), "{set:?}");
    platform.cli_ok(&["box", "restart", "home"]);
    platform.wait_for_phase("home", "running").await;

    // With what is in every program's environment, and without a word about certificates.
    let curl = |host: &str| {
        let script = format!("curl -sS -H \"authorization: Bearer $GITHUB_TOKEN\" https://{host}:{port}/x");
        platform.exec("home", &["sh", "-c", &script])
    };
    let (code, out, err) = curl("127.0.0.2");
    assert_eq!((code, out.as_str()), (Some(0), "reached"), "{err}\n{}", platform.log());
    assert!(server.seen().contains(&format!("authorization: Bearer {VALUE}\r\n")), "{}", server.seen());
    server.forget();
    let node = format!(
        "fetch('{url}/y', {{ headers: {{ authorization: 'Bearer ' + process.env.GITHUB_TOKEN }} }})\
         .then(async a => console.log(a.status, await a.text()), e => console.log('failed', e.cause))"
    );
    let (_, out, err) = platform.exec("home", &["node", "-e", &node]);
    assert_eq!(out.trim(), "200 reached", "{err}");
    assert!(server.seen().contains(&format!("Bearer {VALUE}\r\n")), "{}", server.seen());

    // Another host gets what the box has.
    server.forget();
    assert_eq!(curl("127.0.0.3").1, "reached");
    assert!(server.seen().contains(PLACEHOLDER) && !server.seen().contains(VALUE), "{}", server.seen());

    // It is in no variable, no file and no memory of the box; nor is the key of its authority.
    let (_, environment, _) =
        platform.exec("home", &["sh", "-c", "env; cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'"]);
    assert!(environment.contains(PLACEHOLDER) && !environment.contains(VALUE), "{environment}");
    // The memory first: a search by a program of the box brings the text into it.
    let view = platform.json("/v1/boxes/home").await;
    let searched = memory::search(view["pid"].as_u64().unwrap(), VALUE);
    assert!(searched.finds_what_is_there, "{searched:?}");
    assert_eq!(searched.found, [""; 0], "{searched:?}");
    for text in [VALUE, "BEGIN PRIVATE KEY"] {
        let found = platform.exec(
            "home",
            &["grep", "-rlI", "--devices=skip", text, "/run/smartbox", "/home", "/tmp", "/etc", "/var/tmp"],
        );
        assert_eq!(found.1, "", "{text}");
    }
    nobody_tells(&platform).await;

    // Another value, and another key, without a restart.
    fs::write(directory.path().join("value"), "ghp-another-value").unwrap();
    platform.cli_ok(&["secret", "set", "GITHUB_TOKEN", "--file", value, "--box", "home"]);
    platform.cli_ok(&["secret", "rotate-key"]);
    server.forget();
    assert_eq!(curl("127.0.0.2").1, "reached", "{}", platform.log());
    assert!(server.seen().contains("Bearer ghp-another-value\r\n"), "{}", server.seen());
    assert!(platform.cli_ok(&["chat", "hello"]).contains("hello"));
}

/// The value is in no list, no timeline and no log.
async fn nobody_tells(platform: &Platform) {
    for path in ["/v1/boxes/home/timeline?limit=200", "/v1/boxes/home/secrets", "/v1/audit?limit=200"] {
        assert!(!platform.json(path).await.to_string().contains(VALUE), "{path}");
    }
    assert!(!platform.log().contains(VALUE));
}

/// A server with TLS on every address of this machine that notes the heads of requests.
struct Server {
    port: u16,
    /// Who has signed its certificate.
    authority: String,
    seen: Arc<Mutex<String>>,
    _served: JoinSet<()>,
}

impl Server {
    async fn start() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params.distinguished_name.push(DnType::CommonName, "an authority of a test");
        let authority = params.self_signed(&key).unwrap().pem();
        let own = KeyPair::generate().unwrap();
        let hosts = ["127.0.0.2", "127.0.0.3"].map(str::to_owned);
        let certificate =
            CertificateParams::new(hosts).unwrap().signed_by(&own, &Issuer::new(params, key)).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::Pkcs8(own.serialize_der().into()),
            )
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::<Mutex<String>>::default();
        let mut served = JoinSet::new();
        let noted = Arc::clone(&seen);
        served.spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { return };
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let mut head = [0; 4096];
                let read = stream.read(&mut head).await.unwrap_or(0);
                noted.lock().unwrap().push_str(&String::from_utf8_lossy(&head[..read]));
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\nconnection: close\r\n\r\nreached";
                let _ = stream.write_all(answer).await;
                let _ = stream.shutdown().await;
            }
        });
        Self { port, authority, seen, _served: served }
    }

    fn seen(&self) -> String {
        self.seen.lock().unwrap().clone()
    }

    fn forget(&self) {
        self.seen.lock().unwrap().clear();
    }
}
