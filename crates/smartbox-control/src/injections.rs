//! Where secrets are put in.

use smartbox_core::Permission;
use smartbox_core::injection::Rules;
use smartbox_store::{InjectionRow, Smartbox, SystemActor};

use crate::{Control, Error, Op, Whose};

/// Who acts here.
const ACTOR: &str = "secrets";

/// The rules that count for a box, or those of an org.
#[derive(Clone, Debug)]
pub struct Injections {
    /// What is said of the box, or of the org that was asked for.
    pub own: Option<InjectionRow>,
    /// What the org of a box says of all its boxes.
    pub org: Option<InjectionRow>,
    /// Whether TLS of the box is left alone until it is started again: its programs do not trust its authority yet.
    pub waits_for_restart: bool,
}

impl Control {
    /// The rules of a box or an org.
    pub async fn injections(&self, op: &Op, whose: Whose<'_>) -> Result<Injections, Error> {
        let (org, box_id) = self.whose(op, Permission::BoxesRead, whose).await?;
        let store = self.inner.store.org(org);
        let own = store.injection_rules(box_id).await?;
        let Some(id) = box_id else { return Ok(Injections { own, org: None, waits_for_restart: false }) };
        let of_org = store.injection_rules(None).await?;
        let smartbox = store.find_box(id).await?.ok_or(Error::NotFound("box"))?;
        Ok(Injections { own, org: of_org, waits_for_restart: self.waits_for_restart(&smartbox) })
    }

    /// Replaces them. They count for the next request; `https` of a box that runs without its authority, from its next start on.
    ///
    /// Rules decide where secrets of the whole org go, so a credential that is good for one box alone may not change any.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::VersionMismatch`].
    pub async fn set_injections(
        &self,
        op: &Op,
        whose: Whose<'_>,
        lines: &[String],
        if_version: Option<i64>,
    ) -> Result<Injections, Error> {
        let (org, box_id) = self.whose(op, Permission::BoxesManage, whose).await?;
        op.require(Permission::BoxesManage)?;
        let rules = Rules::from_lines(lines.iter().map(String::as_str))
            .map_err(|bad| Error::field("rules", bad.to_string()))?;
        let told: Vec<_> = rules.iter().map(ToString::to_string).collect();
        let reason = format!("where secrets are put in was changed; {} rule(s) now", told.len());
        let event = self.event_of(op, "injections.changed", &reason, serde_json::json!({ "rules": told }));
        let now = self.inner.clock.now();
        self.inner.store.org(org).set_injection_rules(box_id, &rules, if_version, event, now).await?;
        self.publish_egress().await?;
        self.injections(op, whose).await
    }

    /// Whether TLS of a box is left alone until it is started again.
    pub(crate) fn waits_for_restart(&self, smartbox: &Smartbox) -> bool {
        let rules = self.inner.egress.borrow();
        let is_trusted = || {
            let from = rules.authorities.get(&smartbox.id);
            from.is_some_and(|from| smartbox.observed_generation.is_some_and(|seen| seen >= *from))
        };
        smartbox.observed_generation.is_some()
            && rules.needs_authority(smartbox.org, smartbox.id)
            && !is_trusted()
    }

    /// The certificate that programs of a box are to trust from this incarnation on; made when a rule first needs it.
    pub(crate) async fn authority_certificate(&self, row: &Smartbox) -> Result<Option<String>, Error> {
        let fleet = self.inner.store.fleet(SystemActor::new(ACTOR));
        if let Some(authority) = fleet.box_authority(row.id).await? {
            return Ok(Some(authority.certificate));
        }
        if !self.inner.egress.borrow().needs_authority(row.org, row.id) {
            return Ok(None);
        }
        let made = crate::authority::make(row.id, row.generation, self.inner.clock.now())?;
        fleet.put_box_authority(row.id, &made).await?;
        self.publish_egress().await?;
        // Somebody else may have been first.
        Ok(fleet.box_authority(row.id).await?.map(|authority| authority.certificate))
    }
}
