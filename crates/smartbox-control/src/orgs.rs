//! Orgs.

use smartbox_core::{OrgId, Principal, Role, UserId, UserStatus};
use smartbox_store::{NewUser, Org, SystemActor, User};

use crate::entropy::id_parts;
use crate::{Control, Error, Op};

/// Longest name of an org, in characters.
const NAME_CHARS_MAX: usize = 100;
/// Name of an org's first user.
const FIRST_USER: &str = "owner";

/// A new org and its first user.
#[derive(Clone, Debug)]
pub struct NewOrg {
    /// The org.
    pub org: Org,
    /// Its first user.
    pub owner: User,
}

impl Control {
    /// Creates an org with one user. Only an admin may.
    pub async fn create_org(&self, op: &Op, name: &str) -> Result<NewOrg, Error> {
        if op.principal != Principal::Admin {
            return Err(Error::Forbidden);
        }
        let name = name.trim();
        if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
            return Err(Error::field(
                "name",
                format!("must have 1 to {NAME_CHARS_MAX} printable characters"),
            ));
        }
        let now = self.inner.clock.now();
        let entropy = &*self.inner.entropy;
        let (at, random) = id_parts(entropy, now);
        let org = OrgId::from_parts(at, random);
        let (at, random) = id_parts(entropy, now);
        let owner = NewUser {
            id: UserId::from_parts(at, random),
            name: FIRST_USER.to_owned(),
            role: Role::Owner,
            status: UserStatus::Active,
            email: None,
            subject: None,
        };
        let fleet = self.inner.store.fleet(SystemActor::new("create org"));
        let created = fleet.create_org_with_owner((org, name), &owner, now).await;
        let (org, owner) = created.map_err(|error| match error {
            smartbox_store::Error::NameTaken => Error::NameTaken(name.to_owned()),
            other => other.into(),
        })?;
        Ok(NewOrg { org, owner })
    }

    /// Every org with its first user. Only an admin may see them.
    pub async fn list_orgs(&self, op: &Op) -> Result<Vec<NewOrg>, Error> {
        if op.principal != Principal::Admin {
            return Err(Error::Forbidden);
        }
        let fleet = self.inner.store.fleet(SystemActor::new("list orgs"));
        let mut orgs = Vec::new();
        for org in fleet.orgs().await? {
            let owner = fleet.first_user(org.id).await?.ok_or(Error::NotFound("user"))?;
            orgs.push(NewOrg { org, owner });
        }
        Ok(orgs)
    }

    /// The platform's first org, made on the first start.
    pub async fn ensure_first_org(&self, name: &str) -> Result<OrgId, Error> {
        let fleet = self.inner.store.fleet(SystemActor::new("first start"));
        match fleet.first_org().await? {
            Some(org) => Ok(org.id),
            None => Ok(self.create_org(&Op::new(Principal::Admin), name).await?.org.id),
        }
    }
}
