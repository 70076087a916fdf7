//! From the gateway to the client: bytes as they are, with the edge's own messages where they may stand.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::{mpsc, oneshot, watch};

use super::boundary::Boundary;
use super::inspect::End;
use super::read::read;
use super::up::Own;
use super::watch::Traffic;
use super::{GATEWAY_GONE, answers, frames};
use crate::fence::Lull;

/// How long a socket on which the gateway's protocol has not begun stays open while the box sleeps: nobody can speak for
/// its gateway, and clients give up after a minute of silence.
const MUTE_MAX: Duration = Duration::from_secs(60);
/// Its end.
const ASLEEP: End = End::because(1012, "the box sleeps");

/// What a client hears.
pub(super) struct Down<'a, W> {
    client: W,
    own: mpsc::Receiver<Own>,
    /// The fence of the box; `None` where there is none.
    lull: Option<watch::Receiver<Lull>>,
    traffic: &'a Traffic,
    boundary: Boundary,
    /// Something of the edge's own, until there is a place for it.
    waiting: Option<Own>,
    /// The same, for a sign of life.
    tick: Option<i64>,
    /// What of the fence was known last: whether it is shut, and how often it ticked and broke.
    is_shut: bool,
    ticks: u64,
    breaks: u64,
}

impl<'a, W: AsyncWrite + Unpin> Down<'a, W> {
    pub(super) fn new(
        client: W,
        own: mpsc::Receiver<Own>,
        lull: Option<watch::Receiver<Lull>>,
        traffic: &'a Traffic,
    ) -> Self {
        let Lull { since, ticks, breaks, .. } = lull.as_ref().map(|lull| *lull.borrow()).unwrap_or_default();
        Self {
            client,
            own,
            lull,
            traffic,
            boundary: Boundary::default(),
            waiting: None,
            tick: None,
            is_shut: since.is_some(),
            ticks,
            breaks,
        }
    }

    /// Runs until the gateway has ended, or the client was told goodbye.
    pub(super) async fn run<R>(
        &mut self,
        mut gateway: R,
        mut goodbye: oneshot::Receiver<End>,
    ) -> io::Result<()>
    where
        R: AsyncRead + Unpin,
    {
        loop {
            // What a gateway says while it falls asleep, and that it does, is for when it is awake again. It lies in the
            // kernel until then.
            let is_muted = self.is_shut && self.boundary.is_between_messages();
            tokio::select! {
                biased;
                Ok(end) = &mut goodbye, if self.boundary.is_between_frames() => return self.close(&end).await,
                Some(own) = self.own.recv(), if self.waiting.is_none() => {
                    self.waiting = Some(own);
                    self.say_if_fit().await?;
                }
                now = changed(&mut self.lull) => if let Some(end) = self.notice(now) {
                    return self.close(&end).await;
                } else {
                    self.say_if_fit().await?;
                },
                bytes = read(&mut gateway, <[u8]>::to_vec), if !is_muted => match bytes? {
                    None => return self.client.shutdown().await,
                    Some(bytes) => self.pass(&bytes).await?,
                },
            }
        }
    }

    /// The box falls asleep, sleeps, wakes, or is gone; then the socket ends.
    fn notice(&mut self, now: Lull) -> Option<End> {
        self.is_shut = now.since.is_some();
        if now.breaks != self.breaks {
            return Some(GATEWAY_GONE);
        }
        let has_ticked = std::mem::replace(&mut self.ticks, now.ticks) != now.ticks;
        let since = now.since.filter(|_since| has_ticked)?;
        if self.traffic.is_greeted() {
            self.tick = Some(now.ticked_at_ms);
        } else if since.elapsed() >= MUTE_MAX {
            return Some(ASLEEP);
        }
        None
    }

    async fn pass(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self.boundary.advance(bytes) {
            Some(place) if self.waiting.is_some() || self.tick.is_some() => {
                self.client.write_all(&bytes[..place]).await?;
                self.say().await?;
                self.client.write_all(&bytes[place..]).await?;
            }
            _ => self.client.write_all(bytes).await?,
        }
        self.client.flush().await
    }

    async fn say_if_fit(&mut self) -> io::Result<()> {
        if self.boundary.is_between_messages() { self.say().await } else { Ok(()) }
    }

    /// Says everything that waits to be said.
    async fn say(&mut self) -> io::Result<()> {
        let mut bytes = Vec::new();
        if let Some(at_ms) = self.tick.take() {
            frames::write(&mut bytes, frames::TEXT, answers::tick(at_ms).as_bytes(), None);
        }
        while let Some(own) = self.waiting.take() {
            match own {
                Own::Message(text) => frames::write(&mut bytes, frames::TEXT, text.as_bytes(), None),
                Own::Pong(payload) => frames::write(&mut bytes, frames::PONG, &payload, None),
            }
            self.waiting = self.own.try_recv().ok();
        }
        if bytes.is_empty() {
            return Ok(());
        }
        self.client.write_all(&bytes).await?;
        self.client.flush().await?;
        // A client that takes it is there.
        self.traffic.note();
        Ok(())
    }

    async fn close(&mut self, end: &End) -> io::Result<()> {
        if self.boundary.is_between_messages() {
            self.waiting = self.waiting.take().or_else(|| self.own.try_recv().ok());
            self.say().await?;
        }
        if self.boundary.is_between_frames() {
            let mut bytes = Vec::new();
            frames::write_close(&mut bytes, end.code, &end.reason);
            self.client.write_all(&bytes).await?;
        }
        self.client.shutdown().await
    }
}

/// Waits for another state of the fence. Cancel-safe.
async fn changed(lull: &mut Option<watch::Receiver<Lull>>) -> Lull {
    if let Some(lull) = lull
        && lull.changed().await.is_ok()
    {
        return *lull.borrow_and_update();
    }
    std::future::pending().await
}
