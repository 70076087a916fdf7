//! Which providers and rules of models count for a box: an immutable picture, published by whoever knows them.
//!
//! There are three shelves: of the box, of its org, of the platform. The nearest that has a provider for what is asked wins, so
//! an org's own key is used before the platform's.

use std::collections::HashMap;
use std::sync::Arc;

use smartbox_core::models::ModelRules;
use smartbox_core::{BoxId, OrgId};

use crate::gateway::GatewayError;
use crate::upstream::{ModelUpstream, Upstream};

/// Providers and rules of one layer.
#[derive(Debug, Default)]
pub struct Shelf {
    pub(crate) upstreams: Vec<Arc<Upstream>>,
    pub(crate) rules: ModelRules,
}

impl Shelf {
    /// A shelf; the keys are made ready.
    ///
    /// # Errors
    /// [`GatewayError::Key`] names the provider whose key cannot be sent.
    pub fn new(upstreams: Vec<ModelUpstream>, rules: ModelRules) -> Result<Self, GatewayError> {
        let ready = |config: ModelUpstream| {
            let id = config.id.clone();
            Upstream::new(config).map(Arc::new).map_err(|_invalid| GatewayError::Key(id))
        };
        Ok(Self { upstreams: upstreams.into_iter().map(ready).collect::<Result<_, _>>()?, rules })
    }
}

/// A box in the picture.
#[derive(Clone, Debug)]
pub struct BoxShelves {
    /// Whose it is.
    pub org: OrgId,
    /// Its own shelf, if it has one.
    pub own: Option<Arc<Shelf>>,
}

/// The picture.
#[derive(Clone, Debug, Default)]
pub struct ModelRoutes {
    platform: Arc<Shelf>,
    orgs: HashMap<OrgId, Arc<Shelf>>,
    boxes: HashMap<BoxId, BoxShelves>,
}

/// What counts for one box.
#[derive(Clone, Debug)]
pub(crate) struct Shelves {
    pub(crate) org: Option<OrgId>,
    shelves: [Option<Arc<Shelf>>; 3],
}

impl ModelRoutes {
    /// The picture of these shelves.
    pub const fn new(
        platform: Arc<Shelf>,
        orgs: HashMap<OrgId, Arc<Shelf>>,
        boxes: HashMap<BoxId, BoxShelves>,
    ) -> Self {
        Self { platform, orgs, boxes }
    }

    /// What counts for a box. For one that is not known (yet): what counts for everybody.
    pub(crate) fn of(&self, id: BoxId) -> Shelves {
        let housed = self.boxes.get(&id);
        let of_org = housed.and_then(|housed| self.orgs.get(&housed.org).cloned());
        let own = housed.and_then(|housed| housed.own.clone());
        Shelves {
            org: housed.map(|housed| housed.org),
            shelves: [own, of_org, Some(Arc::clone(&self.platform))],
        }
    }
}

impl Shelves {
    /// The shelves, the nearest first.
    pub(crate) fn nearest_first(&self) -> impl Iterator<Item = &Shelf> {
        self.shelves.iter().flatten().map(|shelf| &**shelf)
    }

    /// Whether the built-in demo model answers for whatever nobody else does.
    pub(crate) fn has_demo(&self) -> bool {
        self.shelves[2].as_ref().is_none_or(|platform| platform.upstreams.is_empty())
    }

    /// Whether every layer lets this model be asked for.
    pub(crate) fn allows(&self, model: &str) -> bool {
        self.nearest_first().all(|shelf| shelf.rules.allows(model))
    }

    /// The lists that say which models may be asked for.
    pub(crate) fn allow_lists(&self) -> impl Iterator<Item = &[String]> {
        self.nearest_first().filter_map(|shelf| shelf.rules.allow.as_deref())
    }

    /// The lowest that any layer says: a nearer one may be stricter and not laxer.
    pub(crate) fn lowest(&self, pick: impl Fn(&ModelRules) -> Option<u32>) -> Option<u32> {
        self.nearest_first().filter_map(|shelf| pick(&shelf.rules)).min()
    }

    /// Where to go on when this model fails, as the nearest layer says that says anything.
    pub(crate) fn fallbacks(&self, model: &str) -> &[String] {
        self.shelves.iter().flatten().find_map(|shelf| shelf.rules.fallbacks_of(model)).unwrap_or_default()
    }

    /// Whether what was said is kept: only where box or org want it; it is not the platform's to decide.
    pub(crate) fn keeps_prompts(&self) -> bool {
        self.shelves[..2].iter().flatten().any(|shelf| shelf.rules.keeps_prompts)
    }

    /// Whether answers are given again, and for how long.
    pub(crate) fn cache_secs(&self) -> Option<u32> {
        self.shelves[..2].iter().flatten().find_map(|shelf| shelf.rules.cache_secs)
    }
}
