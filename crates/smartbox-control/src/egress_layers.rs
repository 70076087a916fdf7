//! What boxes may reach, as the platform's admin and orgs say it of many boxes at once.

use std::sync::Arc;

use smartbox_core::egress_policy::Rules;
use smartbox_core::{Permission, Principal};
use smartbox_store::{EgressRow, LayerOf, LayerRow, SystemActor};

use crate::egress::{check_inside, read_rules, told};
use crate::{Control, Error, Op};

/// Who acts here.
const ACTOR: &str = "egress";

/// What is said of every box, in the order in which it counts.
#[derive(Clone, Debug)]
pub struct PlatformEgress {
    /// By the platform's settings.
    pub settings: Arc<Rules>,
    /// By its admin, over the API.
    pub own: Option<LayerRow>,
}

impl Control {
    /// What an org says of all its boxes. The org is one's own (`me`), or the one that an admin names.
    pub async fn org_egress(&self, op: &Op, org: &str) -> Result<Option<EgressRow>, Error> {
        op.require(Permission::BoxesRead)?;
        let org = self.named_org(op, org).await?;
        Ok(self.inner.store.org(org).egress_rules(None).await?)
    }

    /// Replaces it. It counts at once, for open tunnels as well.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::Forbidden`] as with the rules of a box, [`Error::VersionMismatch`].
    pub async fn set_org_egress(
        &self,
        op: &Op,
        org: &str,
        lines: &[String],
        if_version: Option<i64>,
    ) -> Result<EgressRow, Error> {
        op.require(Permission::BoxesManage)?;
        let org = self.named_org(op, org).await?;
        let rules = read_rules(lines)?;
        let store = self.inner.store.org(org);
        let before = store.egress_rules(None).await?;
        check_inside(op, before.as_ref().map(|row| &*row.rules), &rules)?;
        let reason = format!("what its boxes may reach was changed; {} rule(s) now", rules.iter().count());
        let event = self.event_of(op, "egress.changed", &reason, told(&rules));
        // Always against what was just looked at: the check of `inside` rests on it.
        let version = if_version.unwrap_or_else(|| before.map_or(0, |row| row.version));
        let row = store.set_egress_rules(None, &rules, Some(version), event, self.inner.clock.now()).await?;
        self.publish_egress().await?;
        Ok(row)
    }

    /// What the platform says of the boxes of a tier. Only an admin may see it as a whole.
    pub async fn tier_egress(&self, op: &Op, tier: &str) -> Result<Option<LayerRow>, Error> {
        let of = self.tier_layer(op, tier).await?;
        Ok(self.inner.store.fleet(SystemActor::new(ACTOR)).egress_layer(&of).await?)
    }

    /// Replaces it. Only an admin may.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::NotFound`], [`Error::VersionMismatch`].
    pub async fn set_tier_egress(
        &self,
        op: &Op,
        tier: &str,
        lines: &[String],
        if_version: Option<i64>,
    ) -> Result<LayerRow, Error> {
        let of = self.tier_layer(op, tier).await?;
        self.set_layer(op, &of, lines, if_version).await
    }

    /// What the platform says of every box. Only an admin may see it as a whole.
    pub async fn platform_egress(&self, op: &Op) -> Result<PlatformEgress, Error> {
        let fleet = admin_only(op).map(|()| self.inner.store.fleet(SystemActor::new(ACTOR)))?;
        let settings = Arc::clone(&self.inner.egress.borrow().settings);
        Ok(PlatformEgress { settings, own: fleet.egress_layer(&LayerOf::Platform).await? })
    }

    /// Replaces what its admin says. Only an admin may; what its settings say comes before it.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::VersionMismatch`].
    pub async fn set_platform_egress(
        &self,
        op: &Op,
        lines: &[String],
        if_version: Option<i64>,
    ) -> Result<PlatformEgress, Error> {
        admin_only(op)?;
        let own = self.set_layer(op, &LayerOf::Platform, lines, if_version).await?;
        Ok(PlatformEgress { settings: Arc::clone(&self.inner.egress.borrow().settings), own: Some(own) })
    }

    async fn tier_layer(&self, op: &Op, tier: &str) -> Result<LayerOf, Error> {
        admin_only(op)?;
        let found = self.inner.store.fleet(SystemActor::new(ACTOR)).tier(tier).await?;
        found.map(|tier| LayerOf::Tier(tier.name)).ok_or(Error::NotFound("tier"))
    }

    async fn set_layer(
        &self,
        op: &Op,
        of: &LayerOf,
        lines: &[String],
        if_version: Option<i64>,
    ) -> Result<LayerRow, Error> {
        let rules = read_rules(lines)?;
        let (whose, name) = match of {
            LayerOf::Platform => ("all boxes", "platform"),
            LayerOf::Tier(name) => ("the boxes of a tier", name.as_str()),
        };
        let mut detail = told(&rules);
        detail["of"] = serde_json::json!(name);
        let reason = format!("what {whose} may reach was changed; {} rule(s) now", rules.iter().count());
        let event = self.event_of(op, "egress.changed", &reason, detail);
        let fleet = self.inner.store.fleet(SystemActor::new(ACTOR));
        let row = fleet.set_egress_layer(of, &rules, if_version, event, self.inner.clock.now()).await?;
        self.publish_egress().await?;
        Ok(row)
    }
}

fn admin_only(op: &Op) -> Result<(), Error> {
    if op.principal == Principal::Admin { Ok(()) } else { Err(Error::Forbidden) }
}
