//! What keeps every box of an org from waking: set and taken away by the platform's admin.

use smartbox_core::wake::HoldKind;
use smartbox_core::{Permission, Principal};
use smartbox_store::WakeHold;

use crate::{Control, Error, NewOrg, Op};

/// Longest reason, in characters.
const REASON_CHARS_MAX: usize = 500;

impl Control {
    /// One's own org, or the one that an admin names, with its first person.
    pub async fn find_org(&self, op: &Op, org: &str) -> Result<NewOrg, Error> {
        op.require(Permission::BoxesRead)?;
        let org = self.named_org(op, org).await?;
        let fleet = self.inner.store.fleet(smartbox_store::SystemActor::new("show org"));
        let found = fleet.find_org(org).await?.ok_or(Error::NotFound("org"))?;
        let owner = fleet.first_user(org).await?.ok_or(Error::NotFound("user"))?;
        Ok(NewOrg { org: found, owner })
    }

    /// What keeps the boxes of an org from waking.
    pub async fn list_holds(&self, op: &Op, org: &str) -> Result<Vec<WakeHold>, Error> {
        op.require(Permission::BoxesRead)?;
        let org = self.named_org(op, org).await?;
        Ok(self.inner.store.org(org).wake_holds().await?)
    }

    /// Keeps every box of an org from waking, for this reason; what runs is not ended. One of the same kind is replaced.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for everybody but an admin; [`Error::Invalid`]; [`Error::NotFound`].
    pub async fn hold_org(&self, op: &Op, org: &str, kind: &str, reason: &str) -> Result<WakeHold, Error> {
        if op.principal != Principal::Admin {
            return Err(Error::Forbidden);
        }
        let kind = hold_kind(kind)?;
        let reason = reason.trim();
        let is_text = !reason.is_empty() && !reason.chars().any(char::is_control);
        if !is_text || reason.chars().count() > REASON_CHARS_MAX {
            let rule = format!("must have 1 to {REASON_CHARS_MAX} printable characters");
            return Err(Error::field("reason", rule));
        }
        let org = self.named_org(op, org).await?;
        let event = self.event_of(op, "org.held", reason, serde_json::json!({ "kind": kind.as_str() }));
        let store = self.inner.store.org(org);
        store.hold_wakes(kind, reason, event, self.inner.clock.now()).await?;
        let held = store.wake_holds().await?.into_iter().find(|hold| hold.kind == kind);
        held.ok_or(Error::NotFound("hold"))
    }

    /// Takes a hold away. There may be none.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for everybody but an admin; [`Error::NotFound`].
    pub async fn release_org(&self, op: &Op, org: &str, kind: &str) -> Result<(), Error> {
        if op.principal != Principal::Admin {
            return Err(Error::Forbidden);
        }
        let kind = hold_kind(kind)?;
        let org = self.named_org(op, org).await?;
        let detail = serde_json::json!({ "kind": kind.as_str() });
        let event = self.event_of(op, "org.released", "asked for", detail);
        self.inner.store.org(org).release_wakes(kind, event, self.inner.clock.now()).await?;
        // What is due in its boxes may happen now.
        self.inner.changes.all();
        Ok(())
    }
}

fn hold_kind(text: &str) -> Result<HoldKind, Error> {
    text.parse().map_err(|_unknown| {
        let known = HoldKind::ALL.map(|kind| format!("`{kind}`")).join(", ");
        Error::field("kind", format!("is one of {known}"))
    })
}
