//! Models and what they cost: who serves them for whom, what may be asked for, what a token's worth is. Values and checks.

mod price;
mod provider;
mod rules;
mod tariff;

pub use price::{Price, Tokens, nanos};
pub use provider::{
    BadProvider, Dialect, MODELS_MAX, Offered, Provider, ProviderName, api_root, key_hint, own_server,
};
pub use rules::{BadRules, ModelRules};
pub use tariff::{Rates, Tariff};

use crate::id::{BoxId, OrgId};

/// Whose providers and rules something belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ModelScope {
    /// The platform: for everybody.
    Platform,
    /// An org: for all its boxes.
    Org(OrgId),
    /// One box of an org.
    Box(OrgId, BoxId),
}

impl ModelScope {
    /// `platform`, `org` or `box`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Org(_) => "org",
            Self::Box(..) => "box",
        }
    }

    /// Whose org it is.
    pub const fn org(&self) -> Option<OrgId> {
        match self {
            Self::Platform => None,
            Self::Org(org) | Self::Box(org, _) => Some(*org),
        }
    }

    /// Which box it is about.
    pub const fn box_id(&self) -> Option<BoxId> {
        match self {
            Self::Box(_, id) => Some(*id),
            Self::Platform | Self::Org(_) => None,
        }
    }
}
