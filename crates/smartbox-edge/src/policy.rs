//! What callers may do with a gateway, as data: names and paths, and the permission that each needs.
//!
//! What is not named needs [`Permission::BoxesAdminister`], so a gateway that learns something new gives it to nobody
//! else. Who knows the gateway writes the tables; see `docs/decisions/0007-scope-pinning.md`.

use std::collections::{HashMap, HashSet};

use http::Method;
use smartbox_core::Permission;

/// What nobody has thought of is for administrators.
const UNKNOWN: Permission = Permission::BoxesAdminister;

/// What a gateway's HTTP paths need.
#[derive(Clone, Copy, Debug)]
pub struct PathRule {
    /// A path in lower case without a slash at its end; everything below it, too. The longest one counts.
    pub path: &'static str,
    /// Needed to look: GET and HEAD.
    pub look: Permission,
    /// Needed for every other method.
    pub change: Permission,
}

/// The request that opens a socket, whose claims are pinned.
#[derive(Clone, Copy, Debug)]
pub struct Handshake {
    /// Its method. Allowed once, as the first request.
    pub method: &'static str,
    /// Members of `params.auth` that stay beside a device's signature. All others are dropped.
    pub kept_auth: &'static [&'static str],
    /// Members of `params.auth` that a device's signature covers: without them, it cannot hold.
    pub signed_auth: &'static [&'static str],
}

/// What callers may do with a gateway.
#[derive(Clone, Debug)]
pub struct Policy {
    pub(crate) handshake: Handshake,
    methods: HashMap<&'static str, Permission>,
    /// Families, such as `talk.`; the longest first.
    families: Vec<(&'static str, Permission)>,
    /// The longest first.
    paths: Vec<PathRule>,
    passive: HashSet<&'static str>,
    quiet: Vec<&'static str>,
}

impl Policy {
    /// Makes a policy of its tables. A method's name may end with `.*`, which means all that begin so; a whole name
    /// counts more, and of two families the longer one.
    pub fn new(handshake: Handshake, methods: &[(Permission, &[&'static str])], paths: &[PathRule]) -> Self {
        let (mut whole, mut families) = (HashMap::new(), Vec::new());
        let named =
            methods.iter().flat_map(|(permission, names)| names.iter().map(|name| (*name, *permission)));
        for (name, permission) in named {
            match name.strip_suffix('*') {
                Some(family) => families.push((family, permission)),
                None => drop(whole.insert(name, permission)),
            }
        }
        families.sort_by_key(|(family, _)| std::cmp::Reverse(family.len()));
        let mut paths = paths.to_vec();
        paths.sort_by_key(|rule| std::cmp::Reverse(rule.path.len()));
        let (passive, quiet) = (HashSet::new(), Vec::new());
        Self { handshake, methods: whole, families, paths, passive, quiet }
    }

    /// Names what nobody has asked for: methods that clients call by themselves while nobody uses them, and paths that
    /// probes and pages look at by themselves (`*` is any one segment). Neither keeps a box awake or wakes one.
    #[must_use]
    pub fn with_background(mut self, passive: &[&'static str], quiet: &[&'static str]) -> Self {
        self.passive.extend(passive);
        self.quiet.extend(quiet);
        self
    }

    /// The method, if clients call it by themselves.
    pub(crate) fn passive(&self, method: &str) -> Option<&'static str> {
        self.passive.get(method).copied()
    }

    /// Whether nobody has asked for this, though it was sent. `path` is plain, as for [`Self::for_path`].
    pub(crate) fn is_quiet(&self, method: &Method, path: &str) -> bool {
        let is_like = |pattern: &&str| {
            let mut segments = pattern.split('/').zip(path.split('/'));
            pattern.matches('/').count() == path.matches('/').count()
                && segments.all(|(ours, theirs)| ours == "*" || ours == theirs)
        };
        matches!(*method, Method::GET | Method::HEAD) && self.quiet.iter().any(is_like)
    }

    /// What a call of this method over a socket needs.
    pub fn for_method(&self, method: &str) -> Permission {
        let family = || self.families.iter().find(|(family, _)| method.starts_with(family));
        self.methods.get(method).copied().or_else(|| Some(family()?.1)).unwrap_or(UNKNOWN)
    }

    /// What an HTTP request for this path needs: decoded, normal, as [`crate::path::plain`] returns it.
    pub(crate) fn for_path(&self, method: &Method, path: &str) -> Permission {
        // No gateway is known to ignore case. If one does, its rules count.
        let path = path.to_ascii_lowercase();
        let is_at = |rule: &&PathRule| {
            path.strip_prefix(rule.path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let Some(rule) = self.paths.iter().find(is_at) else { return UNKNOWN };
        if matches!(*method, Method::GET | Method::HEAD) { rule.look } else { rule.change }
    }
}

#[cfg(test)]
mod tests;
