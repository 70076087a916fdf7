//! What the proxy needs of the rest of the platform. The composition root implements it.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;

use secrecy::SecretString;
use smartbox_core::BoxId;
use smartbox_core::egress_policy::Policy;

/// Looks names up.
#[async_trait::async_trait]
pub trait Resolve: Send + Sync {
    /// The addresses of a name, in the order in which they should be tried.
    ///
    /// # Errors
    /// There is none, or nobody could be asked.
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// What one box has used since it was last recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Bytes that were written to upstreams, heads included.
    pub sent: u64,
    /// Bytes that were read from upstreams, heads included.
    pub received: u64,
    /// Connections that were opened to upstreams.
    pub connections: u64,
    /// Requests that were forwarded; what is asked through a tunnel is not seen.
    pub requests: u64,
}

/// Keeps what boxes have used.
#[async_trait::async_trait]
pub trait Meter: Send + Sync {
    /// Records amounts, all or none. What was not recorded is counted on and comes again.
    ///
    /// # Errors
    /// Nothing was recorded; the text is for the log.
    async fn record(&self, used: &[(BoxId, Used)]) -> Result<(), String>;
}

/// A request that a policy refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedRequest {
    /// Whose it was.
    pub box_id: BoxId,
    /// Where to, `host:port`.
    pub target: String,
    /// A stable name of the reason.
    pub reason: &'static str,
    /// The same in a sentence.
    pub message: String,
}

/// Tells owners what was refused.
pub trait Report: Send + Sync {
    /// Takes note. Must not block; may drop what is too much.
    fn refused(&self, request: RefusedRequest);
}

/// Knows remote boxes by their credential.
#[async_trait::async_trait]
pub trait Authenticate: Send + Sync {
    /// Whether this is the credential of that box. Must compare in constant time, or hashes.
    async fn is_box(&self, id: BoxId, token: &SecretString) -> bool;
}

/// Knows which addresses are this machine's own.
pub trait OwnAddresses: Send + Sync {
    /// Whether a connection to it would end here.
    fn is_own(&self, address: IpAddr) -> bool;
}

/// What boxes may reach: one immutable picture.
#[derive(Clone, Debug, Default)]
pub struct Policies {
    boxes: HashMap<BoxId, Policy>,
    own_hosts: Vec<String>,
}

impl Policies {
    /// Policies by box, and the names under which the platform itself is reached, in lower case: boxes get there only by a
    /// rule that names host and port, whatever the name leads to.
    pub const fn new(boxes: HashMap<BoxId, Policy>, own_hosts: Vec<String>) -> Self {
        Self { boxes, own_hosts }
    }

    /// The policy of a box; `None` for one that is not known.
    pub fn of(&self, id: BoxId) -> Option<&Policy> {
        self.boxes.get(&id)
    }

    /// Whether a name is the platform's, or below one of the platform's.
    pub fn is_own_host(&self, name: &str) -> bool {
        let is_below = |own: &String| {
            name.strip_suffix(own.as_str()).is_some_and(|front| front.is_empty() || front.ends_with('.'))
        };
        self.own_hosts.iter().any(is_below)
    }
}
