//! Idempotency keys: a POST that creates can be repeated without creating twice.

use smartbox_core::OrgId;
use smartbox_store::{BodyHash, Claim};

use crate::{Control, Error};

/// What became of an earlier request with the same key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Idempotency {
    /// There was none: go on, then call [`Control::finish_idempotent`].
    Fresh,
    /// It was answered so.
    Replay {
        /// Status of the answer.
        status: u16,
        /// Body of the answer.
        body: String,
    },
    /// It is being worked on at this moment.
    InProgress,
    /// It had another body.
    Mismatch,
}

impl Control {
    /// Looks up or takes a key. Keys belong to an org and a route.
    pub async fn begin_idempotent(
        &self,
        org: OrgId,
        key: &str,
        route: &str,
        body_hash: &BodyHash,
    ) -> Result<Idempotency, Error> {
        let now = self.inner.clock.now();
        let state = self.inner.store.org(org).idempotency_begin(key, route, body_hash, now).await?;
        Ok(match state {
            Claim::Fresh => Idempotency::Fresh,
            Claim::Replay { status, body } => Idempotency::Replay { status, body },
            Claim::InProgress => Idempotency::InProgress,
            Claim::Mismatch => Idempotency::Mismatch,
        })
    }

    /// Remembers the answer for 24 hours; `None` gives the key back because nothing was created.
    pub async fn finish_idempotent(
        &self,
        org: OrgId,
        key: &str,
        answer: Option<(u16, &str)>,
    ) -> Result<(), Error> {
        let store = self.inner.store.org(org);
        match answer {
            Some((status, body)) => store.idempotency_finish(key, status, body).await?,
            None => store.idempotency_abandon(key).await?,
        }
        Ok(())
    }

    /// The org whose keys a request uses.
    pub async fn idempotency_org(&self, op: &crate::Op, named: Option<&str>) -> Result<OrgId, Error> {
        self.resolve_org(op, named).await
    }
}
