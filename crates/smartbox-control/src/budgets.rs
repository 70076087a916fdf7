//! What somebody has decided that a box or an org may spend.

use jiff::Timestamp;
use smartbox_core::ledger::{Bound, Budget, Caps};
use smartbox_core::{BoxId, OrgId, Permission};
use smartbox_store::{BudgetRow, SystemActor};

use crate::{Control, Error, Op};

/// A budget and how much of it is spent.
#[derive(Clone, Debug)]
pub struct BudgetState {
    /// Whose org.
    pub org: OrgId,
    /// Of which box; the org's own without one.
    pub box_id: Option<BoxId>,
    /// What was decided; `None` where nothing ever was.
    pub row: Option<BudgetRow>,
    /// How much of each cap is spent, and when counting begins anew.
    pub bounds: Vec<(Bound, Timestamp)>,
}

impl Control {
    /// The budget of a box.
    pub async fn box_budget(&self, op: &Op, reference: &str) -> Result<BudgetState, Error> {
        let smartbox = self.resolve(op, Permission::BoxesRead, reference).await?;
        self.budget_state(smartbox.org, Some(smartbox.id)).await
    }

    /// The budget of an org.
    pub async fn org_budget(&self, op: &Op, org: &str) -> Result<BudgetState, Error> {
        op.require(Permission::BoxesRead)?;
        let org = self.named_org(op, org).await?;
        self.budget_state(org, None).await
    }

    /// Replaces the budget of a box. It counts at once, for what was spent already as well.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::VersionMismatch`].
    pub async fn set_box_budget(
        &self,
        op: &Op,
        reference: &str,
        budget: Budget,
        if_version: Option<i64>,
    ) -> Result<BudgetState, Error> {
        let smartbox = self.resolve(op, Permission::BoxesManage, reference).await?;
        self.set_budget(op, smartbox.org, Some(smartbox.id), budget, if_version).await
    }

    /// Replaces the budget of an org. Only its owners may.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::VersionMismatch`].
    pub async fn set_org_budget(
        &self,
        op: &Op,
        org: &str,
        budget: Budget,
        if_version: Option<i64>,
    ) -> Result<BudgetState, Error> {
        op.require(Permission::OrgOwn)?;
        let org = self.named_org(op, org).await?;
        self.set_budget(op, org, None, budget, if_version).await
    }

    async fn set_budget(
        &self,
        op: &Op,
        org: OrgId,
        box_id: Option<BoxId>,
        budget: Budget,
        if_version: Option<i64>,
    ) -> Result<BudgetState, Error> {
        check("day", &budget.day)?;
        check("month", &budget.month)?;
        let caps = |caps: &Caps| serde_json::json!({ "bytes": caps.bytes, "tokens": caps.tokens, "nanos": caps.nanos });
        let detail = serde_json::json!({ "day": caps(&budget.day), "month": caps(&budget.month) });
        let event = self.event_of(op, "budget.changed", "asked for", detail);
        let store = self.inner.store.org(org);
        store.set_budget(box_id, &budget, if_version, event, self.inner.clock.now()).await?;
        self.publish_allowances_of(&std::iter::once(org).collect()).await?;
        self.budget_state(org, box_id).await
    }

    async fn budget_state(&self, org: OrgId, box_id: Option<BoxId>) -> Result<BudgetState, Error> {
        let now = self.inner.clock.now();
        let row = self.inner.store.org(org).budget(box_id).await?;
        let fleet = self.inner.store.fleet(SystemActor::new("budgets"));
        let standing = fleet.org_standing(org, now).await?.ok_or(Error::NotFound("org"))?;
        let bounds = match box_id {
            None => standing.bounds,
            Some(id) => {
                let one = standing.boxes.into_iter().find(|one| one.id == id);
                one.map(|one| one.bounds).unwrap_or_default()
            }
        };
        let terms = standing.terms;
        let bounds = bounds.into_iter().map(|bound| (bound, terms.resets_at(bound.span, now))).collect();
        Ok(BudgetState { org, box_id, row, bounds })
    }
}

/// Numbers that the store has no room for are mistakes.
fn check(field: &'static str, caps: &Caps) -> Result<(), Error> {
    let is_too_large =
        [caps.bytes, caps.tokens, caps.nanos].into_iter().flatten().any(|cap| i64::try_from(cap).is_err());
    if is_too_large { Err(Error::field(field, "has a number above 2^63 - 1")) } else { Ok(()) }
}
