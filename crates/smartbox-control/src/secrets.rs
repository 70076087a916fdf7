//! Secrets that people give to their boxes: kept, named, forgotten, and never shown.

use secrecy::{ExposeSecret as _, SecretString};
use smartbox_core::secret::check_value;
use smartbox_core::{BoxId, Delivery, OrgId, Permission, SecretName};
use smartbox_store::{KeptSecret, KeyRotation, NewSecret, SystemActor};

use crate::authority::{self, HostCertificate};
use crate::{Control, Error, Op};

/// Who acts here.
const ACTOR: &str = "secrets";

/// Whose something is: of one box, or of an org for all its boxes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose<'a> {
    /// A box: id, name or `default`.
    Box(&'a str),
    /// An org: id, name or `me`.
    Org(&'a str),
}

/// A secret as a caller gives it.
pub struct GivenSecret {
    /// Its value.
    pub value: SecretString,
    /// How it reaches a box; as before, or by injection, if nothing is said.
    pub delivery: Option<String>,
}

impl Control {
    /// The secrets that a box has: its own, and those of its org in whose place it has none of its own. Of an org: its own.
    pub async fn secrets(&self, op: &Op, whose: Whose<'_>) -> Result<Vec<KeptSecret>, Error> {
        let (org, box_id) = self.whose(op, Permission::BoxesRead, whose).await?;
        let store = self.inner.store.org(org);
        let mut kept = store.kept_secrets(box_id).await?;
        if box_id.is_some() {
            let of_org = store.kept_secrets(None).await?;
            let added: Vec<_> =
                of_org.into_iter().filter(|theirs| kept.iter().all(|own| own.name != theirs.name)).collect();
            kept.extend(added);
            kept.sort_by(|one, other| one.name.cmp(&other.name));
        }
        Ok(kept)
    }

    /// One of them.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn secret(&self, op: &Op, whose: Whose<'_>, name: &str) -> Result<KeptSecret, Error> {
        let (org, box_id) = self.whose(op, Permission::BoxesRead, whose).await?;
        let name = known_name(name)?;
        let store = self.inner.store.org(org);
        let found = match store.kept_secret(box_id, &name).await? {
            None if box_id.is_some() => store.kept_secret(None, &name).await?,
            found => found,
        };
        found.ok_or(Error::NotFound("secret"))
    }

    /// Keeps a secret. A new value counts for the next request that it is put into; in an environment, from the next start on.
    ///
    /// # Errors
    /// [`Error::Invalid`], which repeats nothing of the value; [`Error::VersionMismatch`]; [`Error::Conflict`] when there are
    /// too many.
    pub async fn set_secret(
        &self,
        op: &Op,
        whose: Whose<'_>,
        name: &str,
        given: &GivenSecret,
        if_version: Option<i64>,
    ) -> Result<KeptSecret, Error> {
        let (org, box_id) = self.whose(op, Permission::BoxesManage, whose).await?;
        let name: SecretName = name
            .parse()
            .map_err(|bad: smartbox_core::secret::BadSecretName| Error::field("name", bad.to_string()))?;
        check_value(given.value.expose_secret()).map_err(|bad| Error::field("value", bad.to_string()))?;
        let store = self.inner.store.org(org);
        let before = store.kept_secret(box_id, &name).await?;
        let delivery = match &given.delivery {
            Some(word) => word.parse().map_err(|bad: smartbox_core::secret::BadDelivery| {
                Error::field("delivery", bad.to_string())
            })?,
            None => before.map_or(Delivery::Injection, |before| before.delivery),
        };
        let when = match delivery {
            Delivery::Injection => "it stays outside of boxes",
            Delivery::Environment => {
                "gateways have it in their environment from their next start on: restart a box that runs"
            }
        };
        let detail = serde_json::json!({ "name": name.as_str(), "delivery": delivery.as_str() });
        let event = self.event_of(op, "secret.set", &format!("the secret {name} was set; {when}"), detail);
        let new = NewSecret { name: &name, value: &given.value, delivery };
        Ok(store.keep_secret(box_id, new, if_version, event, self.inner.clock.now()).await?)
    }

    /// Forgets a secret. What a gateway has in its environment it has until it ends.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn remove_secret(&self, op: &Op, whose: Whose<'_>, name: &str) -> Result<(), Error> {
        let (org, box_id) = self.whose(op, Permission::BoxesManage, whose).await?;
        let name = known_name(name)?;
        let detail = serde_json::json!({ "name": name.as_str() });
        let event = self.event_of(op, "secret.removed", &format!("the secret {name} was removed"), detail);
        Ok(self.inner.store.org(org).forget_secret(box_id, &name, event, self.inner.clock.now()).await?)
    }

    /// The value of a secret, for a request of this box that a rule puts it into.
    pub async fn reveal_secret(&self, id: BoxId, name: &SecretName) -> Result<Option<SecretString>, Error> {
        Ok(self.inner.store.fleet(SystemActor::new(ACTOR)).reveal_secret(id, name).await?)
    }

    /// A certificate for a host, by the authority of a box; `None` where the box has none.
    pub async fn certify(&self, id: BoxId, host: &str) -> Result<Option<HostCertificate>, Error> {
        let authority = self.inner.store.fleet(SystemActor::new(ACTOR)).box_authority(id).await?;
        let now = self.inner.clock.now();
        authority.map(|authority| authority::issue(id, &authority, host, now)).transpose()
    }

    /// Makes a new sealing key, seals everything with it, and takes the old ones away. Only an admin may.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::Conflict`] when keys are given from outside and there is no newer one.
    pub async fn rotate_sealing_key(&self, op: &Op) -> Result<KeyRotation, Error> {
        if op.principal != smartbox_core::Principal::Admin {
            return Err(Error::Forbidden);
        }
        let _alone = self.inner.key_rotation.lock().await;
        let fleet = self.inner.store.fleet(SystemActor::new(ACTOR));
        fleet.add_sealing_key().await.map_err(|error| Error::Conflict {
            what: error.to_string(),
            remedy: error.remedy().to_owned(),
        })?;
        let rotation = fleet.finish_key_rotation().await?;
        let detail =
            serde_json::json!({ "resealed": rotation.resealed, "old_keys_gone": rotation.is_retired });
        let event = self.event_of(op, "sealing-key.rotated", "everything is sealed with a new key", detail);
        fleet.append_event(None, None, event, self.inner.clock.now()).await?;
        Ok(rotation)
    }

    /// Goes on with a rotation that broke off. To be called at the start.
    pub async fn resume_key_rotation(&self) -> Result<KeyRotation, Error> {
        let _alone = self.inner.key_rotation.lock().await;
        Ok(self.inner.store.fleet(SystemActor::new(ACTOR)).finish_key_rotation().await?)
    }

    /// Org and box of what a caller names, if they may do this.
    pub(crate) async fn whose(
        &self,
        op: &Op,
        may: Permission,
        whose: Whose<'_>,
    ) -> Result<(OrgId, Option<BoxId>), Error> {
        match whose {
            Whose::Box(reference) => {
                let smartbox = self.resolve(op, may, reference).await?;
                Ok((smartbox.org, Some(smartbox.id)))
            }
            Whose::Org(org) => {
                op.require(may)?;
                Ok((self.named_org(op, org).await?, None))
            }
        }
    }
}

/// A text that is no name is the name of nothing.
fn known_name(text: &str) -> Result<SecretName, Error> {
    text.parse().map_err(|_bad| Error::NotFound("secret"))
}
