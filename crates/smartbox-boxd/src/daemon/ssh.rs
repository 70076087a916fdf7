//! boxd's SSH server: commands and terminals, for the platform and for ordinary clients that hold a key.
//!
//! Programs in the box can connect to it as well, so whoever has not logged in yet gets little: a short time, and
//! a place that the next newcomer may take over. What the wire carries beyond RFC 4254 is in [`crate::exec`].

mod access;
mod connection;
mod gate;
mod input;
mod lobby;
mod output;
mod session;
mod signals;
mod start;
mod terminal;

use std::sync::Arc;
use std::time::Duration;

use russh::keys::Algorithm;
use russh::server::Config;
use russh::{MethodKind, MethodSet, Preferred, SshId, compression};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

pub(crate) use self::access::Access;
use self::connection::Connection;
use self::gate::{Gate, GatedStream};
use self::lobby::Lobby;
use super::launch::Launcher;

/// Time to log in.
const LOGIN_TIME_OUT: Duration = Duration::from_secs(10);
/// Failed logins of one connection.
const LOGIN_ATTEMPTS_MAX: usize = 6;
/// A refused login is answered after this, so that the answer's time says nothing.
const REFUSAL_PAUSE: Duration = Duration::from_millis(200);
/// SSH window that a client gets to send into: small, because all of it may have to be read before the client's
/// next message is seen, see [`gate`].
const WINDOW_BYTES: u32 = 64 * 1024;
/// Longest packet.
const PACKET_BYTES_MAX: u32 = 32 * 1024;
/// Outgoing messages (of one packet at most) that wait for a connection.
const OUTGOING_MAX: usize = 16;
/// Between looks whether a client that is not read from has gone.
const ABSENCE_CHECK: Duration = Duration::from_secs(5);
/// Pause after a failure to accept: out of descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until it is dropped.
pub(crate) async fn serve(listener: TcpListener, access: Access, launcher: Launcher) {
    let config = Arc::new(config(&access));
    let lobby = Lobby::default();
    let access = Arc::new(access);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let gate = Gate::default();
                    lobby.enter(&gate);
                    let handler = Connection::new(Arc::clone(&access), launcher.clone(), lobby.clone(), gate.clone());
                    connections.spawn(serve_one(Arc::clone(&config), stream, gate, lobby.clone(), handler));
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept an SSH connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

fn config(access: &Access) -> Config {
    Config {
        server_id: SshId::Standard("SSH-2.0-smartbox".into()),
        methods: MethodSet::from(&[MethodKind::PublicKey][..]),
        auth_rejection_time: REFUSAL_PAUSE,
        // Clients ask without a key first, to learn which methods there are.
        auth_rejection_time_initial: Some(Duration::ZERO),
        keys: vec![access.host_key().clone()],
        window_size: WINDOW_BYTES,
        maximum_packet_size: PACKET_BYTES_MAX,
        event_buffer_size: OUTGOING_MAX,
        max_auth_attempts: LOGIN_ATTEMPTS_MAX,
        // The platform's connection may be silent for days, also because the box is frozen. On a loopback a
        // dead peer is seen at once.
        inactivity_timeout: None,
        keepalive_interval: None,
        preferred: Preferred {
            key: vec![Algorithm::Ed25519].into(),
            compression: vec![compression::NONE].into(),
            ..Preferred::default()
        },
        nodelay: true,
        ..Config::default()
    }
}

async fn serve_one(
    config: Arc<Config>,
    stream: tokio::net::TcpStream,
    gate: Gate,
    lobby: Lobby,
    handler: Connection,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot switch delays off");
    }
    let closed = handler.closed();
    let _closes = closed.clone().drop_guard();
    let stream = match GatedStream::new(stream, gate.clone()) {
        Ok(stream) => stream,
        Err(error) => {
            tracing::warn!(%error, "cannot watch an SSH connection");
            return;
        }
    };
    let watch = stream.watch();
    let session = async {
        match russh::server::run_stream(config, stream, handler).await {
            Ok(running) => running.await,
            Err(error) => Err(error),
        }
    };
    let login = async {
        tokio::time::sleep(LOGIN_TIME_OUT).await;
        if lobby.holds(&gate) {
            tracing::info!("an SSH client did not log in in time");
            gate.abort();
        }
        loop {
            tokio::time::sleep(ABSENCE_CHECK).await;
            if gate.is_shut() && watch.is_gone() {
                gate.abort();
            }
        }
    };
    tokio::select! {
        result = session => {
            if let Err(error) = result {
                tracing::debug!(%error, "an SSH connection ended");
            }
        }
        () = login => {}
        () = gate.pace() => {}
    }
    lobby.leave(&gate);
}
