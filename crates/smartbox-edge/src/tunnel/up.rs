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

impl Stop {
    fn lost(_broken: io::Error) -> Self {
        Self::Lost
    }
}

/// What a client's frames go through.
pub(super) struct Up<'a, W> {
    gateway: W,
    inspector: Inspector,
    /// `None` where no box is behind the socket.
    line: Option<&'a Line>,
    own: mpsc::Sender<Own>,
    traffic: &'a Traffic,
    polls: Polls,
}

impl<'a, W: AsyncWrite + Unpin> Up<'a, W> {
    pub(super) fn new(
        gateway: W,
        inspector: Inspector,
        line: Option<&'a Line>,
        own: mpsc::Sender<Own>,
        traffic: &'a Traffic,
    ) -> Self {
        Self { gateway, inspector, line, own, traffic, polls: Polls::default() }
    }

    /// Runs until the client has gone, or one of the two has to. Returns how the client is to be told goodbye, if it is.
    pub(super) async fn run<R: AsyncRead + Unpin>(&mut self, client: &mut R) -> Option<End> {
        loop {
            let mut out = Out::default();
            let taken = match read(client, |bytes| self.inspector.take(bytes, &mut out)).await {
                Ok(Some(taken)) => taken,
                Ok(None) => {
                    let _ok = self.gateway.shutdown().await;
                    return None;
                }
                Err(_broken) => return None,
            };
            if self.inspector.is_greeted() {
                self.traffic.greet();
            }
            match self.pass(&mut out).await {
                Ok(()) => {}
                Err(Stop::Told(end)) => return Some(end),
                Err(Stop::Lost) => return None,
            }
            if let Err(end) = taken {
                return Some(end);
            }
        }
    }

    /// Hands on what may pass, and says what is the edge's own to say. What hardly ever happens is boxed: each idle socket
    /// would have room for it.
    async fn pass(&mut self, out: &mut Out) -> Result<(), Stop> {
        if let Some(line) = self.line {
            match line.enter() {
                Some(mut pass) => {
                    for Part { kind, .. } in &out.parts {
                        if self.is_work(kind) {
                            pass.note_work();
                        }
                    }
                    self.write(&out.relayed).await?;
                }
                None => Box::pin(self.hold(out, line)).await?,
            }
        } else {
            self.write(&out.relayed).await?;
        }
        if out.answers.is_empty() { Ok(()) } else { Box::pin(self.answer(out)).await }
    }

    async fn answer(&mut self, out: &mut Out) -> Result<(), Stop> {
        for answer in out.answers.drain(..) {
            self.say(Own::Message(answer)).await?;
        }
        Ok(())
    }

    /// Waits with what may not pass yet, and answers what the gateway need not be woken for.
    async fn hold(&mut self, out: &Out, line: &'a Line) -> Result<(), Stop> {
        let mut pass: Option<Pass<'_>> = None;
        let (mut from, mut start) = (0, 0);
        for Part { kind, end } in &out.parts {
            let is_work = self.is_work(kind);
            if pass.is_none() && *kind != Kind::Pong {
                // What came before goes first.
                self.write(&out.relayed[from..start]).await?;
                from = start;
                match instead(kind)? {
                    Some(own) if !is_work => {
                        self.say(own).await?;
                        from = *end;
                    }
                    _ => pass = Some(line.wait().await.map_err(|problem| Stop::Told(refused(&problem)))?),
                }
            }
            if is_work && let Some(pass) = &mut pass {
                pass.note_work();
            }
            start = *end;
        }
        self.write(&out.relayed[from..]).await
    }

    fn is_work(&mut self, kind: &Kind) -> bool {
        match kind {
            Kind::Work => true,
            Kind::Passive(method, _request) => !self.polls.is_poll(method),
            Kind::Ping(_) | Kind::Pong | Kind::Close(_) => false,
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        self.gateway.write_all(bytes).await.map_err(Stop::lost)?;
        self.gateway.flush().await.map_err(Stop::lost)
    }

    /// A client that does not read its answers is not read from either.
    async fn say(&mut self, own: Own) -> Result<(), Stop> {
        self.own.send(own).await.map_err(|_gone| Stop::Lost)
    }
}

/// What the edge says in the gateway's stead; `None` if the gateway is needed.
fn instead(kind: &Kind) -> Result<Option<Own>, Stop> {
    match kind {
        Kind::Passive(_method, request) => Ok(Some(Own::Message(answers::asleep(request)))),
        Kind::Ping(payload) => Ok(Some(Own::Pong(payload.clone()))),
        Kind::Close(code) => Err(Stop::Told(End::because(code.unwrap_or(NORMAL), ""))),
        // An answer to the gateway's own question goes to where the gateway will find it.
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
