//! Who asks: the first parameter of every use-case.

use std::net::IpAddr;

use smartbox_core::{Permission, Principal, SessionId};

use crate::Error;

/// The caller of a use-case.
#[derive(Clone, Debug)]
pub struct Op {
    /// Who.
    pub principal: Principal,
    /// From where, as far as it is known.
    pub origin: Origin,
    /// The browser's session, if the caller was recognised by one.
    pub session: Option<SessionId>,
}

/// Where a request comes from. For the audit log and for counting attempts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The client's address.
    pub address: Option<IpAddr>,
    /// What the client calls itself.
    pub user_agent: Option<String>,
}

impl Op {
    /// An operation of `principal`, from nowhere in particular.
    pub fn new(principal: Principal) -> Self {
        Self { principal, origin: Origin::default(), session: None }
    }

    /// The same, from there.
    #[must_use]
    pub fn with_origin(self, origin: Origin) -> Self {
        Self { origin, ..self }
    }

    /// Lets the caller pass who has this permission.
    ///
    /// # Errors
    /// [`Error::Lacks`].
    pub(crate) fn require(&self, permission: Permission) -> Result<(), Error> {
        self.principal.check_own(permission).map_err(|_refused| Error::Lacks(permission))
    }

    /// The same, for something that is done with boxes: with those that exist for the caller.
    pub(crate) fn require_for_boxes(&self, permission: Permission) -> Result<(), Error> {
        self.principal.check_boxes(permission).map_err(|_refused| Error::Lacks(permission))
    }

    /// The same, in that session.
    #[must_use]
    pub fn in_session(self, session: Option<SessionId>) -> Self {
        Self { session, ..self }
    }
}
