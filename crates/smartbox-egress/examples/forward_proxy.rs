//! The forward proxy alone, for benchmarks: one box on a loopback port, policy and meter on. Prints its address, and at the
//! end of its input what it has counted.

use std::collections::HashMap;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use anyhow::Result;
use rustls::RootCertStore;
use secrecy::SecretString;
use smartbox_core::egress_policy::{Host, Policy, Rules};
use smartbox_core::{BoxId, SecretName};
use smartbox_egress::{
    Accept, Authenticate, Duplex, EndedConnection, ForwardProxy, KernelAddresses, Leaf, Meter, Policies,
    ProxyLimits, ProxyPorts, RefusedRequest, Report, SetAside, SystemResolver, Used, Vault, upstream_tls,
};
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// More than a load opens: a limit that is reached would be measured in place of the proxy.
const CONNECTIONS_MAX: usize = 100_000;
/// Room for a load that opens many at once.
const BACKLOG: u32 = 8192;

/// What a platform's would be like: a policy that has to be walked through.
const RULES: [&str; 6] = [
    "deny *.ads.example",
    "deny *.tracker.example ports=443",
    "allow *.github.com ports=22,443",
    "allow intranet.example inside",
    "allow 127.0.0.1 ports=1-65535 inside",
    "allow localhost ports=1-65535 inside",
];

struct Socket(TcpListener);

#[async_trait::async_trait]
impl Accept for Socket {
    async fn accept(&mut self) -> std::io::Result<Box<dyn Duplex>> {
        let (stream, _address) = self.0.accept().await?;
        stream.set_nodelay(true)?;
        Ok(Box::new(stream))
    }
}

#[derive(Default)]
struct Sum(Mutex<Used>);

#[async_trait::async_trait]
impl Meter for Sum {
    async fn record(&self, used: &[(BoxId, Used)]) -> Result<(), String> {
        let mut sum = self.0.lock().map_err(|error| error.to_string())?;
        for (_, used) in used {
            sum.sent += used.sent;
            sum.received += used.received;
            sum.connections += used.connections;
            sum.requests += used.requests;
        }
        Ok(())
    }

    async fn set_aside(&self, _id: BoxId) -> Result<SetAside, String> {
        Ok(SetAside::Endless)
    }

    async fn give_back(&self, _id: BoxId, _kept: u64) -> Result<(), String> {
        Ok(())
    }
}

struct Nobody;

impl Report for Nobody {
    fn refused(&self, _request: RefusedRequest) {}

    fn failed(&self, _request: RefusedRequest) {}

    fn ended(&self, _connection: EndedConnection) {}
}

#[async_trait::async_trait]
impl Authenticate for Nobody {
    async fn is_box(&self, _id: BoxId, _token: &SecretString) -> bool {
        false
    }
}

#[async_trait::async_trait]
impl Vault for Nobody {
    async fn reveal(&self, _id: BoxId, _name: &SecretName) -> Result<Option<SecretString>, String> {
        Ok(None)
    }

    async fn certify(&self, _id: BoxId, _host: &Host) -> Result<Option<Leaf>, String> {
        Ok(None)
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let id: BoxId = "box_01890a5d5a5a7b6c8d9e0f1a2b3c4d5e".parse()?;
    let rules = Arc::new(Rules::from_lines(RULES)?);
    let policy = Policy::new([rules, Arc::default(), Arc::default(), Arc::default()]);
    let policies = Policies::new(HashMap::from([(id, policy)]), Vec::new());
    let (_policies, followed) = watch::channel(Arc::new(policies));
    let meter = Arc::new(Sum::default());
    let (_admissions, admissions) = watch::channel(Arc::default());
    let ports = ProxyPorts {
        admissions,
        policies: followed,
        resolver: Arc::new(SystemResolver::default()),
        meter: Arc::clone(&meter) as _,
        report: Arc::new(Nobody),
        authenticate: Arc::new(Nobody),
        own: Arc::new(KernelAddresses),
        vault: Arc::new(Nobody),
        tls: upstream_tls(RootCertStore::empty())?,
    };
    let limits = ProxyLimits {
        connections_max: CONNECTIONS_MAX,
        all_connections_max: CONNECTIONS_MAX,
        ..ProxyLimits::default()
    };
    let proxy = ForwardProxy::new(ports, limits);
    let socket = TcpSocket::new_v4()?;
    socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
    let listener = socket.listen(BACKLOG)?;
    say(&format!("{}", listener.local_addr()?))?;
    let stop = CancellationToken::new();
    let served = async { proxy.serve(id, Socket(listener), stop.clone()).await };
    let ended = async {
        let mut end = [0];
        while tokio::io::stdin().read(&mut end).await.is_ok_and(|read| read > 0) {}
        stop.cancel();
    };
    let (served, (), ()) = tokio::join!(served, proxy.run_meter(stop.clone()), ended);
    served?;
    let sum = *meter.0.lock().map_err(|error| anyhow::anyhow!("{error}"))?;
    say(&format!(
        "{{\"sent\":{},\"received\":{},\"connections\":{},\"requests\":{}}}",
        sum.sent, sum.received, sum.connections, sum.requests
    ))
}

fn say(line: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}
