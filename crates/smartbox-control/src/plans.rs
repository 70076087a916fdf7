//! Plans, and which one an org has. Plans are the platform's; its admin alone changes them.

use smartbox_core::{OrgId, Permission, Principal};
use smartbox_store::{Error as StoreError, NewPlan, OrgPlan, PlanRow, SystemActor};

use crate::schedules::when::zone;
use crate::{Control, Error, FieldIssue, Op};

/// Who acts here.
const ACTOR: &str = "plans";
/// Longest name of a plan, in characters.
const NAME_CHARS_MAX: usize = 40;

/// What of an org's plan changes; `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrgPlanWish {
    /// Another plan; `Some(None)` is the default one. Only the platform's admin may.
    pub plan: Option<Option<String>>,
    /// Where its days and months begin.
    pub time_zone: Option<String>,
    /// What it pays at most for overage in a month, in nano-dollars.
    pub overage_nanos: Option<u64>,
}

impl OrgPlanWish {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn is_name(name: &str) -> bool {
    let is_char = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=NAME_CHARS_MAX).contains(&name.len()) && name.chars().all(is_char) && !name.starts_with('-')
}

/// Numbers that the store has no room for are mistakes.
fn check(plan: &NewPlan) -> Result<(), Error> {
    let mut issues = Vec::new();
    if !is_name(&plan.name) {
        let message = format!("must have 1 to {NAME_CHARS_MAX} lower-case letters, digits and dashes");
        issues.push(FieldIssue { field: "name", message });
    }
    let too_large = |value: u64| i64::try_from(value).is_err();
    let mut any = smartbox_core::ledger::Measure::ALL.into_iter();
    if any.clone().any(|measure| plan.terms.limits.get(measure).is_some_and(too_large)) {
        issues.push(FieldIssue { field: "limits", message: "has a number above 2^63 - 1".to_owned() });
    }
    if any.any(|measure| too_large(plan.terms.rates.get(measure))) {
        issues.push(FieldIssue { field: "rates", message: "has a number above 2^63 - 1".to_owned() });
    }
    if issues.is_empty() { Ok(()) } else { Err(Error::Invalid(issues)) }
}

fn plan_error(error: StoreError, name: &str) -> Error {
    match error {
        StoreError::NameTaken => Error::NameTaken(name.to_owned()),
        StoreError::InUse(what) => Error::Conflict {
            what: format!("it is {what}"),
            remedy: "make another plan the default, or give the orgs another one, first".to_owned(),
        },
        other => other.into(),
    }
}

impl Control {
    /// Every plan. Everybody may see them.
    pub async fn list_plans(&self) -> Result<Vec<PlanRow>, Error> {
        Ok(self.inner.store.fleet(SystemActor::new(ACTOR)).plans().await?)
    }

    /// One plan.
    pub async fn find_plan(&self, name: &str) -> Result<PlanRow, Error> {
        let found = self.inner.store.fleet(SystemActor::new(ACTOR)).plan(name).await?;
        found.ok_or(Error::NotFound("plan"))
    }

    /// Makes a plan.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for everybody but an admin, [`Error::Invalid`], [`Error::NameTaken`].
    pub async fn create_plan(&self, op: &Op, plan: &NewPlan) -> Result<PlanRow, Error> {
        require_admin(op)?;
        check(plan)?;
        let event = self.event_of(op, "plan.created", "asked for", detail(plan));
        let fleet = self.inner.store.fleet(SystemActor::new(ACTOR));
        let made = fleet.create_plan(plan, event, self.inner.clock.now()).await;
        let made = made.map_err(|error| plan_error(error, &plan.name))?;
        self.publish_allowances().await?;
        Ok(made)
    }

    /// Changes a plan. It counts at once, for what its orgs have used already as well.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for everybody but an admin, [`Error::Invalid`], [`Error::NotFound`], [`Error::VersionMismatch`],
    /// [`Error::Conflict`] when no plan would be the default.
    pub async fn change_plan(
        &self,
        op: &Op,
        plan: &NewPlan,
        if_version: Option<i64>,
    ) -> Result<PlanRow, Error> {
        require_admin(op)?;
        check(plan)?;
        let event = self.event_of(op, "plan.changed", "asked for", detail(plan));
        let fleet = self.inner.store.fleet(SystemActor::new(ACTOR));
        let changed = fleet.change_plan(plan, if_version, event, self.inner.clock.now()).await;
        let changed = changed.map_err(|error| plan_error(error, &plan.name))?;
        self.publish_allowances().await?;
        Ok(changed)
    }

