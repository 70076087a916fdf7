//! From a target to a connection: decide, look up, check, dial **what was checked**.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use smartbox_core::BoxId;
use smartbox_core::egress_policy::{Grant, Host, Target, decide, may_dial};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use super::Inner;
use super::credit::{Asked, Credit};
use super::intercept::Leaves;
use super::meter::Counters;
use super::pool::Pool;
use super::ports::RefusedRequest;
use super::refusal::Refusal;
use super::resolver;

/// Most addresses of a name that are dialled.
const DIALLED_MAX: usize = 6;

/// One box at the proxy.
pub(crate) struct Caller {
    pub(crate) id: BoxId,
    pub(crate) inner: Arc<Inner>,
    pub(crate) counters: Counters,
    /// What it may still move.
    pub(crate) credit: Credit,
    pub(super) asked: tokio::sync::Mutex<Asked>,
    pub(super) lookups: Arc<Semaphore>,
    /// Places for tunnels and connections.
    pub(crate) places: Arc<Semaphore>,
    pub(crate) pool: Arc<Pool>,
    /// Certificates under which its TLS is ended.
    pub(super) leaves: Leaves,
}

impl Caller {
    pub(super) fn new(id: BoxId, inner: &Arc<Inner>) -> Self {
        Self {
            id,
            inner: Arc::clone(inner),
            counters: Counters::default(),
            credit: Credit::default(),
            asked: tokio::sync::Mutex::default(),
            lookups: Arc::new(Semaphore::new(inner.limits.box_lookups_max)),
            places: Arc::new(Semaphore::new(inner.limits.connections_max)),
            pool: Arc::default(),
            leaves: Leaves::default(),
        }
    }

    /// Whether the box may move more bytes, by the latest picture. Of a box with limits it is not known yet whether there is
    /// credit: whoever moves bytes takes them from it.
    fn admit(&self) -> Result<(), Refusal> {
        let admissions = self.inner.ports.admissions.borrow();
        let Some((left, allowance)) = admissions.of(self.id).and_then(|of| Some((of.bytes_left?, of))) else {
            self.credit.lift();
            return Ok(());
        };
        self.credit.limit();
        if left == 0 {
            return Err(Refusal::UsedUp(Box::new(allowance.used_up.clone())));
        }
        if self.inner.is_meter_lost() { Err(Refusal::NoMeter) } else { Ok(()) }
    }

    /// Whether the box may ask for this now.
    pub(crate) fn decide(&self, host: &Host, port: u16, method: &str) -> Result<Grant, Refusal> {
        self.admit()?;
        let policies = self.inner.ports.policies.borrow();
        let policy = policies.of(self.id).ok_or(Refusal::NoPolicy)?;
        let grant = decide(policy, &Target { host, port, method })?;
        match host {
            Host::Name(name) if !grant.own && policies.is_own_host(name) => Err(Refusal::Own),
            _ => Ok(grant),
        }
    }

    /// Whether TLS of this host is ended here.
    pub(super) fn ends_tls_of(&self, host: &Host, port: u16) -> bool {
        let policies = self.inner.ports.policies.borrow();
        policies.injections_of(self.id).is_some_and(|injections| injections.ends_tls_of(host, port))
    }

    /// Whether an address may be dialled.
    pub(crate) fn check(&self, address: IpAddr, grant: Grant) -> Result<(), Refusal> {
        let is_own = self.inner.ports.own.is_own(address);
        may_dial(address, is_own, grant).map_err(Refusal::Address)
    }

    /// Connects to a target that was allowed.
    pub(crate) async fn dial(&self, host: &Host, port: u16, grant: Grant) -> Result<TcpStream, Refusal> {
        let addresses: Arc<[IpAddr]> = match host {
            Host::Address(address) => Arc::new([*address]),
            Host::Name(name) => resolver::look_up(self, name).await?,
        };
        let mut refusal = Refusal::Unresolved;
        let mut checked = Vec::with_capacity(addresses.len().min(DIALLED_MAX));
        for address in addresses.iter() {
            match self.check(*address, grant) {
                Ok(()) if checked.len() < DIALLED_MAX => checked.push(SocketAddr::new(*address, port)),
                Ok(()) => break,
                Err(why) => refusal = why,
            }
        }
        if checked.is_empty() {
            return Err(refusal);
        }
        alternate(&mut checked);
        let dialled = tokio::time::timeout(self.inner.limits.dial_timeout, self.race(&checked)).await;
        let stream = dialled
            .map_err(|_elapsed| Refusal::DialTimeout)?
            .map_err(|error| Refusal::Unreachable(why(&error)))?;
        self.counters.connected();
        // Small pieces must not wait for each other. A socket that is gone already says so at its first read.
        let _ = stream.set_nodelay(true);
        Ok(stream)
    }

    /// Tries one address after the other, each some time after the one before or when that has failed; the first that
    /// answers wins (a part of RFC 8305).
    async fn race(&self, addresses: &[SocketAddr]) -> io::Result<TcpStream> {
        let stagger = self.inner.limits.dial_stagger;
        let mut waiting = addresses.iter();
        let mut attempts = FuturesUnordered::new();
        let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
        loop {
            match waiting.next() {
                Some(address) => attempts.push(TcpStream::connect(*address)),
                None if attempts.is_empty() => return Err(last),
                None => {}
            }
            tokio::select! { biased;
                Some(ended) = attempts.next() => match ended {
                    Ok(stream) => return Ok(stream),
                    Err(error) => last = error,
                },
                () = tokio::time::sleep(stagger), if waiting.len() > 0 => {}
            }
        }
    }

    /// Notes a refusal. Of one of a policy the owner hears.
    pub(crate) fn refuse(&self, target: String, refusal: &Refusal) {
        tracing::debug!(box.id = %self.id, target, reason = refusal.reason(), "refused");
        self.inner.totals.refused(refusal.reason());
        let (reason, message) = (refusal.reason(), refusal.to_string());
        let request = RefusedRequest { box_id: self.id, target, reason, message };
        let report = &self.inner.ports.report;
        if refusal.is_of_policy() { report.refused(request) } else { report.failed(request) }
    }
}

/// One family after the other, beginning with the first, so that one that is dead here costs a single wait.
fn alternate(addresses: &mut Vec<SocketAddr>) {
    let Some(first) = addresses.first() else { return };
    let is_first = first.is_ipv4();
    let (firsts, others): (Vec<_>, Vec<_>) =
        addresses.drain(..).partition(|address| address.is_ipv4() == is_first);
    let (mut firsts, mut others) = (firsts.into_iter(), others.into_iter());
    loop {
        match (firsts.next(), others.next()) {
            (None, None) => break,
            (first, other) => addresses.extend(first.into_iter().chain(other)),
        }
    }
}

/// Why a connection did not come about, without an address.
fn why(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "it was refused",
        io::ErrorKind::ConnectionReset => "it was reset",
        io::ErrorKind::HostUnreachable => "the host cannot be reached",
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::AddrNotAvailable => "there is no way there",
        io::ErrorKind::TimedOut => "nobody answered",
        _ => "the system refused",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns_beginning_with_the_first() {
        let parse = |texts: &[&str]| {
            texts.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 1)).collect::<Vec<_>>()
        };
        let mut addresses = parse(&["::1", "::2", "::3", "1.1.1.1"]);
        alternate(&mut addresses);
        assert_eq!(addresses, parse(&["::1", "1.1.1.1", "::2", "::3"]));
        let mut none = Vec::new();
        alternate(&mut none);
        assert!(none.is_empty());
    }
}
