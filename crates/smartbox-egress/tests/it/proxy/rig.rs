//! A proxy that serves one box on a loopback port.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use smartbox_core::egress_policy::{Policy, Rules};
use smartbox_core::injection;
use smartbox_egress::{
    Admissions, Allowance, BoxInjections, ForwardProxy, Policies, ProxyLimits, ProxyPorts, ServeError,
    upstream_tls,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::world::{World, used_up};
use crate::rig::{Loopback, a_box};

/// Two hosts that are inside.
const INSIDE: &[&str] = &["allow up.test inside", "allow other.test inside"];

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
        let mut purse = self.world.purse.lock().unwrap();
        (purse.left, purse.aside) = (bytes_left, 0);
        let allowance = Allowance { bytes_left, used_up: used_up() };
        self.admissions.send_replace(Arc::new(Admissions::new(HashMap::from([(a_box(), allowance)]))));
    }

    /// Says that nothing limits any box.
    pub(crate) fn publish_no_limits(&self) {
        self.admissions.send_replace(Arc::default());
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
