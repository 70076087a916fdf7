//! TLS of a box, ended here for the hosts whose rules say so: requests are read, secrets put in, and sent on over TLS that is
//! checked for real.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{Method, Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use secrecy::ExposeSecret as _;
use smartbox_core::egress_policy::Host;
use smartbox_core::injection::Scheme;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::body::Body;
use super::dial::Caller;
use super::forward;
use super::http::LINES_MAX;
use super::pool::Key;
use super::refusal::Refusal;
use super::secure::ALPN;

/// Certificates of a box that are kept. Its rules name no more hosts than its org and itself may have rules.
const LEAVES_MAX: usize = 128;
/// How long one is used: a part of the time for which it is valid.
const LEAF_TTL: Duration = Duration::from_secs(24 * 60 * 60);

/// Certificates under which TLS of one box is ended.
#[derive(Default)]
pub(super) struct Leaves(Mutex<HashMap<Host, (Instant, Arc<ServerConfig>)>>);

impl Leaves {
    fn find(&self, host: &Host) -> Option<Arc<ServerConfig>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, (since, _)| since.elapsed() < LEAF_TTL);
        kept.get(host).map(|(_, config)| Arc::clone(config))
    }

    fn keep(&self, host: &Host, config: &Arc<ServerConfig>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= LEAVES_MAX
            && let Some(oldest) =
                kept.iter().min_by_key(|(_, (since, _))| *since).map(|(host, _)| host.clone())
        {
            kept.remove(&oldest);
        }
        kept.insert(host.clone(), (Instant::now(), Arc::clone(config)));
    }
}

/// Serves a connection for which a tunnel was asked, and which the box believes to have, to its end.
pub(super) async fn serve(
    caller: Arc<Caller>,
    (host, port): (Host, u16),
    io: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    stop: CancellationToken,
) {
    let config = match config(&caller, &host).await {
        Ok(config) => config,
        // In the middle of a handshake there is no answer that anybody would read.
        Err(why) => {
            tracing::warn!(box.id = %caller.id, %host, why, "TLS of a box cannot be ended");
            return;
        }
    };
    let limits = &caller.inner.limits;
    let shaken = tokio::select! { biased;
        () = stop.cancelled() => return,
        shaken = tokio::time::timeout(limits.head_timeout, TlsAcceptor::from(config).accept(io)) => shaken,
    };
    let Ok(Ok(tls)) = shaken else {
        tracing::debug!(box.id = %caller.id, %host, "a box did not begin TLS: its program may not trust the box's authority");
        return;
    };
    // Whoever asks one host for a tunnel and another one by TLS wants to be taken for the first.
    let named = tls.get_ref().1.server_name();
    if named.is_some_and(|named| Host::parse(named).as_ref() != Ok(&host)) {
        tracing::debug!(box.id = %caller.id, %host, "TLS names another host than the tunnel");
        return;
    }
    let key = Key { scheme: Scheme::Https, host, port };
    let service = service_fn(|request| {
        let (caller, key, stop) = (Arc::clone(&caller), key.clone(), stop.clone());
        async move { Ok::<_, Infallible>(answer(&caller, key, request, &stop).await) }
    });
    let mut connection = std::pin::pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .half_close(true)
            .header_read_timeout(limits.head_timeout)
            .max_headers(LINES_MAX)
            .max_buf_size(limits.head_bytes_max)
            .preserve_header_case(true)
            .serve_connection(TokioIo::new(tls), service)
            .with_upgrades()
    );
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "connection from a box ended early");
    }
}

async fn answer(
    caller: &Arc<Caller>,
    key: Key,
    request: Request<Incoming>,
    stop: &CancellationToken,
) -> Response<Body> {
    let named = format!("{}:{}", key.host, key.port);
    let answered = match request.method() == Method::CONNECT {
        true => Err(Refusal::Method(Method::CONNECT.to_string())),
        false => forward::forward(caller, request, key, stop).await,
    };
    answered.unwrap_or_else(|refusal| {
        caller.refuse(named.clone(), &refusal);
        refusal.into_response(&named)
    })
}

/// How the box is shown that it talks with the host.
async fn config(caller: &Caller, host: &Host) -> Result<Arc<ServerConfig>, String> {
    if let Some(config) = caller.leaves.find(host) {
        return Ok(config);
    }
    let leaf = caller.inner.ports.vault.certify(caller.id, host).await?;
    let leaf = leaf.ok_or_else(|| "the box has no authority".to_owned())?;
    let certificate =
        CertificateDer::from_pem_slice(leaf.certificate.as_bytes()).map_err(|error| error.to_string())?;
    let key = PrivateKeyDer::from_pem_slice(leaf.key.expose_secret().as_bytes())
        .map_err(|_error| "its key cannot be read".to_owned())?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map(|builder| builder.with_no_client_auth())
        .and_then(|builder| builder.with_single_cert(vec![certificate], key));
    let mut config = config.map_err(|error| error.to_string())?;
    config.alpn_protocols = vec![ALPN.to_vec()];
    let config = Arc::new(config);
    caller.leaves.keep(host, &config);
    Ok(config)
}
