//! Upgraded connections: frames both ways, until one side ends, both are silent, or the right behind it ends.
//!
//! What the client sends is looked at (`inspect`), what the gateway sends is copied. Of the latter only the heads of
//! frames are followed, so that the edge can say something of its own in between.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadHalf, WriteHalf, split};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::config::EdgeConfig;
use crate::hold::Line;
use crate::sockets::Ticket;

mod answers;
mod boundary;
mod down;
mod frames;
mod handshake;
mod inspect;
mod out;
mod polls;
mod read;
mod request;
mod up;
mod watch;

pub(crate) use inspect::{Rules, SHARE_BYTES};

use down::Down;
use inspect::{End, Inspector};
use up::Up;
use watch::{Traffic, Watched, watch};

/// Longest wait for a side to finish its part of the switch of protocols.
const UPGRADE_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest time to tell a client why its socket closes.
const GOODBYE_TIMEOUT: Duration = Duration::from_millis(500);
/// Most answers of the edge's own that wait for a place between the gateway's messages.
const ANSWERS_MAX: usize = 16;
/// The right behind the socket has ended. Codes from 4000 on are an application's own (RFC 6455 §7.4.2).
const ACCESS_ENDED: u16 = 4001;
/// The box died or was restarted while it slept: whoever connects again reaches the new gateway.
const GATEWAY_GONE: End = End::because(1012, "the box was restarted");

/// Relays between two sides once both have switched protocols. `line` is the box behind it, if there is one.
pub(crate) async fn relay(
    config: &EdgeConfig,
    (client, gateway): (OnUpgrade, OnUpgrade),
    rules: Rules,
    line: Option<&Line>,
    ticket: &Ticket,
    hard: &CancellationToken,
) {
    let both = async { tokio::try_join!(client, gateway) };
    let switched = tokio::select! {
        () = hard.cancelled() => return,
        _why = ticket.ended() => return,
        switched = tokio::time::timeout(UPGRADE_TIMEOUT, both) => switched,
    };
    let Ok(Ok((client, gateway))) = switched else { return };
    let traffic = Arc::new(Traffic::default());
    let (client, gateway) = (halves(TokioIo::new(client), &traffic), halves(TokioIo::new(gateway), &traffic));
    between(config, (client, gateway, traffic), rules, line, ticket, hard).await;
}

/// One side of a tunnel.
type Halves<S> = (ReadHalf<Watched<S>>, WriteHalf<Watched<S>>);

fn halves<S: AsyncRead + AsyncWrite + Unpin>(side: S, traffic: &Arc<Traffic>) -> Halves<S> {
    split(Watched::new(side, traffic))
}

/// Relays between two sides that speak WebSocket.
async fn between<C, G>(
    config: &EdgeConfig,
    ((mut client_in, client_out), (gateway_in, gateway_out), traffic): (Halves<C>, Halves<G>, Arc<Traffic>),
    rules: Rules,
    line: Option<&Line>,
    ticket: &Ticket,
    hard: &CancellationToken,
) where
    C: AsyncRead + AsyncWrite + Unpin,
    G: AsyncRead + AsyncWrite + Unpin,
{
    let (own, said) = mpsc::channel(ANSWERS_MAX);
    let (say_goodbye, goodbye) = oneshot::channel();
    let mut told = Down::new(client_out, said, line.map(Line::watch), &traffic);
    let mut down = pin!(told.run(gateway_in, goodbye));
    let mut is_down = true;
    let end = {
        let mut asked = Up::new(gateway_out, Inspector::new(rules), line, own, &traffic);
        let mut up = pin!(asked.run(&mut client_in));
        let mut silent = pin!(watch(config, &traffic));
        let mut lingered = pin!(tokio::time::sleep(config.tunnel_linger));
        let mut is_up = true;
        loop {
            tokio::select! {
                biased;
                // Dropping both sides closes them, however it ended.
                () = hard.cancelled() => return,
                why = ticket.ended() => break End { code: ACCESS_ENDED, reason: why.into() },
                end = up.as_mut(), if is_up => match end {
                    Some(end) => break end,
                    None => is_up = false,
                },
                _end = down.as_mut(), if is_down => is_down = false,
                () = lingered.as_mut(), if !is_up || !is_down => return,
                () = silent.as_mut() => return,
            }
            if !is_up && !is_down {
                return;
            }
            lingered.as_mut().reset(Instant::now() + config.tunnel_linger);
        }
    };
    // Nothing of the client reaches the gateway any more.
    if !is_down || say_goodbye.send(end).is_err() {
        return;
    }
    let left = async {
        let _end = down.await;
        // A connection that is closed with something unread takes the goodbye with it.
        drain(&mut client_in).await;
    };
    let _elapsed = tokio::time::timeout(GOODBYE_TIMEOUT, left).await;
}

/// What comes of a client's bytes in these pieces: for the gateway, for the client, and the close code.
#[cfg(feature = "fuzzing")]
pub(crate) fn inspect_pieces<'a>(
    rules: Rules,
    pieces: impl Iterator<Item = &'a [u8]>,
) -> (Vec<u8>, Vec<String>, Option<u16>) {
    let (mut inspector, mut out) = (Inspector::new(rules), out::Out::default());
    for piece in pieces {
        if let Err(end) = inspector.take(piece, &mut out) {
            return (out.relayed, out.answers, Some(end.code));
        }
    }
    (out.relayed, out.answers, None)
}

/// Where, in a gateway's bytes in these pieces, a message of the edge's own could stand; and whether at their end.
#[cfg(feature = "fuzzing")]
pub(crate) fn places_in_pieces<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<usize>, bool) {
    let (mut boundary, mut passed, mut places) = (boundary::Boundary::default(), 0, Vec::new());
    for piece in pieces {
        places.extend(boundary.advance(piece).map(|place| passed + place));
        passed += piece.len();
    }
    (places, boundary.is_between_messages())
}

/// Reads until the other side ends.
async fn drain(from: &mut (impl AsyncRead + Unpin)) {
    while let Ok(Some(())) = read::read(from, |_bytes| ()).await {}
}

#[cfg(test)]
mod tests;
