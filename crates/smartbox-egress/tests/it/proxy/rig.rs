//! A proxy that serves one box on a loopback port.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Result;
use secrecy::{ExposeSecret as _, SecretString};
use smartbox_core::egress_policy::{Host, Policy, Rules};
use smartbox_core::{BoxId, SecretName, injection};
use smartbox_egress::{
    Admissions, Allowance, Authenticate, BoxInjections, ForwardProxy, Leaf, Meter, OwnAddresses, Policies,
    ProxyLimits, ProxyPorts, RefusedRequest, Report, Resolve, ServeError, Used, UsedUp, Vault, upstream_tls,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::tls::Authority;
use crate::rig::{Loopback, a_box};

/// What a remote box brings.
pub(crate) const TOKEN: &str = "the-token-of-this-box";

/// Two hosts that are inside.
const INSIDE: &[&str] = &["allow up.test inside", "allow other.test inside"];

/// Names, meter, owner: all in memory.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) names: Mutex<HashMap<String, Vec<Vec<IpAddr>>>>,
    pub(crate) looked_up: Mutex<Vec<String>>,
    pub(crate) recorded: Mutex<Vec<(BoxId, Used)>>,
    pub(crate) is_meter_down: Mutex<bool>,
    pub(crate) refused: Mutex<Vec<RefusedRequest>>,
    pub(crate) own: Mutex<Vec<IpAddr>>,
    /// Secrets of the box, by name.
    pub(crate) secrets: Mutex<HashMap<String, String>>,
    pub(crate) is_vault_down: Mutex<bool>,
    /// The box's authority, and those who upstreams are believed by.
    pub(crate) authority: Authority,
    pub(crate) roots: Authority,
}

impl World {
    /// A name, and what it leads to at each look-up; the last answer stays.
    pub(crate) fn name(&self, name: &str, answers: &[&[&str]]) {
        let answers =
            answers.iter().map(|list| list.iter().map(|text| text.parse().unwrap()).collect()).collect();
        self.names.lock().unwrap().insert(name.to_owned(), answers);
    }

    /// What the meter has in all.
    pub(crate) fn total(&self) -> Used {
        self.recorded.lock().unwrap().iter().fold(Used::default(), |sum, (_, used)| Used {
            sent: sum.sent + used.sent,
            received: sum.received + used.received,
            connections: sum.connections + used.connections,
            requests: sum.requests + used.requests,
        })
    }

    pub(crate) fn reasons(&self) -> Vec<&'static str> {
        self.refused.lock().unwrap().iter().map(|request| request.reason).collect()
    }
}

#[async_trait::async_trait]
impl Resolve for World {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        self.looked_up.lock().unwrap().push(name.to_owned());
        if name == "silent.test" {
            std::future::pending::<()>().await;
        }
        let mut names = self.names.lock().unwrap();
        let answers = names.get_mut(name).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        Ok(if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() })
    }
}

#[async_trait::async_trait]
impl Meter for World {
    async fn record(&self, used: &[(BoxId, Used)]) -> Result<(), String> {
        if *self.is_meter_down.lock().unwrap() {
            return Err("the database is down".to_owned());
        }
        self.recorded.lock().unwrap().extend_from_slice(used);
        Ok(())
    }
}

impl Report for World {
    fn refused(&self, request: RefusedRequest) {
        self.refused.lock().unwrap().push(request);
    }
}

#[async_trait::async_trait]
impl Authenticate for World {
    async fn is_box(&self, id: BoxId, token: &SecretString) -> bool {
        id == a_box() && token.expose_secret() == TOKEN
    }
}

#[async_trait::async_trait]
impl Vault for World {
    async fn reveal(&self, id: BoxId, name: &SecretName) -> Result<Option<SecretString>, String> {
        assert_eq!(id, a_box());
        if *self.is_vault_down.lock().unwrap() {
            return Err("the database is down".to_owned());
        }
        Ok(self.secrets.lock().unwrap().get(name.as_str()).map(|value| value.as_str().into()))
    }

    async fn certify(&self, id: BoxId, host: &Host) -> Result<Option<Leaf>, String> {
        assert_eq!(id, a_box());
        Ok(Some(self.authority.leaf(&host.to_string())))
    }
}

impl OwnAddresses for World {
    fn is_own(&self, address: IpAddr) -> bool {
        self.own.lock().unwrap().contains(&address)
    }
}

/// A served box.
pub(crate) struct Rig {
    pub(crate) world: Arc<World>,
    pub(crate) proxy: ForwardProxy,
    pub(crate) address: SocketAddr,
    pub(crate) remote: SocketAddr,
    pub(crate) stop: CancellationToken,
    policies: watch::Sender<Arc<Policies>>,
    admissions: watch::Sender<Arc<Admissions>>,
    served: JoinSet<Result<(), ServeError>>,
}

impl Rig {
    /// A box whose own layer has these rules. `up.test` leads to loopback.
    pub(crate) async fn new(rules: &[&str]) -> Result<Self> {
        Self::with_limits(rules, ProxyLimits::default()).await
    }

    /// The same, for upstreams at any port of `up.test`.
    pub(crate) async fn open() -> Result<Self> {
        Self::new(&["allow up.test inside"]).await
    }

