//! The authority, and the DNS server that it asks: every name leads to this machine.

use std::net::{TcpListener, UdpSocket};
use std::process::Stdio;
use std::time::Duration;

use smartbox_acme::AcmeConfig;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::world::get;

/// The longest wait for it to listen.
const LIMIT: Duration = Duration::from_secs(20);

pub(crate) struct Pebble {
    dir: tempfile::TempDir,
    port: u16,
    management: u16,
    /// Where it connects to with its questions.
    pub(crate) tls_port: u16,
    _programs: [Child; 2],
}

impl Pebble {
    pub(crate) async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        std::fs::write(dir.path().join("cert.pem"), made.cert.pem()).unwrap();
        std::fs::write(dir.path().join("key.pem"), made.signing_key.serialize_pem()).unwrap();
        let [port, management, tls_port, api] = free_ports();
        let dns = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let config = format!(
            r#"{{"pebble": {{
                "listenAddress": "127.0.0.1:{port}", "managementListenAddress": "127.0.0.1:{management}",
                "certificate": "cert.pem", "privateKey": "key.pem", "httpPort": 1, "tlsPort": {tls_port}
            }}}}"#
        );
        std::fs::write(dir.path().join("pebble.json"), config).unwrap();
        let names = Command::new("pebble-challtestsrv")
            .args(["-http01", "", "-https01", "", "-tlsalpn01", "", "-defaultIPv6", ""])
            .args(["-dns01", &format!("127.0.0.1:{dns}"), "-management", &format!("127.0.0.1:{api}")])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("`scripts/packages.sh test` installs pebble");
        let authority = Command::new("pebble")
            .args(["-config", "pebble.json", "-strict", "-dnsserver", &format!("127.0.0.1:{dns}")])
            // It waits some seconds before each question otherwise.
            .env("PEBBLE_VA_NOSLEEP", "1")
            .current_dir(dir.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("`scripts/packages.sh test` installs pebble");
        let pebble = Self { dir, port, management, tls_port, _programs: [names, authority] };
        for port in [port, management, api] {
            listens(port).await;
        }
        pebble
    }

    /// How to reach it, for a certificate of these names.
    pub(crate) fn config(&self, names: &[&str]) -> AcmeConfig {
        AcmeConfig {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            email: Some("operator@boxes.example".to_owned()),
            directory: format!("https://localhost:{}/dir", self.port),
            directory_ca: Some(self.dir.path().join("cert.pem")),
        }
    }

    /// The root of its certificates, in PEM form.
    pub(crate) async fn root(&self) -> String {
        let own = std::fs::read_to_string(self.dir.path().join("cert.pem")).unwrap();
        get(self.management, "/roots/0", &own).await
    }
}

/// Ports that nobody listens on at the moment.
fn free_ports<const N: usize>() -> [u16; N] {
    let sockets: [TcpListener; N] = std::array::from_fn(|_n| TcpListener::bind("127.0.0.1:0").unwrap());
    sockets.map(|socket| socket.local_addr().unwrap().port())
}

async fn listens(port: u16) {
    let reached = async {
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(LIMIT, reached).await.expect("the authority listens");
}
