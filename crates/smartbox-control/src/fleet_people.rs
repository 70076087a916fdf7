//! People of all orgs, for whoever runs the platform, and which box is meant by one of them.

use std::collections::HashMap;

use smartbox_core::{OrgId, Permission, Principal, UserId};
use smartbox_store::{BoxFilter, Cursor, Page, Smartbox, SystemActor, User};

use crate::{Control, Error, Op};

const NO_USER: Error = Error::NotFound("user");
/// Boxes that are looked at to see whether an org has one alone.
const ALONE: u32 = 2;

impl Control {
    /// A page of the people of every org. Only an admin sees them.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub async fn list_everybody(
        &self,
        op: &Op,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<User>, Error> {
        require_admin(op)?;
        Ok(self.people().list_users(cursor, limit).await?)
    }

    /// The people of any org with this name. Only an admin sees them.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub async fn users_named(&self, op: &Op, name: &str) -> Result<Vec<User>, Error> {
        require_admin(op)?;
        Ok(self.people().users_named(name).await?)
    }

    /// The first person of each org. Only an admin sees them.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub async fn first_users(&self, op: &Op) -> Result<HashMap<OrgId, UserId>, Error> {
        require_admin(op)?;
        Ok(self.people().first_users().await?.into_iter().collect())
    }

    /// The box that is meant by a person's id: the one of their org that is named, else its default box, else its only one. What is no
    /// id of a person is the id or name of a box. Only an admin may.
    ///
    /// # Errors
    /// [`Error::NotFound`] without such a person or box; [`Error::Ambiguous`] when several could be meant.
    pub async fn box_of_user(&self, op: &Op, user: &str, named: Option<&str>) -> Result<Smartbox, Error> {
        require_admin(op)?;
        let Ok(id) = user.parse::<UserId>() else {
            return self.resolve(op, Permission::BoxesRead, user).await;
        };
        let user = self.people().find_user(id).await?.ok_or(NO_USER)?;
        if let Some(named) = named {
            return self.resolve_in_org(user.org, named).await;
        }
        let org = self.inner.store.org(user.org);
        if let Some(found) = org.default_box().await? {
            return Ok(found);
        }
        let mut page = org.list_boxes(&BoxFilter::default(), None, ALONE).await?;
        match page.items.len() {
            0 => Err(Error::NotFound("box")),
            1 => Ok(page.items.remove(0)),
            _ => Err(Error::Ambiguous(user.name)),
        }
    }

    fn people(&self) -> smartbox_store::FleetStore {
        self.inner.store.fleet(SystemActor::new("admin request"))
    }
}

fn require_admin(op: &Op) -> Result<(), Error> {
    if op.principal == Principal::Admin { Ok(()) } else { Err(Error::Forbidden) }
}
