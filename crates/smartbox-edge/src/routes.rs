//! Which box a caller means, and how its gateway is reached.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use http::{HeaderName, HeaderValue};
use jiff::Timestamp;
use smartbox_core::{BoxId, BoxName, OrgId, Principal, Stage, box_host};

use crate::policy::Policy;

/// What one caller is to a gateway.
#[derive(Clone)]
pub struct Grant {
    /// The headers that vouch for the caller. Names as well as values can be secret.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The role that a socket of theirs has.
    pub role: &'static str,
    /// The most that a socket of theirs may claim. The headers say the same to the gateway.
    pub scopes: &'static [&'static str],
}

/// Makes the [`Grant`] of a caller.
type GrantFor = dyn Fn(&Principal) -> Grant + Send + Sync;

/// What a gateway wants to see, by caller. Names as well as values can be secret: neither is ever sent to a client or
/// printed.
#[derive(Clone)]
pub struct GatewayCredential(Arc<GrantFor>);

impl GatewayCredential {
    /// Makes grants with `grant_for`, anew for each request.
    pub fn new(grant_for: impl Fn(&Principal) -> Grant + Send + Sync + 'static) -> Self {
        Self(Arc::new(grant_for))
    }

    /// What this caller is to the gateway, its headers marked as sensitive.
    pub(crate) fn grant_for(&self, principal: &Principal) -> Grant {
        let mut grant = (self.0)(principal);
        for (_name, value) in &mut grant.headers {
            value.set_sensitive(true);
        }
        grant
    }
}

impl fmt::Debug for GatewayCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GatewayCredential(…)")
    }
}

/// Whether a box can take requests, and if not, why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RouteState {
    /// Its gateway answers, or did until a moment ago: whether it does now is found out by asking.
    Ready,
    /// It is on its way; requests wait.
    Waiting {
        /// The public phase, such as `starting`.
        phase: &'static str,
        /// How far it has come.
        stage: Option<Stage>,
        /// Since when.
        since: Timestamp,
    },
    /// Its processes are kept and do not run; a request wakes it and waits for the moment that it takes.
    Asleep {
        /// The public phase: `sleeping`.
        phase: &'static str,
        /// Since when.
        since: Timestamp,
    },
    /// Nobody is starting it; a request wakes it.
    Stopped {
        /// The public phase: `stopped`, `stopping`.
        phase: &'static str,
        /// Since when.
        since: Timestamp,
        /// Whether a person wants it stopped: then sockets, which pages open by themselves, do not wake it.
        by_owner: bool,
    },
    /// It should run, and will not without a change or a wait. Requests are answered at once.
    Failed {
        /// One line, fit for the owner's eyes.
        title: String,
        /// What happened this time.
        detail: Option<String>,
        /// What to do about it.
        remedy: Option<String>,
        /// Since when.
        since: Timestamp,
    },
    /// It is being deleted.
    Gone,
}

/// How one box is reached.
#[derive(Clone, Debug)]
pub struct Route {
    /// Which box.
    pub id: BoxId,
    /// Its owner.
    pub org: OrgId,
    /// Its name, unique in the org.
    pub name: BoxName,
    /// Whether it answers at `/` for its org.
    pub is_default: bool,
    /// Incarnation: connections to an older one are not used again.
    pub generation: i64,
    /// Whether it can take requests.
    pub state: RouteState,
    /// What its gateway wants to see.
    pub credential: GatewayCredential,
    /// What callers may do with it.
    pub policy: Arc<Policy>,
}

/// Every box, as of one moment. Immutable: control publishes a new one for each change.
#[derive(Debug, Default)]
pub struct RouteTable {
    routes: HashMap<BoxId, Arc<Route>>,
    named: HashMap<(OrgId, BoxName), BoxId>,
    /// `None` for a name that several orgs use.
    unique_names: HashMap<BoxName, Option<BoxId>>,
    defaults: HashMap<OrgId, BoxId>,
    default_org: Option<OrgId>,
}

impl RouteTable {
    /// Builds a table. `default_org` is the platform's first org: an admin's `/` means its default box.
    pub fn new(routes: impl IntoIterator<Item = Route>, default_org: Option<OrgId>) -> Self {
        let mut table = Self { default_org, ..Self::default() };
        for route in routes {
            table.named.insert((route.org, route.name.clone()), route.id);
            table
                .unique_names
                .entry(route.name.clone())
                .and_modify(|known| *known = None)
                .or_insert(Some(route.id));
            if route.is_default {
                table.defaults.insert(route.org, route.id);
            }
            table.routes.insert(route.id, Arc::new(route));
        }
        table
    }

    /// The box that `reference` (an id or a name) means for this caller.
    ///
    /// Names count in the caller's own org; for an admin, everywhere, if one box alone has the name. What the caller
    /// may not see is not found.
    pub fn find(&self, principal: &Principal, reference: &str) -> Option<&Arc<Route>> {
        let id = match reference.parse::<BoxId>() {
            Ok(id) => id,
            Err(_not_an_id) => self.named(principal, reference.parse().ok()?)?,
        };
        self.get(principal, id)
    }

    /// The box with this id, if the caller may see it.
    pub fn get(&self, principal: &Principal, id: BoxId) -> Option<&Arc<Route>> {
        self.routes.get(&id).filter(|route| principal.sees_box(route.org, route.id))
    }

    /// The box that answers at `/` for this caller.
    pub fn default_of(&self, principal: &Principal) -> Option<&Arc<Route>> {
        let org = match principal {
            Principal::Admin => self.default_org?,
            Principal::Member { only: Some(only), .. } => return self.get(principal, *only),
            Principal::Member { org, .. } => *org,
        };
        self.get(principal, *self.defaults.get(&org)?)
    }

    /// What stands in front of the domain in the box's own host name: its name, or its id where others use the name.
    pub(crate) fn host_label(&self, route: &Route) -> String {
        match self.unique_names.get(&route.name) {
            Some(Some(id)) if *id == route.id => route.name.to_string(),
            _ => box_host::label_of(route.id),
        }
    }

    /// Whether the box is ready in this generation.
    pub(crate) fn is_ready(&self, id: BoxId, generation: i64) -> bool {
        let ready = |route: &Arc<Route>| route.state == RouteState::Ready && route.generation == generation;
        self.routes.get(&id).is_some_and(ready)
    }

    /// The box that a reference means for everybody who may see it: an id, or a name that one box alone has.
    pub(crate) fn meant_by(&self, reference: &str) -> Option<BoxId> {
        match reference.parse::<BoxId>() {
            Ok(id) => Some(id),
            Err(_not_an_id) => *self.unique_names.get(&reference.parse::<BoxName>().ok()?)?,
        }
    }

    /// The box with this id, whoever asks.
    pub(crate) fn route(&self, id: BoxId) -> Option<&Route> {
        self.routes.get(&id).map(Arc::as_ref)
    }

    /// Every box.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Route> {
        self.routes.values().map(Arc::as_ref)
    }

    /// Whether nobody may use the box any more: it is being deleted, or is not there.
    pub(crate) fn is_gone(&self, id: BoxId) -> bool {
        self.routes.get(&id).is_none_or(|route| route.state == RouteState::Gone)
    }

    fn named(&self, principal: &Principal, name: BoxName) -> Option<BoxId> {
        match principal {
            Principal::Admin => *self.unique_names.get(&name)?,
            Principal::Member { org, .. } => self.named.get(&(*org, name)).copied(),
        }
    }
}

#[cfg(test)]
mod tests;
