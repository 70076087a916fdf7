//! Schedules of boxes: made, changed, removed. The loop of the same name acts on them.

pub(crate) mod when;
mod wish;

pub use wish::ScheduleWish;

use jiff::Timestamp;
use smartbox_core::{Permission, ScheduleId};
use smartbox_store::{NextTime, Schedule, ScheduleAction, SchedulePlan, Smartbox};

use crate::entropy::id_parts;
use crate::{Control, Error, Op};
use when::When;

impl Control {
    /// Makes a schedule for a box.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every wrong field; [`Error::Lacks`]; [`Error::Conflict`] with too many.
    pub async fn create_schedule(
        &self,
        op: &Op,
        reference: &str,
        wish: &ScheduleWish,
    ) -> Result<Schedule, Error> {
        let smartbox = self.resolve(op, Permission::BoxesOperate, reference).await?;
        let plan = wish.read(None)?;
        require_action(op, &plan)?;
        let now = self.inner.clock.now();
        let (at, random) = id_parts(&*self.inner.entropy, now);
        let id = ScheduleId::from_parts(at, random);
        let next = self.next_time(id, &plan, now)?;
        let event = self.event_of(op, "schedule.created", "asked for", detail(id, &plan));
        let org = self.inner.store.org(smartbox.org);
        let made = org.create_schedule((id, smartbox.id), &plan, next, event, now).await?;
        self.inner.changes.scheduled();
        Ok(made)
    }

    /// The schedules of a box, oldest first.
    pub async fn list_schedules(&self, op: &Op, reference: &str) -> Result<Vec<Schedule>, Error> {
        let smartbox = self.resolve(op, Permission::BoxesRead, reference).await?;
        Ok(self.inner.store.org(smartbox.org).list_schedules(smartbox.id).await?)
    }

    /// One of them.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn find_schedule(&self, op: &Op, reference: &str, id: &str) -> Result<Schedule, Error> {
        let smartbox = self.resolve(op, Permission::BoxesRead, reference).await?;
        self.schedule_of(&smartbox, id).await
    }

    /// Changes a schedule. A time that has passed is not made up for.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::Lacks`], [`Error::NotFound`], [`Error::VersionMismatch`].
    pub async fn change_schedule(
        &self,
        op: &Op,
        (reference, id): (&str, &str),
        wish: &ScheduleWish,
        if_version: Option<i64>,
    ) -> Result<Schedule, Error> {
        let smartbox = self.resolve(op, Permission::BoxesOperate, reference).await?;
        let before = self.schedule_of(&smartbox, id).await?;
        if if_version.is_some_and(|expected| expected != before.version) {
            return Err(Error::VersionMismatch);
        }
        let plan = wish.read(Some(&before.plan))?;
        require_action(op, &before.plan)?;
        require_action(op, &plan)?;
        let now = self.inner.clock.now();
        // A one-time schedule that is over stays so when only its name changes.
        let is_moved = wish.at.is_some() || plan.cron.is_some();
        let next =
            if is_moved || before.next.is_some() { self.next_time(before.id, &plan, now)? } else { None };
        let event = self.event_of(op, "schedule.changed", "asked for", detail(before.id, &plan));
        let org = self.inner.store.org(smartbox.org);
        let changed = org.change_schedule(&before, &plan, next, event, now).await?;
        self.inner.changes.scheduled();
        Ok(changed)
    }

    /// Removes a schedule.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn remove_schedule(&self, op: &Op, reference: &str, id: &str) -> Result<(), Error> {
        let smartbox = self.resolve(op, Permission::BoxesOperate, reference).await?;
        let found = self.schedule_of(&smartbox, id).await?;
        let event = self.event_of(op, "schedule.removed", "asked for", detail(found.id, &found.plan));
        let org = self.inner.store.org(smartbox.org);
        org.remove_schedule(smartbox.id, found.id, event, self.inner.clock.now()).await?;
        self.inner.changes.scheduled();
        Ok(())
    }

    async fn schedule_of(&self, smartbox: &Smartbox, id: &str) -> Result<Schedule, Error> {
        let none = Error::NotFound("schedule");
        let Ok(id) = id.parse::<ScheduleId>() else { return Err(none) };
        self.inner.store.org(smartbox.org).find_schedule(smartbox.id, id).await?.ok_or(none)
    }

    fn next_time(
        &self,
        id: ScheduleId,
        plan: &SchedulePlan,
        now: Timestamp,
    ) -> Result<Option<NextTime>, Error> {
        let when = When::of(plan).map_err(Error::internal)?;
        let next = when.next_time(id, now, self.inner.limits.schedule_stagger);
        if next.is_none() {
            let (field, message) = match plan.cron {
                Some(_) => ("cron", "names a time that never comes"),
                None => ("at", "has passed"),
            };
            return Err(Error::field(field, message));
        }
        Ok(next)
    }
}

/// Whoever lets something be said to the agent later may say it now.
fn require_action(op: &Op, plan: &SchedulePlan) -> Result<(), Error> {
    match plan.action {
        ScheduleAction::Message { .. } => op.require_for_boxes(Permission::BoxesTalk),
        ScheduleAction::Wake { .. } => Ok(()),
    }
}

/// What the audit log holds of a schedule; never what is said to the agent.
fn detail(id: ScheduleId, plan: &SchedulePlan) -> serde_json::Value {
    let action = match plan.action {
        ScheduleAction::Wake { .. } => "wake",
        ScheduleAction::Message { .. } => "message",
    };
    serde_json::json!({ "schedule": id.to_string(), "name": plan.name, "action": action })
}
