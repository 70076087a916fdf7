//! Other platforms on the same database: requests about a box go to the one that keeps it.
//!
//! A request makes one hop at most. The platform that it comes from has checked host and origin, and vouches for what the
//! keeper cannot see: client, address, scheme. Who asks, and what they may do, the keeper finds out by itself.

use std::collections::HashMap;
use std::sync::Arc;

use smartbox_core::BoxId;
use smartbox_core::routing::BaseUrl;
use tokio::sync::watch;

use crate::ports::Seal;

pub(crate) mod hop;

/// Who keeps a box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// This platform.
    Own,
    /// The one that is reached there.
    Other(Arc<BaseUrl>),
    /// Nobody at the moment, or nobody knows yet.
    Nobody,
}

/// Who keeps which box, as of one moment: `None` for this platform. A box that is not in it has nobody.
pub type PeerTable = HashMap<BoxId, Option<Arc<BaseUrl>>>;

/// The other platforms.
#[derive(Clone, Default)]
pub struct Peers(Option<Known>);

#[derive(Clone)]
struct Known {
    table: watch::Receiver<Arc<PeerTable>>,
    seal: Arc<dyn Seal>,
}

impl Peers {
    /// There are none: every box is this platform's.
    pub fn none() -> Self {
        Self::default()
    }

    /// Follows who keeps which box. What is sealed by one platform all others recognise.
    pub fn new(table: watch::Receiver<Arc<PeerTable>>, seal: Arc<dyn Seal>) -> Self {
        Self(Some(Known { table, seal }))
    }

    /// Whether there can be any.
    pub(crate) const fn are_there(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn whose(&self, id: BoxId) -> Whose {
        match &self.0 {
            None => Whose::Own,
            Some(known) => whose(&known.table.borrow(), id),
        }
    }

    pub(crate) fn seal(&self) -> Option<&dyn Seal> {
        self.0.as_ref().map(|known| &*known.seal)
    }

    /// Waits until a box has another keeper than this one.
    pub(crate) async fn left(&self, id: BoxId, keeper: &Arc<BaseUrl>) {
        let Some(known) = &self.0 else { return };
        let mut table = known.table.clone();
        let is_there = |table: &Arc<PeerTable>| whose(table, id) == Whose::Other(Arc::clone(keeper));
        while is_there(&table.borrow_and_update()) {
            if table.changed().await.is_err() {
                // Nobody publishes any more; the last table stands.
                std::future::pending::<()>().await;
            }
        }
    }
}

fn whose(table: &PeerTable, id: BoxId) -> Whose {
    match table.get(&id) {
        Some(None) => Whose::Own,
        Some(Some(keeper)) => Whose::Other(Arc::clone(keeper)),
        None => Whose::Nobody,
    }
}
