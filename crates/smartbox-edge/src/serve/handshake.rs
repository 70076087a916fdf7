//! The beginning of a TLS connection. Slow clients have little time, and nobody can have all places.

use std::net::IpAddr;

use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::bounded_io::BoundedIo;
use crate::edge::Shared;
use crate::places::Holder;
use crate::tls::Tls;

/// First byte of a TLS connection: a record of the handshake (RFC 8446 §5.1).
const TLS_HANDSHAKE: u8 = 0x16;

/// What became of the beginning.
pub(super) enum Begun {
    Tls(Box<TlsStream<BoundedIo<TcpStream>>>),
    /// The client speaks HTTP without TLS. Nothing of it was read.
    ClearText(TcpStream),
    Failed(&'static str),
}

/// Shakes hands within the time and the places there are.
pub(super) async fn begin(
    shared: &Shared,
    stream: TcpStream,
    tls: &Tls,
    address: IpAddr,
    is_proxy: bool,
) -> Begun {
    let config = &shared.config;
    let most = if is_proxy { usize::MAX } else { config.handshakes_per_address };
    let Some(_place) = shared.places.take(Holder::Handshakes(address), most) else {
        return Begun::Failed("too many handshakes from this address");
    };
    let Ok(_permit) = shared.handshakes.try_acquire() else {
        return Begun::Failed("too many handshakes");
    };
    let begun = async {
        let mut first = [0];
        match stream.peek(&mut first).await {
            Ok(1) if first[0] == TLS_HANDSHAKE => {}
            // Methods are written in capitals (RFC 9110 §9.1).
            Ok(1) if first[0].is_ascii_uppercase() => return Begun::ClearText(stream),
            _ => return Begun::Failed("no TLS handshake came"),
        }
        let bounded = BoundedIo::new(stream, config.stall_timeout);
        match TlsAcceptor::from(tls.config()).accept(bounded).await {
            Ok(stream) => Begun::Tls(Box::new(stream)),
            // What was wrong is in an alert that the client has got.
            Err(_refused) => Begun::Failed("the handshake failed"),
        }
    };
    timeout(config.handshake_timeout, begun).await.unwrap_or(Begun::Failed("the handshake took too long"))
}
