//! Doing one thing with many boxes: asking for it, looking at it, ending it. The loop carries it out (`loops/bulk.rs`).

pub(crate) mod forecast;
mod meant;

use std::time::Duration;

use smartbox_core::bulk::{BulkAction, BulkEnd, BulkTerms};
use smartbox_core::{BulkId, Permission, Principal, Selector};
use smartbox_openclaw::config::OwnerPart;
use smartbox_store::{BULK_BOXES_MAX, BulkBox, BulkRun, SystemActor};

use crate::entropy::id_parts;
use crate::{Control, Error, FieldIssue, Op};

/// Who writes what is done by itself.
pub(crate) const ACTOR: &str = "bulk";
/// Time between the beginnings of two boxes when nobody says how long.
const DELAY_DEFAULT: Duration = Duration::from_secs(5);
/// Longest time between two boxes.
const DELAY_MAX: Duration = Duration::from_hours(1);
/// Boxes that can be named one by one.
const NAMED_MAX: usize = 200;

/// What is done with each box.
#[derive(Clone, Debug, PartialEq)]
pub enum BulkWish {
    /// It gets a new incarnation.
    Restart,
    /// Its configuration is patched (RFC 7396).
    PatchConfig(serde_json::Value),
}

impl BulkWish {
    const fn action(&self) -> BulkAction {
        match self {
            Self::Restart => BulkAction::Restart,
            Self::PatchConfig(_) => BulkAction::PatchConfig,
        }
    }

    /// What is needed to do the same with one box.
    const fn permission(&self) -> Permission {
        match self {
            Self::Restart => Permission::BoxesOperate,
            Self::PatchConfig(_) => Permission::BoxesManage,
        }
    }
}

/// What somebody asks for.
#[derive(Clone, Debug)]
pub struct NewBulkRun {
    /// What is done.
    pub wish: BulkWish,
    /// The org whose boxes are meant; an admin who names none means every org.
    pub org: Option<String>,
    /// Boxes by id or name; none: all.
    pub boxes: Vec<String>,
    /// What their labels have to be.
    pub selector: Option<Selector>,
    /// At least this long between the beginnings of two; five seconds by default.
    pub delay: Option<Duration>,
    /// Failures after which no further box is begun; one by default.
    pub stop_after: Option<u32>,
    /// So many have to be well before the others are begun; none by default.
    pub canary: Option<u32>,
}

/// A run, and how it goes with each box.
#[derive(Clone, Debug)]
pub struct BulkState {
    /// The run.
    pub run: BulkRun,
    /// Its boxes, in the order of their turns.
    pub boxes: Vec<BulkBox>,
}

impl Control {
    /// Wants one thing done with many boxes, one after the other, until too many fail.
    ///
    /// # Errors
    /// [`Error::Invalid`]; [`Error::NotFound`] for a box that does not exist for the caller; [`Error::Conflict`] when no box is meant.
    pub async fn create_bulk_run(&self, op: &Op, new: &NewBulkRun) -> Result<BulkState, Error> {
        op.require(new.wish.permission())?;
        let terms = check(new)?;
        let (org, meant) = self.meant(op, new).await?;
        if meant.len() > BULK_BOXES_MAX {
            return Err(Error::field(
                "boxes",
                format!("are at most {BULK_BOXES_MAX} at once; name an org or labels"),
            ));
        }
        let now = self.inner.clock.now();
        let (at, random) = id_parts(&*self.inner.entropy, now);
        let run = BulkRun {
            id: BulkId::from_parts(at, random),
            org,
            action: new.wish.action(),
            terms,
            asked_by: op.principal.actor(),
            created_at: now,
            last_begun: None,
            ended: None,
        };
        let detail = serde_json::json!({
            "bulk": run.id.to_string(), "action": run.action.as_str(), "boxes": meant.len(),
            "selector": new.selector.as_ref().map(ToString::to_string), "stop_after": terms.stop_after,
        });
        let event = self.event_of(op, "bulk.created", "asked for", detail);
        let boxes: Vec<_> = meant.into_iter().map(|row| (row.id, row.name.to_string())).collect();
        let text = match &new.wish {
            BulkWish::Restart => None,
            BulkWish::PatchConfig(patch) => Some(secrecy::SecretString::from(patch.to_string())),
        };
        let fleet = self.inner.store.fleet(SystemActor::new(ACTOR));
        fleet.create_bulk_run(&run, text.as_ref(), &boxes, event).await?;
        self.find_bulk_run(op, run.id).await
    }

