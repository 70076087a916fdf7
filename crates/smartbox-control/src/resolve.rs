//! From the reference in a request to a box that exists for the caller.

use smartbox_core::{BoxId, BoxName, OrgId, Permission, Principal};
use smartbox_store::{Smartbox, SystemActor};

use crate::{Control, Error, Op};

/// Stands for the caller's default box, unless a box has that name.
const DEFAULT_REFERENCE: &str = "default";

const NO_BOX: Error = Error::NotFound("box");

impl Control {
    /// Finds a box by id, by name, or as `default`, for a caller who may do this with it.
    ///
    /// # Errors
    /// [`Error::Lacks`] the permission; [`Error::NotFound`], for a box of another org as for one that does not exist; [`Error::Ambiguous`] when an
    /// admin uses a name that several orgs use.
    pub async fn resolve(&self, op: &Op, may: Permission, reference: &str) -> Result<Smartbox, Error> {
        op.require_for_boxes(may)?;
        let found = match &op.principal {
            Principal::Member { only: Some(only), org, .. } if reference == DEFAULT_REFERENCE => {
                self.inner.store.org(*org).find_box(*only).await?.ok_or(NO_BOX)
            }
            Principal::Member { org, .. } => self.resolve_in_org(*org, reference).await,
            Principal::Admin => self.resolve_as_admin(reference).await,
        };
        found.and_then(
            |found| if op.principal.sees_box(found.org, found.id) { Ok(found) } else { Err(NO_BOX) },
        )
    }

    pub(crate) async fn resolve_in_org(&self, org: OrgId, reference: &str) -> Result<Smartbox, Error> {
        let store = self.inner.store.org(org);
        if let Ok(id) = reference.parse::<BoxId>() {
            return store.find_box(id).await?.ok_or(NO_BOX);
        }
        let name: BoxName = reference.parse().map_err(|_error| NO_BOX)?;
        if let Some(found) = store.find_box_by_name(&name).await? {
            return Ok(found);
        }
        if reference == DEFAULT_REFERENCE { store.default_box().await?.ok_or(NO_BOX) } else { Err(NO_BOX) }
    }

    async fn resolve_as_admin(&self, reference: &str) -> Result<Smartbox, Error> {
        let fleet = self.inner.store.fleet(SystemActor::new("admin request"));
        if let Ok(id) = reference.parse::<BoxId>() {
            return fleet.find_box(id).await?.ok_or(NO_BOX);
        }
        let all = fleet.all_boxes().await?;
        let named: Vec<_> = all.iter().filter(|smartbox| smartbox.name.as_str() == reference).collect();
        match named[..] {
            [one] => Ok(Smartbox::clone(one)),
            [] if reference == DEFAULT_REFERENCE => {
                let org = fleet.first_org().await?.ok_or(NO_BOX)?;
                self.inner.store.org(org.id).default_box().await?.ok_or(NO_BOX)
            }
            [] => Err(NO_BOX),
            _ => Err(Error::Ambiguous(reference.to_owned())),
        }
    }

    /// The org a request is about: the caller's own, the one an admin names, or the platform's first.
    pub(crate) async fn resolve_org(&self, op: &Op, named: Option<&str>) -> Result<OrgId, Error> {
        match (&op.principal, named) {
            (Principal::Member { org, .. }, None) => Ok(*org),
            // A user who names their own org says nothing new; any other does not exist for them.
            (Principal::Member { org, .. }, Some(name)) if name == org.to_string() => Ok(*org),
            (Principal::Member { .. }, Some(_)) => Err(Error::field("org", "no such org")),
            (Principal::Admin, named) => {
                let fleet = self.inner.store.fleet(SystemActor::new("admin request"));
                let found = match named {
                    None => fleet.first_org().await?,
                    Some(name) => fleet
                        .orgs()
                        .await?
                        .into_iter()
                        .find(|org| org.id.to_string() == name || org.name == name),
                };
                found.map(|org| org.id).ok_or_else(|| Error::field("org", "no such org"))
            }
        }
    }
}