    /// Removes a plan that no org has.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for everybody but an admin, [`Error::NotFound`], [`Error::Conflict`].
    pub async fn remove_plan(&self, op: &Op, name: &str) -> Result<(), Error> {
        require_admin(op)?;
        let event = self.event_of(op, "plan.removed", "asked for", serde_json::json!({ "plan": name }));
        let fleet = self.inner.store.fleet(SystemActor::new(ACTOR));
        let removed = fleet.remove_plan(name, event, self.inner.clock.now()).await;
        removed.map_err(|error| plan_error(error, name))
    }

    /// Which plan and calendar an org has.
    pub async fn org_plan(&self, org: OrgId) -> Result<OrgPlan, Error> {
        Ok(self.inner.store.org(org).org_plan().await?)
    }

    /// Whether a change of an org's plan is one, and the caller may make it.
    ///
    /// # Errors
    /// As [`Control::change_org_plan`].
    pub fn check_org_plan(&self, op: &Op, wish: &OrgPlanWish) -> Result<(), Error> {
        op.require(Permission::OrgOwn)?;
        // An org that chooses its own plan would choose the best.
        if wish.plan.is_some() {
            require_admin(op)?;
        }
        if let Some(name) = &wish.time_zone {
            zone(name).map_err(|wrong| Error::field("time_zone", wrong))?;
        }
        if wish.overage_nanos.is_some_and(|nanos| i64::try_from(nanos).is_err()) {
            return Err(Error::field("overage_budget_nanos", "is above 2^63 - 1"));
        }
        Ok(())
    }

    /// Changes plan, calendar and budget for overage of an org.
    ///
    /// # Errors
    /// [`Error::Lacks`] for who does not own the org, [`Error::Forbidden`] for another plan by anybody but the platform's admin,
    /// [`Error::Invalid`], [`Error::NotFound`].
    pub async fn change_org_plan(&self, op: &Op, org: &str, wish: OrgPlanWish) -> Result<OrgPlan, Error> {
        self.check_org_plan(op, &wish)?;
        let org = self.named_org(op, org).await?;
        if let Some(Some(name)) = &wish.plan {
            match self.find_plan(name).await {
                Err(Error::NotFound(_)) => return Err(Error::field("plan", "no such plan")),
                found => drop(found?),
            }
        }
        let before = self.org_plan(org).await?;
        let new = OrgPlan {
            plan: wish.plan.unwrap_or(before.plan),
            time_zone: wish.time_zone.unwrap_or(before.time_zone),
            overage_nanos: wish.overage_nanos.unwrap_or(before.overage_nanos),
        };
        let detail = serde_json::json!({
            "plan": new.plan, "time_zone": new.time_zone, "overage_budget_nanos": new.overage_nanos,
        });
        let event = self.event_of(op, "org.plan-set", "asked for", detail);
        self.inner.store.org(org).set_org_plan(&new, event, self.inner.clock.now()).await?;
        self.publish_allowances_of(&std::iter::once(org).collect()).await?;
        Ok(new)
    }
}

fn require_admin(op: &Op) -> Result<(), Error> {
    if op.principal == Principal::Admin { Ok(()) } else { Err(Error::Forbidden) }
}

fn detail(plan: &NewPlan) -> serde_json::Value {
    let terms = &plan.terms;
    let each = smartbox_core::ledger::Measure::ALL;
    let limits: serde_json::Map<_, _> = each
        .into_iter()
        .map(|measure| (measure.to_string(), serde_json::json!(terms.limits.get(measure))))
        .collect();
    let rates: serde_json::Map<_, _> = each
        .into_iter()
        .map(|measure| (measure.to_string(), serde_json::json!(terms.rates.get(measure))))
        .collect();
    serde_json::json!({
        "plan": plan.name, "is_default": plan.is_default, "boxes_max": terms.boxes_max, "limits": limits, "rates": rates,
        "overage_is_free": terms.overage_is_free,
    })
}
