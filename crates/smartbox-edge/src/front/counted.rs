//! What a request is counted for: by address before it is known who asks, then by caller and box.

use std::net::IpAddr;
use std::sync::Arc;

use http::Method;
use http::request::Parts;
use smartbox_core::Principal;

use super::Asked;
use crate::edge::Shared;
use crate::gate;
use crate::limits::{Rate, Subject, Tally};
use crate::places::{Holder, Place, SocketPlace};
use crate::problem::{Problem, too_many_open};
use crate::routes::Route;

/// Whoever watches over the platform asks here, and learns nothing that costs anything.
const HEALTH_PATHS: [&str; 3] = ["/health", "/healthz", "/readyz"];
/// Where passwords and codes are tried.
const SIGN_IN_PATH: &str = "/sign-in";

impl Shared {
    /// Counts a request of somebody who is not known yet.
    pub(super) fn count_address(&self, tally: &Tally, head: &Parts, address: IpAddr) -> Result<(), Problem> {
        let path = head.uri.path();
        if HEALTH_PATHS.contains(&path) {
            return Ok(());
        }
        if gate::is_websocket(head) {
            self.count(tally, Subject::sockets_from(address), self.config.sockets_rate)?;
        }
        let is_sign_in =
            path.strip_prefix(SIGN_IN_PATH).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if head.method == Method::POST && is_sign_in {
            self.count(tally, Subject::sign_ins_from(address), self.config.sign_in_rate)?;
        }
        self.count(tally, Subject::address(address), self.config.address_rate)
    }

    /// Counts a request of somebody who is. The platform's admin is one more program of the address.
    pub(super) fn count_caller(
        &self,
        tally: &Tally,
        principal: &Principal,
        route: &Route,
    ) -> Result<(), Problem> {
        if let Principal::Member { who, .. } = principal {
            self.count(tally, Subject::Caller(*who), self.config.caller_rate)?;
        }
        self.count(tally, Subject::Box(route.id), self.config.box_rate)
    }

    fn count(&self, tally: &Tally, subject: Subject, rate: Rate) -> Result<(), Problem> {
        match self.limits.count(subject, rate) {
            Ok(standing) => tally.note(standing),
            Err(problem) => {
                // A page has no room for it but in the headers.
                problem.limit.iter().for_each(|standing| tally.note(**standing));
                return Err(problem);
            }
        }
        Ok(())
    }

    /// Places for a socket of this caller, to be held as long as it is open.
    pub(super) fn take_socket(&self, asked: &Asked, principal: &Principal) -> Result<Vec<Place>, Problem> {
        let mut holders = vec![(Holder::Sockets(asked.conn.peer.ip()), self.config.sockets_per_address)];
        if let Principal::Member { who, .. } = principal {
            holders.push((Holder::CallerSockets(*who), self.config.sockets_per_caller));
        }
        holders.into_iter().map(|(holder, max)| self.take(holder, max)).collect()
    }

    /// The same, for a socket of the platform itself.
    pub(super) fn take_platform_socket(&self, asked: &Asked) -> Result<SocketPlace, Problem> {
        let place = self.take(Holder::Sockets(asked.conn.peer.ip()), self.config.sockets_per_address)?;
        Ok(SocketPlace::new(place, Arc::clone(&asked.conn.place)))
    }

    fn take(&self, holder: Holder, max: usize) -> Result<Place, Problem> {
        self.places.take(holder, max).ok_or_else(|| too_many_open(holder.name(), max))
    }
}