    /// The newest runs that the caller may see, the newest first.
    pub async fn list_bulk_runs(&self, op: &Op) -> Result<Vec<BulkRun>, Error> {
        op.require(Permission::BoxesRead)?;
        Ok(match &op.principal {
            Principal::Member { org, .. } => self.inner.store.org(*org).list_bulk_runs().await?,
            Principal::Admin => self.inner.store.fleet(SystemActor::new(ACTOR)).list_bulk_runs().await?,
        })
    }

    /// A run, and how it goes with each box.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn find_bulk_run(&self, op: &Op, id: BulkId) -> Result<BulkState, Error> {
        op.require(Permission::BoxesRead)?;
        let found = match &op.principal {
            Principal::Member { org, .. } => self.inner.store.org(*org).find_bulk_run(id).await?,
            Principal::Admin => self.inner.store.fleet(SystemActor::new(ACTOR)).find_bulk_run(id).await?,
        };
        let (run, boxes) = found.ok_or(Error::NotFound("bulk run"))?;
        Ok(BulkState { run, boxes })
    }

    /// Ends a run: no further box is begun. Those under way are seen through.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Conflict`] when it is over.
    pub async fn cancel_bulk_run(&self, op: &Op, id: BulkId) -> Result<BulkState, Error> {
        op.require(Permission::BoxesOperate)?;
        let state = self.find_bulk_run(op, id).await?;
        let over = || Error::Conflict {
            what: "the run is over".to_owned(),
            remedy: "nothing to do; `smartbox bulk show` tells what became of each box".to_owned(),
        };
        let detail = serde_json::json!({ "bulk": id.to_string() });
        let event = self.event_of(op, "bulk.cancelled", "asked for", detail);
        let now = self.inner.clock.now();
        let is_ended = match state.run.org {
            Some(org) => match self.inner.store.org(org).cancel_bulk_run(id, event, now).await {
                Ok(()) => true,
                Err(smartbox_store::Error::NotFound(_)) => false,
                Err(other) => return Err(other.into()),
            },
            None => {
                let fleet = self.inner.store.fleet(SystemActor::new(ACTOR));
                fleet.end_bulk_run(&state.run, BulkEnd::Cancelled, event, now).await?
            }
        };
        if !is_ended {
            return Err(over());
        }
        self.find_bulk_run(op, id).await
    }
}

fn check(new: &NewBulkRun) -> Result<BulkTerms, Error> {
    let mut issues = Vec::new();
    let mut wrong = |field, message: String| issues.push(FieldIssue { field, message });
    let (delay, stop_after) = (new.delay.unwrap_or(DELAY_DEFAULT), new.stop_after.unwrap_or(1));
    if delay > DELAY_MAX {
        wrong("delay_ms", format!("is at most {}", DELAY_MAX.as_millis()));
    }
    if stop_after == 0 {
        wrong("stop_after", "is at least 1".to_owned());
    }
    if new.boxes.len() > NAMED_MAX {
        wrong("boxes", format!("are at most {NAMED_MAX} by name; use labels, or leave them out for all"));
    }
    if let BulkWish::PatchConfig(patch) = &new.wish
        && let Err(bad) = OwnerPart::default().patched(patch)
    {
        wrong("patch", bad.to_string());
    }
    let terms =
        BulkTerms { delay, stop_after: stop_after as usize, canary: new.canary.unwrap_or(0) as usize };
    if issues.is_empty() { Ok(terms) } else { Err(Error::Invalid(issues)) }
}
