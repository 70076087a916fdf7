//! How often somebody may ask: by address before it is known who they are, then by caller and by box.
//!
//! Nobody is exempt, loopback neither: a page in the owner's browser reaches it, too. What is remembered of somebody is one
//! moment in time (the "virtual scheduling" form of GCRA, ITU-T I.371), and only until they have their whole burst again.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use smartbox_core::{BoxId, Who};
use tokio::time::Instant;

use crate::problem::{Problem, too_many_requests};

mod standing;

pub(crate) use standing::Tally;
pub use standing::{Quota, Standing};

/// Most that is remembered. Whoever comes when it is full shares one allowance with everybody else who does.
const REMEMBERED_MAX: usize = 65_536;

/// How often something may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// So many at once, if nothing happened before.
    pub burst: u32,
    /// In this time the whole burst comes back, evenly.
    pub window: Duration,
}

/// Who or what is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    /// Requests from an address; of IPv6, from a network of 64 bits.
    Address(IpAddr),
    /// Sockets from an address.
    SocketsFrom(IpAddr),
    /// Attempts to sign in from an address.
    SignInsFrom(IpAddr),
    Caller(Who),
    Box(BoxId),
    /// Whoever there is no room for.
    Others,
}

impl Subject {
    /// The word in `RateLimit` headers.
    const fn name(self) -> &'static str {
        match self {
            Self::Address(_) => "address",
            Self::SocketsFrom(_) => "sockets",
            Self::SignInsFrom(_) => "sign-ins",
            Self::Caller(_) => "caller",
            Self::Box(_) => "box",
            Self::Others => "others",
        }
    }

    /// Requests from this address.
    pub(crate) fn address(address: IpAddr) -> Self {
        Self::Address(network(address))
    }

    /// Sockets from this address.
    pub(crate) fn sockets_from(address: IpAddr) -> Self {
        Self::SocketsFrom(network(address))
    }

    /// Attempts to sign in from this address.
    pub(crate) fn sign_ins_from(address: IpAddr) -> Self {
        Self::SignInsFrom(network(address))
    }
}

/// One household or server has a whole network of 64 bits (RFC 6177).
pub(crate) const fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
    }
}

/// Remembers how often everybody has asked.
#[derive(Default)]
pub(crate) struct Limits {
    /// When everything that was asked for is paid off.
    paid_at: Mutex<HashMap<Subject, Instant>>,
}

impl Limits {
    /// Counts one more, and says how many are left.
    ///
    /// # Errors
    /// It was one too many; it does not count.
    pub(crate) fn count(&self, subject: Subject, rate: Rate) -> Result<Standing, Problem> {
        let now = Instant::now();
        let mut remembered = self.paid_at.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = remembered.len() >= REMEMBERED_MAX;
        let (subject, paid_at) = match remembered.get_mut(&subject) {
            Some(paid_at) => (subject, paid_at),
            None => {
                let subject = if is_full { Subject::Others } else { subject };
                (subject, remembered.entry(subject).or_insert(now))
            }
        };
        let cost = rate.window / rate.burst.max(1);
        let then = (*paid_at).max(now) + cost;
        let owed = then.duration_since(now);
        match owed.checked_sub(rate.window).filter(|over| !over.is_zero()) {
            Some(wait) => Err(too_many_requests(subject.name(), rate, wait)),
            None => {
                *paid_at = then;
                Ok(standing(subject, rate, owed))
            }
        }
    }

    /// Forgets those who have their whole burst again.
    pub(crate) fn prune(&self) {
        let now = Instant::now();
        self.paid_at.lock().unwrap_or_else(PoisonError::into_inner).retain(|_subject, at| *at > now);
    }
}

/// What is left to somebody who has to pay off this much time.
fn standing(subject: Subject, rate: Rate, owed: Duration) -> Standing {
    let (whole, owed_nanos) = (rate.window.as_nanos().max(1), owed.as_nanos());
    let free = whole.saturating_sub(owed_nanos).saturating_mul(u128::from(rate.burst)) / whole;
    let left = u32::try_from(free).unwrap_or(u32::MAX);
    Standing { name: subject.name(), quota: Quota::Rate(rate), left, reset: Some(owed) }
}

#[cfg(test)]
mod tests;
