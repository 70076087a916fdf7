//! Who sleeps when: policies of boxes, orgs and tiers.

use smartbox_core::sleep::{Effective, effective};
use smartbox_core::{OrgId, Permission, Principal, SleepChange, SleepPolicy};
use smartbox_store::{Error as StoreError, Smartbox, SystemActor};

use crate::{BoxWish, Control, Error, Op};

/// What a caller wants of a policy, as texts: `None` leaves a threshold as it is, `Some(None)` unsets it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyWish {
    /// When a box is frozen.
    pub frozen_after: Option<Option<String>>,
    /// When its memory is pushed out.
    pub squeezed_after: Option<Option<String>>,
    /// When its processes end.
    pub stopped_after: Option<Option<String>>,
}

impl PolicyWish {
    /// The change that is meant.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every wrong field.
    pub(crate) fn read(&self) -> Result<SleepChange, Error> {
        let mut issues = Vec::new();
        let mut read = |field, wish: &Option<Option<String>>| match wish {
            Some(Some(text)) => match text.parse() {
                Ok(threshold) => Some(Some(threshold)),
                Err(smartbox_core::sleep::BadThreshold) => {
                    let message = smartbox_core::sleep::BadThreshold.to_string();
                    issues.push(crate::FieldIssue { field, message });
                    None
                }
            },
            Some(None) => Some(None),
            None => None,
        };
        let change = SleepChange {
            frozen_after: read("sleep.frozen_after", &self.frozen_after),
            squeezed_after: read("sleep.squeezed_after", &self.squeezed_after),
            stopped_after: read("sleep.stopped_after", &self.stopped_after),
        };
        match issues.is_empty() {
            true if change == SleepChange::default() => Err(Error::field("sleep", "names nothing to change")),
            true => Ok(change),
            false => Err(Error::Invalid(issues)),
        }
    }

    /// What changes, for the audit log.
    pub(crate) fn detail(&self) -> serde_json::Value {
        let named = [
            ("frozen_after", &self.frozen_after),
            ("squeezed_after", &self.squeezed_after),
            ("stopped_after", &self.stopped_after),
        ];
        named
            .into_iter()
            .filter_map(|(name, wish)| Some((name.to_owned(), serde_json::json!(wish.as_ref()?))))
            .collect()
    }
}

impl Control {
    /// Changes how one box sleeps.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::VersionMismatch`].
    pub async fn change_box_sleep(
        &self,
        op: &Op,
        reference: &str,
        wish: &PolicyWish,
        if_version: Option<i64>,
    ) -> Result<Smartbox, Error> {
        let wish = BoxWish { sleep: Some(wish.clone()), labels: None };
        self.change_box(op, reference, &wish, if_version).await
    }

    /// Changes how the boxes of an org sleep. The org is one's own (`me`), or the one that an admin names.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::NotFound`].
    pub async fn change_org_sleep(
        &self,
        op: &Op,
        org: &str,
        wish: &PolicyWish,
    ) -> Result<SleepPolicy, Error> {
        op.require(Permission::BoxesManage)?;
        let org = self.named_org(op, org).await?;
        let change = wish.read()?;
        let event = self.event_of(op, "org.sleep-set", "asked for", wish.detail());
        let changed = self.inner.store.org(org).change_sleep(&change, event, self.inner.clock.now()).await?;
        self.inner.changes.all();
        Ok(changed)
    }

    /// Changes how the boxes of a tier sleep. Only an admin may.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::NotFound`].
    pub async fn change_tier_sleep(
        &self,
        op: &Op,
        tier: &str,
        wish: &PolicyWish,
    ) -> Result<SleepPolicy, Error> {
        if op.principal != Principal::Admin {
            return Err(Error::Forbidden);
        }
        let change = wish.read()?;
        let mut detail = wish.detail();
        detail["tier"] = serde_json::json!(tier);
        let event = self.event_of(op, "tier.sleep-set", "asked for", detail);
        let fleet = self.inner.store.fleet(SystemActor::new("change tier"));
        let changed = fleet.change_tier_sleep(tier, &change, event, self.inner.clock.now()).await;
        let changed = changed.map_err(|error| match error {
            StoreError::UnknownTier => Error::NotFound("tier"),
            other => other.into(),
        })?;
        self.inner.changes.all();
        Ok(changed)
    }

    /// What an org has decided about the sleep of its boxes.
    pub async fn org_sleep(&self, org: OrgId) -> Result<SleepPolicy, Error> {
        Ok(self.inner.store.org(org).sleep().await?)
    }

    /// What was decided about the sleep of each tier's boxes, where something was.
    pub async fn tier_sleep(&self) -> Result<Vec<(String, SleepPolicy)>, Error> {
        let fleet = self.inner.store.fleet(SystemActor::new("list tiers"));
        Ok(fleet.tier_sleep_policies().await?)
    }

    /// What holds for a box, tier by tier, and who says so.
    pub async fn effective_sleep(&self, smartbox: &Smartbox) -> Result<[Effective; 3], Error> {
        let of_org = self.inner.store.org(smartbox.org).sleep().await?;
        let fleet = self.inner.store.fleet(SystemActor::new("sleep policy"));
        let of_tier = fleet.tier_sleep(&smartbox.tier).await?;
        Ok(effective(&smartbox.sleep, &of_org, &of_tier, self.inner.sleep))
    }

    /// The org that a path names: `me`, or an id or name.
    pub(crate) async fn named_org(&self, op: &Op, org: &str) -> Result<OrgId, Error> {
        match (org, op.principal.org()) {
            ("me", Some(own)) => Ok(own),
            (named, _) => self.resolve_org(op, Some(named)).await.map_err(|error| match error {
                Error::Invalid(_) => Error::NotFound("org"),
                other => other,
            }),
        }
    }
}
