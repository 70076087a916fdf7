//! Chunks of a box's credit: asked for when they are needed, given back when they are not.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use tokio::time::Instant;

use super::Taken;
use crate::proxy::admit::Admissions;
use crate::proxy::dial::Caller;
use crate::proxy::ports::SetAside;
use crate::proxy::refusal::Refusal;

/// A chunk of at least this size is worth being asked for ahead of its time; of a smaller one little is left behind it.
const AHEAD_FROM_BYTES: u64 = 1024 * 1024;
/// The part of a chunk with which the next one is asked for.
const LOW: u64 = 4;
/// Chunks that are asked for until somebody has enough. The first pays for all unless others take it at the same time.
const CHUNKS_MAX: usize = 8;
/// Where connections that were open already led to, in what the owner is told.
const OPEN: &str = "what was open";

/// What is known of what was asked for. Whoever holds it asks.
#[derive(Default)]
pub(crate) struct Asked {
    /// Whether something may be set aside.
    holds: bool,
    /// When the box has moved something last, as far as was looked.
    moved_at: Option<Instant>,
    /// Nothing was left, by this picture.
    refused: Option<(Instant, Arc<Admissions>, Refusal)>,
}

impl Caller {
    /// Takes bytes from the credit for somebody who can wait until there are any.
    ///
    /// # Errors
    /// Nothing is left, or nobody can say.
    pub(crate) async fn take(self: &Arc<Self>, most: usize) -> Result<Taken, Refusal> {
        loop {
            let taken = self.credit.take(most);
            if taken.bytes > 0 || most == 0 {
                self.refill();
                return Ok(taken);
            }
            self.need().await?;
        }
    }

    /// Waits until more may pass of something that is open. Its owner is told when nothing may.
    ///
    /// # Errors
    /// See [`Self::more`].
    pub(crate) async fn need(&self) -> Result<(), Refusal> {
        self.more().await.inspect_err(|refusal| self.refuse(OPEN.to_owned(), refusal))
    }

    /// Asks for the next chunk beside what goes on, if it is time to.
    pub(crate) fn refill(self: &Arc<Self>) {
        if self.credit.is_low() && !self.credit.is_asking.swap(true, Relaxed) {
            let caller = Arc::clone(self);
            self.inner.tasks.spawn(async move {
                let mut asked = caller.asked.lock().await;
                // Whoever needs it and gets none says so.
                if caller.credit.is_low() && caller.ask(&mut asked).await.is_err() {
                    caller.credit.low.store(0, Relaxed);
                }
                caller.credit.is_asking.store(false, Relaxed);
            });
        }
    }

    /// Waits until more may pass.
    ///
    /// # Errors
    /// Nothing is left, or nobody can say.
    pub(crate) async fn more(&self) -> Result<(), Refusal> {
        if !self.credit.is_out() {
            return Ok(());
        }
        let mut asked = self.asked.lock().await;
        for _ in 0..CHUNKS_MAX {
            if !self.credit.is_out() {
                return Ok(());
            }
            self.ask(&mut asked).await?;
        }
        if self.credit.is_out() { Err(Refusal::NoMeter) } else { Ok(()) }
    }

    async fn ask(&self, asked: &mut Asked) -> Result<(), Refusal> {
        let picture = Arc::clone(&self.inner.ports.admissions.borrow());
        if let Some((at, by, refusal)) = &asked.refused
            && Arc::ptr_eq(by, &picture)
            && at.elapsed() < self.inner.limits.flush_period
        {
            return Err(refusal.clone());
        }
        asked.refused = None;
        // Before it is asked: an answer that nobody waits for any more may have set something aside.
        asked.holds = true;
        asked.moved_at = Some(Instant::now());
        let asking = self.inner.ports.meter.set_aside(self.id);
        let answer = tokio::time::timeout(self.inner.limits.chunk_timeout, asking).await;
        match answer {
            Ok(Ok(SetAside::Bytes(bytes))) if bytes > 0 => {
                let low = if bytes < AHEAD_FROM_BYTES { 0 } else { bytes / LOW };
                self.credit.low.store(low, Relaxed);
                self.credit.grant(bytes);
                Ok(())
            }
            Ok(Ok(SetAside::Endless)) => {
                self.credit.lift();
                Ok(())
            }
            Ok(Ok(SetAside::UsedUp(used_up))) => {
                let refusal = Refusal::UsedUp(Box::new(used_up));
                asked.refused = Some((Instant::now(), picture, refusal.clone()));
                Err(refusal)
            }
            Ok(Ok(SetAside::Bytes(_none))) => Err(Refusal::NoMeter),
            Ok(Err(error)) => {
                tracing::warn!(box.id = %self.id, error, "no bytes could be set aside");
                Err(Refusal::NoMeter)
            }
            Err(_elapsed) => Err(Refusal::NoMeter),
        }
    }

    /// Gives back what is set aside for a box that moves nothing any more, or that has no limits any more. `has_moved`: since this
    /// was called last.
    pub(crate) async fn give_back(&self, has_moved: bool) {
        // Somebody is asking right now.
        let Ok(mut asked) = self.asked.try_lock() else { return };
        if has_moved {
            asked.moved_at = Some(Instant::now());
        }
        let is_quiet = asked.moved_at.is_none_or(|at| at.elapsed() >= self.inner.limits.chunk_idle_timeout);
        let is_limited = !self.credit.is_endless();
        if !asked.holds || (is_limited && !is_quiet) {
            return;
        }
        if is_limited {
            self.credit.withdraw();
        }
        // What has moved and is not recorded yet stays set aside until it is.
        match self.inner.ports.meter.give_back(self.id, self.counters.pending_bytes()).await {
            Ok(()) => asked.holds = false,
            Err(error) => tracing::warn!(box.id = %self.id, error, "bytes stay set aside for now"),
        }
    }

    /// Whether something may be set aside for it.
    pub(crate) fn holds_bytes(&self) -> bool {
        self.asked.try_lock().is_ok_and(|asked| asked.holds)
    }
}
