//! Routing flags: named routes whose callers move, share by share, from a primary upstream to a candidate, and back at once.

use std::fmt;
use std::str::FromStr;

mod own;
mod rollback;
mod upstream;

pub use own::OwnAddress;
pub use rollback::{Outcome, OutcomeKind, RollbackRule, Tally, Window};
pub use upstream::{BadUpstream, BaseUrl, Upstream};

/// Shares are counted in hundredths.
pub const PERCENT_MAX: u8 = 100;

/// What can be routed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RouteName {
    /// The admin API's paths: `/api/super/…` and `/api/admin/…`.
    AdminApi,
    /// Requests to boxes.
    ContainerGateway,
}

/// The text names no route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a route is one of `admin-api`, `container-gateway`")]
pub struct BadRouteName;

impl RouteName {
    /// Every route.
    pub const ALL: [Self; 2] = [Self::AdminApi, Self::ContainerGateway];

    /// The word used on the wire and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AdminApi => "admin-api",
            Self::ContainerGateway => "container-gateway",
        }
    }
}

impl fmt::Display for RouteName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for RouteName {
    type Err = BadRouteName;

    fn from_str(text: &str) -> Result<Self, BadRouteName> {
        Self::ALL.into_iter().find(|name| name.as_str() == text).ok_or(BadRouteName)
    }
}

/// Which of a route's two upstreams a caller gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The one that was there before.
    Primary,
    /// The one that is tried.
    Candidate,
}

/// Where the requests of one route go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoutingFlag {
    /// Which route.
    pub name: RouteName,
    /// Raised by every change. What was seen of an older one does not count for this one.
    pub version: i64,
    /// Where callers are who have not moved.
    pub primary: Upstream,
    /// Where they move to.
    pub candidate: Upstream,
    /// How many of a hundred callers have moved.
    pub percentage: u8,
    /// When they move back by themselves.
    pub rollback: RollbackRule,
}

impl RoutingFlag {
    /// A route that leads to this platform, whatever side a caller is on.
    pub const fn unused(name: RouteName) -> Self {
        let rollback = RollbackRule::DEFAULT;
        Self { name, version: 0, primary: Upstream::Own, candidate: Upstream::Own, percentage: 0, rollback }
    }

    /// Whether both sides are this platform, so that there is nothing to choose.
    pub fn is_unused(&self) -> bool {
        self.primary == Upstream::Own && self.candidate == Upstream::Own
    }

    /// The side of a caller. The same caller gets the same side from every process and at every time; a higher percentage
    /// moves callers to the candidate and none back.
    pub fn side_of(&self, caller: &str) -> Side {
        if place(self.name, caller) < self.percentage { Side::Candidate } else { Side::Primary }
    }

    /// The upstream of a side.
    pub const fn upstream(&self, side: Side) -> &Upstream {
        match side {
            Side::Primary => &self.primary,
            Side::Candidate => &self.candidate,
        }
    }
}

/// All routes, as of one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoutingFlags {
    admin_api: RoutingFlag,
    container_gateway: RoutingFlag,
}

impl Default for RoutingFlags {
    fn default() -> Self {
        Self {
            admin_api: RoutingFlag::unused(RouteName::AdminApi),
            container_gateway: RoutingFlag::unused(RouteName::ContainerGateway),
        }
    }
}

impl RoutingFlags {
    /// One of them.
    pub const fn get(&self, name: RouteName) -> &RoutingFlag {
        match name {
            RouteName::AdminApi => &self.admin_api,
            RouteName::ContainerGateway => &self.container_gateway,
        }
    }

    /// Takes a route in place of an older version of it. Says whether it did.
    pub fn renew(&mut self, flag: RoutingFlag) -> bool {
        let known = match flag.name {
            RouteName::AdminApi => &mut self.admin_api,
            RouteName::ContainerGateway => &mut self.container_gateway,
        };
        let is_newer = flag.version > known.version;
        if is_newer {
            *known = flag;
        }
        is_newer
    }
}

/// A caller's fixed place among a hundred. The route's name is the salt: who is first on one route is not first on all.
fn place(route: RouteName, caller: &str) -> u8 {
    // FNV-1a (draft-eastlake-fnv) is the same everywhere; its upper bits are weak for short texts, which SplitMix64's last step mends.
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let bytes = route.as_str().bytes().chain([0]).chain(caller.bytes());
    let mut hash = bytes.fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^= hash >> 31;
    let place = (u128::from(hash) * u128::from(PERCENT_MAX)) >> 64;
    u8::try_from(place).unwrap_or(PERCENT_MAX)
}

#[cfg(test)]
mod tests;
