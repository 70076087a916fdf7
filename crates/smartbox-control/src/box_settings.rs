//! Changing what is said about a box: when it sleeps, and its labels.

use std::collections::BTreeMap;

use smartbox_core::{Permission, SleepChange};
use smartbox_store::Smartbox;

use crate::{Control, Error, Op, PolicyWish};

/// Changes that nobody bound to a version are tried so often when somebody else is faster.
const ATTEMPTS_MAX: u32 = 4;

/// What of a box is to change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BoxWish {
    /// When it sleeps.
    pub sleep: Option<PolicyWish>,
    /// Its labels: a value is set, nothing in its place removes, what is not named stays.
    pub labels: Option<BTreeMap<String, Option<String>>>,
}

impl Control {
    /// Changes what is said about a box.
    ///
    /// # Errors
    /// [`Error::Invalid`], also for a wish that names nothing; [`Error::VersionMismatch`].
    pub async fn change_box(
        &self,
        op: &Op,
        reference: &str,
        wish: &BoxWish,
        if_version: Option<i64>,
    ) -> Result<Smartbox, Error> {
        if wish.sleep.is_none() && wish.labels.is_none() {
            return Err(Error::field("sleep", "name what to change: `sleep`, `labels` or both"));
        }
        for attempt in 1.. {
            let smartbox = self.resolve(op, Permission::BoxesManage, reference).await?;
            match self.try_change_box(op, &smartbox, wish, if_version).await {
                Err(Error::VersionMismatch) if if_version.is_none() && attempt < ATTEMPTS_MAX => {}
                done => return done,
            }
        }
        Err(Error::VersionMismatch)
    }

    async fn try_change_box(
        &self,
        op: &Op,
        smartbox: &Smartbox,
        wish: &BoxWish,
        if_version: Option<i64>,
    ) -> Result<Smartbox, Error> {
        let mut events = Vec::new();
        let sleep = match &wish.sleep {
            Some(sleep) => {
                events.push(self.event_of(op, "box.sleep-set", "asked for", sleep.detail()));
                sleep.read()?
            }
            None => SleepChange::default(),
        };
        let labels = match &wish.labels {
            Some(changes) => {
                let after = smartbox.labels.patched(changes);
                let after = after.map_err(|bad| Error::field("labels", bad.to_string()))?;
                let detail = serde_json::json!({ "labels": changes });
                events.push(self.event_of(op, "box.labels-set", "asked for", detail));
                Some(after)
            }
            None => None,
        };
        // Labels are computed out of what was read.
        let version = if_version.or_else(|| labels.is_some().then_some(smartbox.version));
        let org = self.inner.store.org(smartbox.org);
        let now = self.inner.clock.now();
        let changed = org.change_box(smartbox.id, (&sleep, labels.as_ref()), version, &events, now).await?;
        self.inner.changes.intent(smartbox.id);
        Ok(changed)
    }
}
