//! Upgrades of many boxes in waves: asking for one, looking at it, ending it.

use smartbox_core::{Desired, OrgId, Permission, Principal, RolloutId, runtime};
use smartbox_store::{BoxFilter, PAGE_MAX, ROLLOUT_BOXES_MAX, Rollout, RolloutBox, Smartbox, SystemActor};

use crate::entropy::id_parts;
use crate::{Control, Error, FieldIssue, Op};

/// Who writes what is done by itself.
pub(crate) const ACTOR: &str = "rollouts";
/// Boxes at the same time. Each is stopped, saved and started, and few start together on one host.
const WAVE_MAX: u32 = 100;
/// Boxes that can be named one by one.
const NAMED_MAX: usize = 200;

/// What somebody asks for.
#[derive(Clone, Debug, Default)]
pub struct NewRollout {
    /// The org whose boxes are meant; an admin who names none means every org.
    pub org: Option<String>,
    /// Boxes by id or name; none: all.
    pub boxes: Vec<String>,
    /// Only those on this version.
    pub from: Option<String>,
    /// To this version; that of new boxes by default.
    pub to: Option<String>,
    /// Boxes at the same time; one by default.
    pub wave: Option<u32>,
    /// Failures after which no further wave begins; one by default.
    pub stop_after: Option<u32>,
}

/// A rollout, and how it goes with each box.
#[derive(Clone, Debug)]
pub struct RolloutState {
    /// The rollout.
    pub rollout: Rollout,
    /// Its boxes, in the order of their turns.
    pub boxes: Vec<RolloutBox>,
}

impl Control {
    /// Wants boxes on a newer version of the agent runtime, some at a time, until too many fail.
    ///
    /// # Errors
    /// [`Error::Invalid`]; [`Error::NotFound`] for a box that does not exist for the caller; [`Error::Conflict`] when there is no
    /// box to upgrade, or the version is not installed; [`Error::RuntimeTooOld`].
    pub async fn create_rollout(&self, op: &Op, new: &NewRollout) -> Result<RolloutState, Error> {
        op.require(Permission::BoxesManage)?;
        let (wave, stop_after) = check(new)?;
        let to = new.to.clone().unwrap_or_else(|| self.inner.runtime.version().to_owned());
        self.require_usable("to", &to).await?;
        let org = match (&op.principal, &new.org) {
            (Principal::Admin, None) => None,
            (_, named) => Some(self.resolve_org(op, named.as_deref()).await?),
        };
        let mut meant = if new.boxes.is_empty() {
            self.all_of(org).await?
        } else {
            self.named(op, org, &new.boxes).await?
        };
        let from = new.from.as_deref();
        meant.retain(|row| {
            row.desired != Desired::Deleted
                && runtime::is_below(&row.runtime_version, &to)
                && from.is_none_or(|from| from == row.runtime_version)
        });
        if meant.is_empty() {
            return Err(Error::Conflict {
                what: format!("no box is on a version older than {to}"),
                remedy: "`smartbox runtime list` counts the boxes of each version".to_owned(),
            });
        }
        if meant.len() > ROLLOUT_BOXES_MAX {
            return Err(Error::field(
                "boxes",
                format!("are at most {ROLLOUT_BOXES_MAX} at once; name an org"),
            ));
        }
        let now = self.inner.clock.now();
        let (at, random) = id_parts(&*self.inner.entropy, now);
        let rollout = Rollout {
            id: RolloutId::from_parts(at, random),
            org,
            to,
            wave,
            stop_after,
            asked_by: op.principal.actor(),
            created_at: now,
            ended: None,
        };
        let detail = serde_json::json!({
            "rollout": rollout.id.to_string(), "to": rollout.to, "boxes": meant.len(), "wave": wave, "stop_after": stop_after,
        });
        let event = self.event_of(op, "rollout.created", "asked for", detail);
        let boxes: Vec<_> = meant.into_iter().map(|row| (row.id, row.name.to_string())).collect();
        let fleet = self.inner.store.fleet(SystemActor::new(ACTOR));
        fleet.create_rollout(&rollout, &boxes, event).await?;
        self.find_rollout(op, rollout.id).await
    }

