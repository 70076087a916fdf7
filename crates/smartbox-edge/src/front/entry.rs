//! Who comes in: the caller, the box they mean, and their place among what is open.

use std::sync::Arc;
use std::time::Duration;

use http::request::Parts;
use smartbox_core::{Principal, Tie};
use tokio::time::Instant;

use super::{Asked, Target};
use crate::edge::Shared;
use crate::hold::box_busy;
use crate::path;
use crate::ports::{Caller, DeviceNotApproved};
use crate::problem::{Problem, device_not_approved, missing_permission, not_signed_in};
use crate::routes::Route;
use crate::sockets::{Admission, Ticket};

/// How often a caller is identified anew because somebody's right has ended meanwhile.
const IDENTIFICATIONS_MAX: usize = 8;

/// A caller who was let in.
pub(super) struct Entry {
    pub(super) principal: Principal,
    pub(super) route: Arc<Route>,
    pub(super) ticket: Ticket,
    /// See [`Caller::query`].
    pub(super) query: Option<String>,
    /// See [`Caller::by_ticket`].
    pub(super) by_ticket: bool,
    /// Whether nobody has asked for it: it is no work, and wakes no box.
    pub(super) is_quiet: bool,
}

impl Shared {
    /// Lets a caller in to the box that they mean.
    ///
    /// Their right may end while it is looked up: then what ends it has not seen them yet. So they are identified again
    /// whenever any right has ended in between.
    pub(super) async fn enter(&self, asked: &Asked, head: &Parts, target: &Target) -> Result<Entry, Problem> {
        let path = &path::plain(target.path_and_query.path())?;
        for _attempt in 0..IDENTIFICATIONS_MAX {
            let epoch = self.sockets.epoch();
            let caller = self.ports.identity.identify(head, asked.conn.peer).await;
            let caller = caller.map_err(|DeviceNotApproved| device_not_approved())?;
            let Some(Caller { principal, mut ties, expires_at, query, by_ticket }) = caller else { break };
            let Some(expires) = self.instant(expires_at) else { break };
            let route = self.find(&principal, target.reference.as_deref())?;
            let needed = route.policy.for_path(&head.method, path);
            if !principal.permissions().has(needed) {
                return Err(missing_permission(needed));
            }
            for tie in [Tie::Org(route.org), Tie::Box(route.id)] {
                if !ties.contains(&tie) {
                    ties.push(tie);
                }
            }
            match self.sockets.enter(epoch, ties, expires.at()) {
                Admission::Entered(ticket) => {
                    self.count_caller(&asked.tally, &principal, &route)?;
                    let is_quiet = route.policy.is_quiet(&head.method, path);
                    return Ok(Entry { principal, route, ticket, query, by_ticket, is_quiet });
                }
                Admission::Stale => {}
                Admission::Full => return Err(box_busy()),
            }
        }
        Err(not_signed_in(asked.wants_page))
    }

    /// When something ends, by the clock that waits; `None` if it has.
    fn instant(&self, at: Option<jiff::Timestamp>) -> Option<Expiry> {
        let Some(at) = at else { return Some(Expiry::Never) };
        let left = at.duration_since((self.ports.clock)());
        let left = Duration::try_from(left).ok().filter(|left| !left.is_zero())?;
        Some(Instant::now().checked_add(left).map_or(Expiry::Never, Expiry::At))
    }
}

/// When a right ends by itself.
enum Expiry {
    Never,
    At(Instant),
}

impl Expiry {
    const fn at(&self) -> Option<Instant> {
        match self {
            Self::Never => None,
            Self::At(at) => Some(*at),
        }
    }
}
