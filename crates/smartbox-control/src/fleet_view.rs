//! What the data plane needs to know of every box: an immutable picture, published by the reconcile loop.

use std::sync::Arc;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use smartbox_core::{BoxId, BoxName, Kind, Labels, OrgId, Phase, Stage};
use smartbox_core::{Desired, Observed};
use smartbox_store::{BoxError, Smartbox};

/// Every box, and the org whose default box answers an admin at `/`.
#[derive(Clone, Default, PartialEq)]
pub struct FleetView {
    /// The platform's first org.
    pub first_org: Option<OrgId>,
    /// The boxes.
    pub boxes: Vec<Arc<BoxState>>,
}

/// One box in the picture.
#[derive(Clone)]
pub struct BoxState {
    /// Its id.
    pub id: BoxId,
    /// Its owner.
    pub org: OrgId,
    /// Its name.
    pub name: BoxName,
    /// Its kind.
    pub kind: Kind,
    /// Its tier.
    pub tier: String,
    /// Its labels.
    pub labels: Labels,
    /// Whether it answers at `/` for its org.
    pub is_default: bool,
    /// Incarnation that was seen; a change of it makes old connections worthless.
    pub generation: Option<i64>,
    /// What the owner wants.
    pub desired: Desired,
    /// Its public phase.
    pub phase: Phase,
    /// Whether its processes are kept while it sleeps: then a request waits, and nobody is shown a page.
    pub is_kept: bool,
    /// How far it has come, if it is starting.
    pub stage: Option<Stage>,
    /// Since when it is in this state, as far as it was seen.
    pub since: Option<Timestamp>,
    /// What went wrong last, while it matters.
    pub error: Option<BoxError>,
    /// The gateway's credential.
    pub gateway_token: SecretString,
}

impl PartialEq for BoxState {
    fn eq(&self, other: &Self) -> bool {
        let key = |state: &Self| {
            (
                state.id,
                state.org,
                state.is_default,
                state.generation,
                state.desired,
                state.phase,
                state.is_kept,
                state.stage,
                state.since,
            )
        };
        key(self) == key(other)
            && self.name == other.name
            && (self.kind, &self.tier) == (other.kind, &other.tier)
            && self.labels == other.labels
            && self.error == other.error
            && self.gateway_token.expose_secret() == other.gateway_token.expose_secret()
    }
}

impl BoxState {
    /// The picture of one row.
    pub(crate) fn new(row: &Smartbox, gateway_token: SecretString) -> Self {
        Self {
            id: row.id,
            org: row.org,
            name: row.name.clone(),
            kind: row.kind,
            tier: row.tier.clone(),
            labels: row.labels.clone(),
            is_default: row.is_default,
            generation: row.observed_generation,
            desired: row.desired,
            phase: phase_of(row),
            is_kept: matches!(row.observed, Observed::Asleep(_)),
            stage: stage_of(row),
            since: row.observed_at,
            error: row.last_error.clone(),
            gateway_token,
        }
    }
}

/// The public phase of a row.
pub fn phase_of(row: &Smartbox) -> Phase {
    row.phase()
}

/// How far a starting box has come.
pub fn stage_of(row: &Smartbox) -> Option<Stage> {
    match row.observed {
        Observed::Starting { stage } => Some(stage),
        _ => None,
    }
}