    /// The newest rollouts that the caller may see, the newest first.
    pub async fn list_rollouts(&self, op: &Op) -> Result<Vec<Rollout>, Error> {
        op.require(Permission::BoxesRead)?;
        Ok(match &op.principal {
            Principal::Member { org, .. } => self.inner.store.org(*org).list_rollouts().await?,
            Principal::Admin => self.inner.store.fleet(SystemActor::new(ACTOR)).list_rollouts().await?,
        })
    }

    /// A rollout, and how it goes with each box.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn find_rollout(&self, op: &Op, id: RolloutId) -> Result<RolloutState, Error> {
        op.require(Permission::BoxesRead)?;
        let found = match &op.principal {
            Principal::Member { org, .. } => self.inner.store.org(*org).find_rollout(id).await?,
            Principal::Admin => self.inner.store.fleet(SystemActor::new(ACTOR)).find_rollout(id).await?,
        };
        let (rollout, boxes) = found.ok_or(Error::NotFound("rollout"))?;
        Ok(RolloutState { rollout, boxes })
    }

    /// Ends a rollout: no further box is begun. Those under way are seen through.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Conflict`] when it is over.
    pub async fn cancel_rollout(&self, op: &Op, id: RolloutId) -> Result<RolloutState, Error> {
        op.require(Permission::BoxesManage)?;
        let state = self.find_rollout(op, id).await?;
        let over = || Error::Conflict {
            what: "the rollout is over".to_owned(),
            remedy: "nothing to do; its boxes have what `smartbox box list` shows".to_owned(),
        };
        if state.rollout.ended.is_some() {
            return Err(over());
        }
        let detail = serde_json::json!({ "rollout": id.to_string() });
        let event = self.event_of(op, "rollout.cancelled", "asked for", detail);
        let now = self.inner.clock.now();
        match state.rollout.org {
            Some(org) => {
                let cancelled = self.inner.store.org(org).cancel_rollout(id, event, now).await;
                cancelled.map_err(|error| match error {
                    smartbox_store::Error::NotFound(_) => over(),
                    other => other.into(),
                })?;
            }
            None => {
                let fleet = self.inner.store.fleet(SystemActor::new(ACTOR));
                let how = smartbox_core::rollout::RolloutEnd::Cancelled;
                if !fleet.end_rollout(&state.rollout, how, event, now).await? {
                    return Err(over());
                }
            }
        }
        self.find_rollout(op, id).await
    }

    async fn all_of(&self, org: Option<OrgId>) -> Result<Vec<Smartbox>, Error> {
        let Some(org) = org else {
            let all = self.inner.store.fleet(SystemActor::new(ACTOR)).all_boxes().await?;
            return Ok(all.iter().map(|smartbox| Smartbox::clone(smartbox)).collect());
        };
        let (store, filter) = (self.inner.store.org(org), BoxFilter::default());
        let (mut all, mut cursor) = (Vec::new(), None);
        loop {
            let page = store.list_boxes(&filter, cursor.as_ref(), PAGE_MAX).await?;
            all.extend(page.items);
            match page.next {
                Some(next) if all.len() <= ROLLOUT_BOXES_MAX => cursor = Some(next),
                _ => return Ok(all),
            }
        }
    }

    async fn named(&self, op: &Op, org: Option<OrgId>, boxes: &[String]) -> Result<Vec<Smartbox>, Error> {
        let mut found: Vec<Smartbox> = Vec::new();
        for reference in boxes {
            let row = self.resolve(op, Permission::BoxesManage, reference).await?;
            if org.is_some_and(|org| org != row.org) {
                return Err(Error::NotFound("box"));
            }
            if !found.iter().any(|known| known.id == row.id) {
                found.push(row);
            }
        }
        Ok(found)
    }
}

fn check(new: &NewRollout) -> Result<(u32, u32), Error> {
    let mut issues = Vec::new();
    let mut wrong = |field, message: String| issues.push(FieldIssue { field, message });
    let (wave, stop_after) = (new.wave.unwrap_or(1), new.stop_after.unwrap_or(1));
    if !(1..=WAVE_MAX).contains(&wave) {
        wrong("wave", format!("is from 1 to {WAVE_MAX}"));
    }
    if stop_after == 0 {
        wrong("stop_after", "is at least 1".to_owned());
    }
    if new.boxes.len() > NAMED_MAX {
        wrong("boxes", format!("are at most {NAMED_MAX} by name; leave them out for all"));
    }
    if issues.is_empty() { Ok((wave, stop_after)) } else { Err(Error::Invalid(issues)) }
}
