//! Tunnels: `CONNECT host:port`, then bytes both ways.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use smartbox_core::egress_policy::Host;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::copy::{self, End};
use super::counted::Counted;
use super::dial::Caller;
use super::intercept;
use super::outgoing::Outgoing;
use super::prefixed::Prefixed;
use super::refusal::Refusal;
use crate::accept::{Duplex, into_socket};

/// Says that the tunnel is open (RFC 9110 §9.3.6).
const OPEN: &[u8] = b"HTTP/1.1 200 Connection established\r\n\r\n";
/// The method of a tunnel.
pub(super) const METHOD: &str = "CONNECT";
/// What is read at once where bytes pass through hyper.
const BUFFER_BYTES: usize = 16 * 1024;
/// How long, and how much, a refused client may go on sending until it has read why.
const LINGER: Duration = Duration::from_secs(1);
/// See the one before.
const LINGER_BYTES_MAX: u64 = 256 * 1024;

/// Where a tunnel leads.
pub(super) struct Led {
    pub(super) method: Cow<'static, str>,
    pub(super) host: Host,
    pub(super) port: u16,
    /// What was dialled, once something is.
    pub(super) peer: Mutex<Option<IpAddr>>,
}

impl Led {
    pub(super) fn leads_to(&self, peer: IpAddr) {
        *self.peer.lock().unwrap_or_else(PoisonError::into_inner) = Some(peer);
    }

    fn peer(&self) -> Option<IpAddr> {
        *self.peer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection to an upstream, and what is counted of it.
pub(super) type Opened = (TcpStream, Arc<Outgoing>);

/// Decides and dials.
pub(super) async fn open(caller: &Arc<Caller>, host: Host, port: u16) -> Result<(Opened, Led), Refusal> {
    let grant = caller.decide(&host, port, METHOD)?;
    // Whoever has nothing left hears of it now, and not when the tunnel is open.
    caller.more().await?;
    let upstream = caller.dial(&host, port, grant).await?;
    let outgoing = Outgoing::begun(caller, &host, port);
    let peer = upstream.peer_addr().map_err(|_gone| Refusal::Broken)?.ip();
    Ok((
        (upstream, outgoing),
        Led { method: Cow::Borrowed(METHOD), host, port, peer: Mutex::new(Some(peer)) },
    ))
}

/// Serves a request for a tunnel on a connection that carries nothing else.
pub(super) async fn serve(
    caller: Arc<Caller>,
    (host, port): (Host, u16),
    ahead: Bytes,
    mut stream: Box<dyn Duplex>,
    stop: CancellationToken,
) {
    let target = format!("{host}:{port}");
    let Ok(_place) = Arc::clone(&caller.places).try_acquire_owned() else {
        return say(stream, Refusal::Busy("tunnels"), &target).await;
    };
    if caller.ends_tls_of(&host, port) {
        if let Err(refusal) = caller.decide(&host, port, METHOD) {
            caller.refuse(target.clone(), &refusal);
            return say(stream, refusal, &target).await;
        }
        if stream.write_all(OPEN).await.is_ok() {
            Box::pin(intercept::serve(caller, (host, port), Prefixed::new(ahead, stream), stop)).await;
        }
        return;
    }
    let ((upstream, outgoing), led) = match open(&caller, host, port).await {
        Ok(opened) => opened,
        Err(refusal) => {
            caller.refuse(target.clone(), &refusal);
            return say(stream, refusal, &target).await;
        }
    };
    drop(target);
    if stream.write_all(OPEN).await.is_err() {
        return;
    }
    match into_socket(stream) {
        Ok(client) => {
            let limits = &caller.inner.limits;
            let times = (limits.tunnel_idle_timeout, limits.tunnel_total_timeout);
            let end = tokio::select! { biased;
                () = stop.cancelled() => End::Stopped,
                () = cut(&caller, &led) => End::Cut,
                end = copy::run(&client, &upstream, &ahead, &outgoing, times) => end,
            };
            if end != End::Complete {
                copy::break_off(&client);
                copy::break_off(&upstream);
            }
            ended(&outgoing, end);
        }
        Err(stream) => {
            let ahead = Prefixed::new(ahead, stream);
            carry(ahead, (upstream, outgoing), &led, &stop).await;
        }
    }
}

/// Carries bytes where one side is no plain socket.
pub(super) async fn carry(
    mut client: impl AsyncRead + AsyncWrite + Unpin,
    (upstream, outgoing): Opened,
    led: &Led,
    stop: &CancellationToken,
) {
    let caller = outgoing.caller();
    let mut upstream = Counted::new(upstream, Arc::clone(&outgoing));
    let moved = upstream.moved();
    let limits = &caller.inner.limits;
    let end = tokio::select! { biased;
        () = stop.cancelled() => End::Stopped,
        () = cut(caller, led) => End::Cut,
        end = copy::watch(&moved, limits.tunnel_idle_timeout, limits.tunnel_total_timeout) => end,
        copied = tokio::io::copy_bidirectional_with_sizes(&mut client, &mut upstream, BUFFER_BYTES, BUFFER_BYTES) =>
            if copied.is_ok() { End::Complete } else { End::Broken },
    };
    if end != End::Complete {
        copy::break_off(upstream.get_ref());
    }
    ended(&outgoing, end);
}

fn ended(outgoing: &Outgoing, end: End) {
    outgoing.ended(end);
    let caller = outgoing.caller();
    tracing::debug!(box.id = %caller.id, ?end, "a tunnel ended");
    caller.inner.ended.notify_one();
}

/// Returns when the box may not reach this any more, and has told its owner.
pub(super) async fn cut(caller: &Caller, led: &Led) {
    let refusal = taken_back(caller, led).await;
    caller.refuse(format!("{}:{}", led.host, led.port), &refusal);
}

/// Returns when the box may not reach this any more, and says why.
pub(super) async fn taken_back(caller: &Caller, led: &Led) -> Refusal {
    let mut policies = caller.inner.ports.policies.clone();
    let mut admissions = caller.inner.ports.admissions.clone();
    // Not so the admissions: the picture may have changed since the tunnel was granted, and is looked at once more.
    policies.mark_unchanged();
    loop {
        let has_new_rules = tokio::select! {
            () = changed(&mut policies) => true,
            () = changed(&mut admissions) => false,
            () = caller.inner.halted.notified() => false,
        };
        // Where an address lies is asked of the kernel: only where another answer could come of it.
        let peer = led.peer().filter(|_peer| has_new_rules);
        let check = |grant| peer.map_or(Ok(()), |peer| caller.check(peer, grant));
        if let Err(refusal) = caller.decide(&led.host, led.port, &led.method).and_then(check) {
            return refusal;
        }
    }
}

/// Waits for the next picture. Where nobody publishes any more the last one holds.
async fn changed<T>(picture: &mut watch::Receiver<T>) {
    if picture.changed().await.is_err() {
        std::future::pending().await
    }
}

/// Answers a connection and ends it, so that the answer arrives even if the client is still sending.
pub(super) async fn say(mut stream: Box<dyn Duplex>, refusal: Refusal, target: &str) {
    let said = async {
        stream.write_all(&refusal.into_bytes(target)).await?;
        stream.shutdown().await?;
        tokio::io::copy(&mut (&mut stream).take(LINGER_BYTES_MAX), &mut tokio::io::sink()).await
    };
    // Whoever does not read the answer has no use for it.
    let _ = tokio::time::timeout(LINGER, said).await;
}
