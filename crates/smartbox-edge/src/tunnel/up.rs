//! From the client to the gateway: what was looked at passes the fence of the box, or waits there.

use std::io;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;

use super::inspect::{End, Inspector, TRY_LATER};
use super::out::{Kind, Out, Part};
use super::polls::Polls;
use super::read::read;
use super::watch::Traffic;
use super::{GATEWAY_GONE, answers};
use crate::hold::{Line, Pass};
use crate::problem::Problem;

/// A client that ends its socket without saying why.
const NORMAL: u16 = 1000;

/// Something of the edge's own for the client.
#[derive(Debug)]
pub(super) enum Own {
    /// A text message.
    Message(String),
    /// The answer to a ping.
    Pong(Vec<u8>),
}

/// Why nothing more goes to the gateway.
enum Stop {
    /// One of the two has gone.
    Lost,
    /// The client is to be told goodbye.
    Told(End),
}

/// What a client's frames go through.
pub(super) struct Up<'a, W> {
    pub(super) gateway: W,
    pub(super) inspector: Inspector,
    /// `None` where no box is behind the socket.
    pub(super) line: Option<&'a Line>,
    pub(super) own: mpsc::Sender<Own>,
    pub(super) traffic: &'a Traffic,
    pub(super) polls: Polls,
}

impl<'a, W: AsyncWrite + Unpin> Up<'a, W> {
    /// Runs until the client has gone, or one of the two has to. Returns how the client is to be told goodbye, if it is.
    pub(super) async fn run<R: AsyncRead + Unpin>(mut self, client: &mut R) -> Option<End> {
        match self.relay(client).await {
            Stop::Told(end) => Some(end),
            Stop::Lost => None,
        }
    }

    async fn relay<R: AsyncRead + Unpin>(&mut self, client: &mut R) -> Stop {
        loop {
            let mut out = Out::default();
            let taken = match read(client, |bytes| self.inspector.take(bytes, &mut out)).await {
                Ok(Some(taken)) => taken,
                Ok(None) => {
                    let _ok = self.gateway.shutdown().await;
                    return Stop::Lost;
                }
                Err(_broken) => return Stop::Lost,
            };
            if self.inspector.is_greeted() {
                self.traffic.greet();
            }
            if let Err(stop) = self.pass(&out).await {
                return stop;
            }
            for answer in out.answers {
                if let Err(stop) = self.say(Own::Message(answer)).await {
                    return stop;
                }
            }
            if let Err(end) = taken {
                return Stop::Told(end);
            }
        }
    }

    /// Hands on what may pass, waits with what may not yet, and answers what the gateway need not be woken for.
    async fn pass(&mut self, out: &Out) -> Result<(), Stop> {
        let line: Option<&'a Line> = self.line;
        let mut pass = None;
        let (mut from, mut start) = (0, 0);
        for Part { kind, end } in &out.parts {
            let is_message = matches!(kind, Kind::Work | Kind::Passive(..));
            let is_work = match kind {
                Kind::Passive(method, _request) => !self.polls.is_poll(method),
                kind => *kind == Kind::Work,
            };
            if is_message && pass.is_none() {
                pass = line.and_then(Line::enter);
            }
            if let Some(line) = line
                && pass.is_none()
                && (is_message || line.is_shut())
            {
                // What came before goes first.
                self.write(&out.relayed[from..start]).await?;
                from = start;
                match instead(kind)? {
                    Some(own) if !is_work => {
                        self.say(own).await?;
                        from = *end;
                    }
                    _ if is_message => pass = Some(wait(line).await?),
                    // An answer to the gateway's own question goes to where the gateway will find it.
                    _ => {}
                }
            }
            if is_work && let Some(pass) = &mut pass {
                pass.note_work();
            }
            start = *end;
        }
        self.write(&out.relayed[from..]).await
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        let written: io::Result<()> = async {
            self.gateway.write_all(bytes).await?;
            self.gateway.flush().await
        }
        .await;
        written.map_err(|_broken| Stop::Lost)
    }

    /// A client that does not read its answers is not read from either.
    async fn say(&mut self, own: Own) -> Result<(), Stop> {
        self.own.send(own).await.map_err(|_gone| Stop::Lost)
    }
}

/// Waits until the message may pass. Boxed: hardly a socket ever waits, and all of them would have room for it.
async fn wait(line: &Line) -> Result<Pass<'_>, Stop> {
    Box::pin(line.wait()).await.map_err(|problem| Stop::Told(refused(&problem)))
}

/// What the edge says in the gateway's stead; `None` if the gateway is needed.
fn instead(kind: &Kind) -> Result<Option<Own>, Stop> {
    match kind {
        Kind::Passive(_method, request) => Ok(Some(Own::Message(answers::asleep(request)))),
        Kind::Ping(payload) => Ok(Some(Own::Pong(payload.clone()))),
        Kind::Close(code) => Err(Stop::Told(End::because(code.unwrap_or(NORMAL), ""))),
        Kind::Work | Kind::Pong => Ok(None),
    }
}

/// Why a message is not relayed, as a close code: a client that connects again is told the rest over HTTP.
fn refused(problem: &Problem) -> End {
    match problem.code {
        "gateway-unreachable" => GATEWAY_GONE,
        _ => End { code: TRY_LATER, reason: problem.title.clone() },
    }
}
