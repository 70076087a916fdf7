//! One connection, from the moment it is accepted: may it be, is it TLS, which protocol does it speak.

use std::sync::Arc;

use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::handshake::{Begun, begin};
use super::{Connection, direct, http1, http2};
use crate::bounded_io::BoundedIo;
use crate::edge::Shared;
use crate::forwarded::is_trusted;
use crate::places::Holder;
use crate::tls::{ALPN_ACME, ALPN_HTTP2, Tls};

/// Serves a connection until it ends or is upgraded.
pub(super) async fn serve(shared: Arc<Shared>, stream: TcpStream, connection: Connection, tls: Option<Tls>) {
    let address = connection.peer.ip();
    // All clients of a trusted proxy come over its connections, and so do those of another platform.
    let is_proxy = connection.is_internal || is_trusted(&shared.config.trusted_proxies, address);
    let most = if is_proxy { usize::MAX } else { shared.config.connections_per_address };
    // Nothing can be said to somebody who has too many: an answer would be one more thing to wait for.
    let Some(_place) = shared.places.take(Holder::Connections(address), most) else {
        tracing::debug!(peer = %connection.peer, "too many connections from this address");
        return;
    };
    let stall = shared.config.stall_timeout;
    let Some(tls) = tls else {
        return direct::serve(&shared, BoundedIo::new(stream, stall), &connection).await;
    };
    let begun = tokio::select! {
        biased;
        () = shared.hard.cancelled() => return,
        begun = begin(&shared, stream, &tls, address, is_proxy) => begun,
    };
    match begun {
        Begun::Tls(stream) if stream.get_ref().1.alpn_protocol() == Some(ALPN_HTTP2) => {
            http2::serve(&shared, TokioIo::new(stream), &connection).await;
        }
        // The handshake was the answer.
        Begun::Tls(stream) if stream.get_ref().1.alpn_protocol() == Some(ALPN_ACME) => {}
        Begun::Tls(stream) => direct::serve(&shared, stream, &connection).await,
        Begun::ClearText(stream) => {
            http1::refuse(&shared, TokioIo::new(BoundedIo::new(stream, stall)), &connection).await;
        }
        Begun::Failed(why) => tracing::debug!(why, peer = %connection.peer, "no TLS connection"),
    }
}
