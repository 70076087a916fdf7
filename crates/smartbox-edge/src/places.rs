//! How much somebody may have open at a time: connections before it is known who they are, sockets afterwards.
//!
//! Nobody is exempt, loopback neither. As much is remembered as is open.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use smartbox_core::Who;
use tokio::sync::OwnedSemaphorePermit;

use crate::limits::network;

/// Who has what open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Holder {
    /// Connections that were not upgraded.
    Connections(IpAddr),
    /// TLS handshakes under way.
    Handshakes(IpAddr),
    /// Upgraded connections, from the moment they are asked for.
    Sockets(IpAddr),
    /// The same, of one caller.
    CallerSockets(Who),
}

impl Holder {
    /// The word in `RateLimit` headers.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Connections(_) => "open-connections",
            Self::Handshakes(_) => "open-handshakes",
            Self::Sockets(_) => "open-sockets",
            Self::CallerSockets(_) => "open-sockets-of-caller",
        }
    }

    /// The same, for a whole network of IPv6.
    const fn widened(self) -> Self {
        match self {
            Self::Connections(address) => Self::Connections(network(address)),
            Self::Handshakes(address) => Self::Handshakes(network(address)),
            Self::Sockets(address) => Self::Sockets(network(address)),
            Self::CallerSockets(who) => Self::CallerSockets(who),
        }
    }
}

/// What a socket of the platform itself takes of what its address may have open, and of all connections. An extension of
/// requests that may be upgraded; whoever upgrades one keeps this as long as the socket.
#[derive(Clone)]
pub struct SocketPlace(
    #[expect(dead_code, reason = "it is held, and its end gives the places back")]
    Arc<(Place, Arc<OwnedSemaphorePermit>)>,
);

impl SocketPlace {
    pub(crate) fn new(place: Place, connection: Arc<OwnedSemaphorePermit>) -> Self {
        Self(Arc::new((place, connection)))
    }
}

/// Counts what everybody has open. All clones are one.
#[derive(Clone, Default)]
pub(crate) struct Places(Arc<Mutex<HashMap<Holder, usize>>>);

/// Something open. Dropping it gives the place up.
pub(crate) struct Place {
    places: Places,
    holder: Holder,
}

impl Places {
    /// One more for this holder; `None` if they have `max` already.
    pub(crate) fn take(&self, holder: Holder, max: usize) -> Option<Place> {
        let holder = holder.widened();
        let mut open = self.open();
        let count = open.entry(holder).or_default();
        if *count >= max {
            // An entry that this very call made must not stay.
            if *count == 0 {
                open.remove(&holder);
            }
            return None;
        }
        *count += 1;
        drop(open);
        Some(Place { places: self.clone(), holder })
    }

    fn open(&self) -> MutexGuard<'_, HashMap<Holder, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.places.open();
        if let Some(count) = open.get_mut(&self.holder) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.holder);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_given_up_and_nothing_of_them_stays() {
        let places = Places::default();
        let from = |address: &str| Holder::Sockets(address.parse().unwrap());
        let first = places.take(from("2001:db8::1"), 2).unwrap();
        let _second = places.take(from("2001:db8::ffff"), 2).unwrap();
        assert!(places.take(from("2001:db8::2"), 2).is_none(), "a network of IPv6 is one address");
        assert!(places.take(from("10.0.0.1"), 2).is_some(), "everybody has their own");
        assert!(places.take(from("10.0.0.2"), 0).is_none());
        assert!(places.take(Holder::Connections("2001:db8::1".parse().unwrap()), 1).is_some());
        drop(first);
        assert!(places.take(from("2001:db8::2"), 2).is_some());
        assert_eq!(places.open().len(), 1, "only what is open is remembered");
    }
}
