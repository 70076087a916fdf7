//! The right to act on the boxes of a database: one platform at a time has it.
//!
//! The lease is a row with an end. Its epoch grows with every change of hands, and every call to a provider carries
//! it, so that a call that comes too late is refused there. A platform that cannot renew in time stops acting before
//! anybody else may begin; one that learns that somebody else has begun ends. Neither touches a box.

use std::sync::Arc;
use std::time::Duration;

use smartbox_provider::Epoch;
use smartbox_store::{FleetStore, Store, SystemActor};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{Clock, Entropy, Error, random_token};

/// Name of the row.
const NAME: &str = "reconciler";
/// Part of the time for which a holder no longer acts: its last calls are over by the end of the lease, and two clocks
/// may run a little differently.
const MARGIN: u32 = 5;
/// Renewals within one time.
const RENEWALS: u32 = 5;

/// How a lease stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Held until this moment.
    Until(Instant),
    /// Held for as long as this process runs: nobody else knows the database.
    Always,
    /// Somebody else acts.
    Lost,
}

/// A lease. Clones are one.
#[derive(Clone)]
pub struct Lease {
    epoch: Epoch,
    terms: Option<Arc<Terms>>,
    standing: watch::Sender<Standing>,
}

/// What it takes to renew.
struct Terms {
    store: Store,
    clock: Arc<dyn Clock>,
    holder: String,
    ttl: Duration,
}

impl Terms {
    fn fleet(&self) -> FleetStore {
        self.store.fleet(SystemActor::new("lease"))
    }
}

impl Lease {
    /// Takes the lease, if nobody holds it, for `ttl` at a time.
    ///
    /// `is_alone`: the caller knows that whoever held it last on this database is gone (the lock of the data directory
    /// proves it), so there is nothing to wait for.
    ///
    /// # Errors
    /// The database fails.
    pub async fn acquire(
        store: &Store,
        clock: Arc<dyn Clock>,
        entropy: &dyn Entropy,
        ttl: Duration,
        is_alone: bool,
    ) -> Result<Option<Self>, Error> {
        let fleet = store.fleet(SystemActor::new("lease"));
        if is_alone
            && let Some(last) = fleet.meta_get(NAME).await?
            && let Some((holder, epoch)) = last.split_once(' ')
            && let Ok(epoch) = epoch.parse()
        {
            fleet.release_lease(NAME, holder, epoch).await?;
        }
        let holder = random_token(entropy);
        let began = Instant::now();
        let Some(epoch) = fleet.acquire_lease(NAME, &holder, ttl, clock.now()).await? else {
            return Ok(None);
        };
        fleet.meta_set(NAME, &format!("{holder} {epoch}")).await?;
        let terms = Terms { store: store.clone(), clock, holder, ttl };
        let standing = watch::Sender::new(Standing::Until(end(began, ttl)));
        Ok(Some(Self { epoch, terms: Some(Arc::new(terms)), standing }))
    }

    /// Makes the next lease on this database newer than everything that boxes have obeyed: after the database was put back
    /// from a backup.
    ///
    /// # Errors
    /// The database fails.
    pub async fn raise(store: &Store, at_least: Epoch) -> Result<(), Error> {
        Ok(store.fleet(SystemActor::new("lease")).raise_lease(NAME, at_least).await?)
    }

    /// The lease of somebody who is alone by other means, such as a test.
    pub fn always(epoch: Epoch) -> Self {
        Self { epoch, terms: None, standing: watch::Sender::new(Standing::Always) }
    }

    /// The fencing number that every call carries.
    pub const fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Whether its holder may act now.
    pub fn is_held(&self) -> bool {
        match *self.standing.borrow() {
            Standing::Until(end) => Instant::now() < end,
            Standing::Always => true,
            Standing::Lost => false,
        }
    }

    /// Whether somebody else acts.
    pub fn is_lost(&self) -> bool {
        *self.standing.borrow() == Standing::Lost
    }

    /// Waits until its holder may act no more, at once or for good.
    pub(crate) async fn ends(&self) {
        let mut standing = self.standing.subscribe();
        loop {
            let now = *standing.borrow_and_update();
            let end = match now {
                Standing::Until(end) => end,
                Standing::Lost => return,
                Standing::Always => return std::future::pending().await,
            };
            tokio::select! {
                () = tokio::time::sleep_until(end) => return,
                changed = standing.changed() => if changed.is_err() { return },
            }
        }
    }

    /// Waits until its holder may act again. `false`: never.
    pub(crate) async fn is_regained(&self) -> bool {
        let mut standing = self.standing.subscribe();
        while !self.is_held() {
            if self.is_lost() || standing.changed().await.is_err() {
                return false;
            }
        }
        true
    }

    /// Renews. Says whether it is still this holder's; a database that fails leaves it as it was.
    pub async fn renew(&self) -> bool {
        let Some(terms) = &self.terms else { return true };
        if self.is_lost() {
            return false;
        }
        let began = Instant::now();
        let now = terms.clock.now();
        match terms.fleet().renew_lease(NAME, &terms.holder, self.epoch, terms.ttl, now).await {
            Ok(true) => {
                self.standing.send_replace(Standing::Until(end(began, terms.ttl)));
                true
            }
            Ok(false) => {
                tracing::error!(epoch = self.epoch, "another platform acts on this database: this one stops");
                self.standing.send_replace(Standing::Lost);
                false
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the lease could not be renewed");
                true
            }
        }
    }

    /// Keeps it until told to stop, or until it is lost.
    pub async fn keep(self, stop: CancellationToken) {
        let Some(terms) = &self.terms else { return stop.cancelled().await };
        loop {
            tokio::select! { biased;
                () = stop.cancelled() => return,
                () = tokio::time::sleep(terms.ttl / RENEWALS) => {}
            }
            if !self.renew().await {
                return;
            }
        }
    }

    /// Gives it back, so that the next holder need not wait.
    pub async fn release(&self) {
        let Some(terms) = &self.terms else { return };
        if let Err(error) = terms.fleet().release_lease(NAME, &terms.holder, self.epoch).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "the lease could not be given back");
        }
    }
}

/// Until when a lease that was asked for at `began` lets its holder act.
fn end(began: Instant, ttl: Duration) -> Instant {
    began + (ttl - ttl / MARGIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holder_stops_acting_before_its_lease_ends() {
        let began = Instant::now();
        let ttl = Duration::from_secs(30);
        assert_eq!(end(began, ttl), began + Duration::from_secs(24));
        assert!(ttl / RENEWALS * 3 < end(began, ttl) - began, "some renewals may fail before");
    }
}
