//! Room for connections: each is an open file, and one more towards the box.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that the platform has open besides connections.
const OTHER_FILES: u64 = 1024;

/// Raises the soft limit of open files to what this many connections need, as far as the hard limit allows.
pub(crate) fn allow(connections: usize) {
    let wanted = u64::try_from(connections).unwrap_or(u64::MAX).saturating_mul(2).saturating_add(OTHER_FILES);
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= wanted) {
        return;
    }
    let current = limit.maximum.map_or(wanted, |maximum| maximum.min(wanted));
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: Some(current), ..limit }) {
        tracing::warn!(%error, "the limit of open files could not be raised");
    } else if current < wanted {
        tracing::warn!(limit = current, wanted, "fewer files may be open than edge.connections_max needs");
    }
}
