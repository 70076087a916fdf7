//! What the proxy needs of the rest of the platform. The composition root implements it.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use smartbox_core::egress_policy::{Host, Policy};
use smartbox_core::injection::{Asked, Rule, Rules, Scheme};
use smartbox_core::{BoxId, SecretName};

use super::admit::UsedUp;

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

/// What came of asking for bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetAside {
    /// So many more are set aside for the box.
    Bytes(u64),
    /// Nothing limits it any more.
    Endless,
    /// Nothing is left.
    UsedUp(UsedUp),
}

/// Keeps what boxes have used, and sets aside what they are about to use.
#[async_trait::async_trait]
pub trait Meter: Send + Sync {
    /// Records amounts, all or none, and takes them off what is set aside for these boxes. What was not recorded is counted on and
    /// comes again.
    ///
    /// # Errors
    /// Nothing was recorded; the text is for the log.
    async fn record(&self, used: &[(BoxId, Used)]) -> Result<(), String>;

    /// Sets some bytes aside for a box that has a limit on them, so that nobody else has them.
    ///
    /// # Errors
    /// Nobody could be asked; the text is for the log.
    async fn set_aside(&self, id: BoxId) -> Result<SetAside, String>;

    /// Gives back what is set aside for a box, all but this many bytes.
    ///
    /// # Errors
    /// Nothing was given back; the text is for the log.
    async fn give_back(&self, id: BoxId, kept: u64) -> Result<(), String>;
}

/// A request that did not reach its upstream.
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

/// A connection to an upstream that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedConnection {
    /// Whose it was.
    pub box_id: BoxId,
    /// Where to, `host:port`.
    pub target: String,
    /// From the moment it came about to its end.
    pub took: Duration,
    /// Bytes that were written to the upstream.
    pub sent: u64,
    /// Bytes that were read from it.
    pub received: u64,
    /// A stable name of how it ended.
    pub end: &'static str,
}

/// Tells owners what was refused, and what their boxes were connected with. Nothing here may block; what is too much may be dropped.
pub trait Report: Send + Sync {
    /// Takes note of what a policy refused.
    fn refused(&self, request: RefusedRequest);

    /// Takes note of what did not come about for another reason.
    fn failed(&self, request: RefusedRequest);

    /// Takes note of a connection's end.
    fn ended(&self, connection: EndedConnection);
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

/// Has what is put into requests, and the certificates under which TLS of a box is ended. Nothing of it is kept here for longer
/// than a request or a day.
#[async_trait::async_trait]
pub trait Vault: Send + Sync {
    /// The value of a secret for a box; `None` where there is none of that name.
    ///
    /// # Errors
    /// Nobody could be asked; the text is for the log.
    async fn reveal(&self, id: BoxId, name: &SecretName) -> Result<Option<SecretString>, String>;

    /// A certificate for a host, by the authority of this box; `None` where the box has none.
    ///
    /// # Errors
    /// It could not be made; the text is for the log.
    async fn certify(&self, id: BoxId, host: &Host) -> Result<Option<Leaf>, String>;
}

/// A certificate of a host with its key, in PEM form.
#[derive(Clone, Debug)]
pub struct Leaf {
    /// The certificate.
    pub certificate: String,
    /// Its key.
    pub key: SecretString,
}

/// Where secrets of a box are put in.
#[derive(Clone, Debug, Default)]
pub struct BoxInjections {
    rules: Vec<Arc<Rules>>,
    is_trusted: bool,
}

impl BoxInjections {
    /// Rules, the box's own first. `is_trusted` says that programs of the box believe its authority: until then its TLS is left
    /// alone.
    pub const fn new(rules: Vec<Arc<Rules>>, is_trusted: bool) -> Self {
        Self { rules, is_trusted }
    }

    /// Whether TLS of this host is ended here.
    pub fn ends_tls_of(&self, host: &Host, port: u16) -> bool {
        self.is_trusted && self.iter().any(|rule| rule.is_for(Scheme::Https, host, port))
    }

    /// The rules that are about a request.
    pub fn about(&self, asked: &Asked<'_>) -> Vec<Rule> {
        self.iter().filter(|rule| rule.matches(asked)).cloned().collect()
    }

    fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().flat_map(|rules| rules.iter())
    }
}

/// What boxes may reach: one immutable picture.
#[derive(Clone, Debug, Default)]
pub struct Policies {
    boxes: HashMap<BoxId, Policy>,
    injections: HashMap<BoxId, BoxInjections>,
    own_hosts: Vec<String>,
}

impl Policies {
    /// Policies by box, and the names under which the platform itself is reached, in lower case: boxes get there only by a
    /// rule that names host and port, whatever the name leads to.
    pub fn new(boxes: HashMap<BoxId, Policy>, own_hosts: Vec<String>) -> Self {
        Self { boxes, injections: HashMap::new(), own_hosts }
    }

    /// The same, with where secrets are put in. Most boxes have nothing of it.
    #[must_use]
    pub fn with_injections(self, injections: HashMap<BoxId, BoxInjections>) -> Self {
        Self { injections, ..self }
    }

    /// Where secrets of a box are put in.
    pub fn injections_of(&self, id: BoxId) -> Option<&BoxInjections> {
        self.injections.get(&id)
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
