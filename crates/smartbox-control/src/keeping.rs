//! Which boxes this platform may act on, and with which fencing number.
//!
//! A platform that is alone keeps every box, under one lease. Where several share a database, each box has one keeper: only that
//! platform runs its loops, and holds its doors and sockets. So whatever is remembered of a box in memory is remembered by
//! one process. The number is another one each time a box changes hands, and who comes with an older one is refused by
//! the box.

mod acting;
mod shared;

use std::collections::HashMap;
use std::sync::Arc;

use smartbox_core::{BoxId, Principal};
use smartbox_provider::Epoch;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{Control, Error, Lease, Op};

pub use acting::Acting;
pub use shared::{Membership, PlatformParts, SeenPlatform};

/// The right to act on boxes. Clones are one.
#[derive(Clone)]
pub struct Keeping(How);

#[derive(Clone)]
enum How {
    Alone(Lease),
    Shared(Arc<Membership>),
}

/// Who keeps a box, as one platform sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeper<'a> {
    /// This platform.
    Own,
    /// Another one, which is reached there (`host:port`).
    Other(&'a str),
    /// Nobody at the moment, or nobody knows yet.
    Nobody,
}

/// Who keeps which box, as of one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeeperTable {
    /// This platform keeps all.
    All,
    /// The address of each box's keeper; `None` for this platform.
    Each(HashMap<BoxId, Option<Arc<str>>>),
}

impl KeeperTable {
    /// Who keeps this box.
    pub fn keeper_of(&self, id: BoxId) -> Keeper<'_> {
        match self {
            Self::All => Keeper::Own,
            Self::Each(table) => match table.get(&id) {
                Some(None) => Keeper::Own,
                Some(Some(address)) => Keeper::Other(address),
                None => Keeper::Nobody,
            },
        }
    }
}

impl From<Lease> for Keeping {
    fn from(lease: Lease) -> Self {
        Self(How::Alone(lease))
    }
}

impl From<Arc<Membership>> for Keeping {
    fn from(membership: Arc<Membership>) -> Self {
        Self(How::Shared(membership))
    }
}

impl Keeping {
    /// The fencing number for this box; `None` while this platform must not act on it.
    pub fn epoch_of(&self, id: BoxId) -> Option<Epoch> {
        match &self.0 {
            How::Alone(lease) => lease.is_held().then(|| lease.epoch()),
            How::Shared(membership) => membership.epoch_of(id),
        }
    }

    /// Begins something with a box that takes its time; `None` while this platform must not act on it.
    pub fn begin(&self, id: BoxId) -> Option<Acting> {
        match &self.0 {
            How::Alone(_) => self.epoch_of(id).map(|epoch| Acting::alone(id, epoch)),
            How::Shared(membership) => membership.begin(id),
        }
    }

    /// Whether this platform may act on any box now.
    pub fn is_held(&self) -> bool {
        match &self.0 {
            How::Alone(lease) => lease.is_held(),
            How::Shared(membership) => membership.is_held(),
        }
    }

    /// Whether others have taken over what this platform has kept.
    pub fn is_lost(&self) -> bool {
        match &self.0 {
            How::Alone(lease) => lease.is_lost(),
            How::Shared(membership) => membership.is_lost(),
        }
    }

    /// The fencing number for what belongs to no box and is done by one platform, such as the sealed box of a drill; `None` where
    /// another platform does it.
    pub fn leading_epoch(&self) -> Option<Epoch> {
        match &self.0 {
            How::Alone(lease) => lease.is_held().then(|| lease.epoch()),
            How::Shared(membership) => membership.leading_epoch(),
        }
    }

    /// Who keeps which box, always the latest.
    pub fn table(&self) -> watch::Receiver<Arc<KeeperTable>> {
        match &self.0 {
            // Its sender is gone, and the last value stays.
            How::Alone(_) => watch::Sender::new(Arc::new(KeeperTable::All)).subscribe(),
            How::Shared(membership) => membership.table(),
        }
    }

    /// Waits until nothing may be done any more, at once or for good.
    pub(crate) async fn ends(&self) {
        match &self.0 {
            How::Alone(lease) => lease.ends().await,
            How::Shared(membership) => membership.ends().await,
        }
    }

    /// Waits until something may be done again. `false`: never.
    pub(crate) async fn is_regained(&self) -> bool {
        match &self.0 {
            How::Alone(lease) => lease.is_regained().await,
            How::Shared(membership) => membership.is_regained().await,
        }
    }

    /// Waits until this platform keeps other boxes than before; `None` for one that is alone.
    pub(crate) fn follow(&self) -> Option<watch::Receiver<Arc<HashMap<BoxId, Epoch>>>> {
        match &self.0 {
            How::Alone(_) => None,
            How::Shared(membership) => Some(membership.kept()),
        }
    }

    /// Looks whether the right is still this platform's. A database that fails leaves it as it was.
    pub async fn renew(&self) -> bool {
        match &self.0 {
            How::Alone(lease) => lease.renew().await,
            How::Shared(membership) => membership.round().await,
        }
    }

    /// Whether a box still has this number.
    pub(crate) fn is_kept_under(&self, id: BoxId, epoch: Epoch) -> bool {
        self.epoch_of(id) == Some(epoch)
    }

    /// A box has nobody yet: look soon.
    pub(crate) fn nudge(&self) {
        if let How::Shared(membership) = &self.0 {
            membership.nudge();
        }
    }

    /// What the store knows this platform by; `None` where there is one.
    fn id(&self) -> Option<&str> {
        match &self.0 {
            How::Alone(_) => None,
            How::Shared(membership) => Some(membership.id()),
        }
    }

    /// The platforms that share the database; none where there is one.
    pub fn platforms(&self) -> Vec<SeenPlatform> {
        match &self.0 {
            How::Alone(_) => Vec::new(),
            How::Shared(membership) => membership.platforms(),
        }
    }

    /// Keeps the right until told to stop, or until it is lost.
    pub async fn keep(self, stop: CancellationToken) {
        match self.0 {
            How::Alone(lease) => lease.keep(stop).await,
            How::Shared(membership) => membership.keep(stop).await,
        }
    }

    /// Gives it back, so that others need not wait.
    pub async fn release(&self) {
        match &self.0 {
            How::Alone(lease) => lease.release().await,
            How::Shared(membership) => membership.leave().await,
        }
    }
}

impl Control {
    /// Says what this platform may act on. To be called once, before the loops are started; without it that is everything.
    pub fn keep_under(&self, keeping: Keeping) {
        // Nobody else sets it.
        let _first = self.inner.keeping.set(keeping);
    }

    /// Whether this platform may act on the box.
    pub(crate) fn keeps(&self, id: BoxId) -> bool {
        self.inner.keeping.get().is_none_or(|keeping| keeping.epoch_of(id).is_some())
    }

    /// Whether this platform does what is done once for all that share the database.
    pub(crate) fn leads(&self) -> bool {
        self.inner.keeping.get().is_none_or(|keeping| keeping.leading_epoch().is_some())
    }

    /// The platforms that share the database, as this one saw them a moment ago; none where it has the database to itself.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for anybody but the platform's admin.
    pub fn list_platforms(&self, op: &Op) -> Result<Vec<SeenPlatform>, Error> {
        if op.principal != Principal::Admin {
            return Err(Error::Forbidden);
        }
        Ok(self.inner.keeping.get().map(Keeping::platforms).unwrap_or_default())
    }

    /// What the store knows this platform by, where several share the database.
    pub(crate) fn keeper_id(&self) -> Option<String> {
        self.inner.keeping.get().and_then(Keeping::id).map(str::to_owned)
    }
}