    pub(crate) async fn with_limits(rules: &[&str], limits: ProxyLimits) -> Result<Self> {
        let world = Arc::new(World::default());
        world.name("up.test", &[&["127.0.0.1"]]);
        world.name("other.test", &[&["127.0.0.1"]]);
        let (policies, followed) = watch::channel(policies(rules));
        let (admissions, admitted) = watch::channel(Arc::default());
        let ports = ProxyPorts {
            policies: followed,
            admissions: admitted,
            resolver: Arc::clone(&world) as _,
            meter: Arc::clone(&world) as _,
            report: Arc::clone(&world) as _,
            authenticate: Arc::clone(&world) as _,
            own: Arc::clone(&world) as _,
            vault: Arc::clone(&world) as _,
            tls: upstream_tls(world.roots.store())?,
        };
        let proxy = ForwardProxy::new(ports, limits);
        let (local, far) = (listener().await?, listener().await?);
        let (address, remote) = (local.local_addr()?, far.local_addr()?);
        let stop = CancellationToken::new();
        let mut served = JoinSet::new();
        let (serving, token) = (proxy.clone(), stop.clone());
        served.spawn(async move { serving.serve(a_box(), Loopback(local), token).await });
        let (serving, token) = (proxy.clone(), stop.clone());
        served.spawn(async move { serving.serve_remote(Loopback(far), token).await });
        Ok(Self { world, proxy, address, remote, stop, policies, admissions, served })
    }

    /// Says how many bytes the box has left.
    pub(crate) fn leave(&self, bytes_left: Option<u64>) {
        let used_up = UsedUp {
            what: "bandwidth".to_owned(),
            current: 990,
            limit: 1000,
            resets_at: "2026-12-01T00:00:00Z".to_owned(),
            message: "the org's monthly budget for bandwidth does not allow it".to_owned(),
        };
        let allowance = Allowance { bytes_left, used_up };
        self.admissions.send_replace(Arc::new(Admissions::new(HashMap::from([(a_box(), allowance)]))));
    }

    /// A box that may reach every host inside, with these injection rules; its programs trust its authority.
    pub(crate) async fn injecting(rules: &[&str]) -> Result<Self> {
        let rig = Self::new(INSIDE).await?;
        rig.publish_injections(rules, true);
        Ok(rig)
    }

    pub(crate) fn publish_injections(&self, rules: &[&str], is_trusted: bool) {
        let rules = injection::Rules::from_lines(rules.iter().copied()).unwrap();
        let injections = BoxInjections::new(vec![Arc::new(rules)], is_trusted);
        let policies =
            Policies::clone(&policies(INSIDE)).with_injections(HashMap::from([(a_box(), injections)]));
        self.policies.send_replace(Arc::new(policies));
    }

    pub(crate) fn publish(&self, rules: &[&str]) {
        self.policies.send_replace(policies(rules));
    }

    /// Waits until everything is served.
    pub(crate) async fn ended(&mut self) -> Result<()> {
        while let Some(ended) = soon(self.served.join_next()).await? {
            ended??;
        }
        Ok(())
    }

    pub(crate) async fn dial(&self) -> Result<TcpStream> {
        Ok(TcpStream::connect(self.address).await?)
    }

    /// An open tunnel to a port of `up.test`.
    pub(crate) async fn tunnel(&self, port: u16) -> Result<TcpStream> {
        let mut stream = self.dial().await?;
        stream
            .write_all(format!("CONNECT up.test:{port} HTTP/1.1\r\nhost: up.test\r\n\r\n").as_bytes())
            .await?;
        let head = read_head(&mut stream).await?;
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
        Ok(stream)
    }

    /// Everything that is answered to these bytes until the connection ends.
    pub(crate) async fn ask(&self, request: &str) -> Result<String> {
        ask(self.address, request).await
    }

    /// Status and reason of a refusal.
    pub(crate) async fn refusal(&self, request: &str) -> Result<(u16, String)> {
        Ok(status_and_reason(&self.ask(request).await?))
    }
}

pub(crate) fn policies(rules: &[&str]) -> Arc<Policies> {
    let rules = Rules::from_lines(rules.iter().copied()).unwrap();
    let policy = Policy::new([Arc::default(), Arc::default(), Arc::default(), Arc::new(rules)]);
    Arc::new(Policies::new(HashMap::from([(a_box(), policy)]), vec!["boxes.test".to_owned()]))
}

pub(crate) async fn ask(address: SocketAddr, request: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    soon(stream.read_to_end(&mut answer)).await??;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

pub(crate) fn status_and_reason(answer: &str) -> (u16, String) {
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    let line = answer.lines().find_map(|line| line.strip_prefix("x-smartbox-reason: "));
    (status, line.unwrap_or_default().to_owned())
}

/// Reads to the empty line and not further.
pub(crate) async fn read_head(stream: &mut TcpStream) -> Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(soon(stream.read_u8()).await??);
    }
    Ok(String::from_utf8(head)?)
}

/// Something that goes on beside a test, and its result.
pub(crate) fn beside<T: Send + 'static>(task: impl Future<Output = T> + Send + 'static) -> JoinSet<T> {
    let mut tasks = JoinSet::new();
    tasks.spawn(task);
    tasks
}

/// Waits for it.
pub(crate) async fn done<T: 'static>(mut task: JoinSet<T>) -> Result<T> {
    Ok(soon(task.join_next()).await?.expect("there is one task")?)
}

pub(crate) async fn listener() -> Result<TcpListener> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?)
}

/// A test that waits for longer has failed.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> Result<T> {
    Ok(tokio::time::timeout(Duration::from_secs(20), future).await?)
}

/// Serves each connection to an upstream with a function.
pub(crate) async fn upstream<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> Result<(u16, JoinSet<()>)>
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    let listener = listener().await?;
    let port = listener.local_addr()?.port();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            connections.spawn(serve(stream));
        }
    });
    Ok((port, tasks))
}
