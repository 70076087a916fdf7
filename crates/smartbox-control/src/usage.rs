//! What boxes and orgs have used.

use jiff::Timestamp;
use smartbox_core::ledger::{Amounts, Excess, Period, PlanTerms, Span, Usage, judge};
use smartbox_core::{BoxId, OrgId, Permission};
use smartbox_store::{ModelSum, OrgStanding, SystemActor, UsageRow};

use crate::{Control, Error, Op};

/// What was used in a period.
#[derive(Clone, Debug)]
pub struct UsageReport {
    /// Whose org.
    pub org: OrgId,
    /// By which box; by all of the org's without one.
    pub box_id: Option<BoxId>,
    /// When.
    pub period: Period,
    /// Its first moment, and that of the next one.
    pub bounds: (Timestamp, Timestamp),
    /// The sum.
    pub usage: Usage,
    /// What lies on disks now.
    pub storage_bytes: u64,
    /// Each day of a month on which something was used.
    pub days: Vec<UsageRow>,
    /// Each box, for an org.
    pub boxes: Vec<UsageRow>,
    /// Each model, as far as the log reaches back.
    pub models: Vec<ModelSum>,
}

/// How an org stands with its plan in the month that is under way.
#[derive(Clone, Debug)]
pub struct PlanState {
    /// Whose.
    pub org: OrgId,
    /// The plan's name.
    pub plan: String,
    /// What it says.
    pub terms: PlanTerms,
    /// What was used.
    pub used: Amounts,
    /// What the overage costs, in nano-dollars, as far as it has a price.
    pub cost: u64,
    /// What the org pays at most for it.
    pub overage_nanos: u64,
    /// What is too much, if something is.
    pub excess: Option<Excess>,
    /// When the month began, and when the next one begins.
    pub month: (Timestamp, Timestamp),
}

impl Control {
    /// What one box has used in a period; the month that is under way without one.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a text that is no period.
    pub async fn box_usage(
        &self,
        op: &Op,
        reference: &str,
        period: Option<&str>,
    ) -> Result<UsageReport, Error> {
        let smartbox = self.resolve(op, Permission::BoxesRead, reference).await?;
        self.usage(smartbox.org, Some(smartbox.id), period).await
    }

    /// What the boxes of the caller's org, or of the one that an admin names, have used.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a text that is no period.
    pub async fn org_usage(
        &self,
        op: &Op,
        org: Option<&str>,
        period: Option<&str>,
    ) -> Result<UsageReport, Error> {
        op.require(Permission::BoxesRead)?;
        let org = self.resolve_org(op, org).await?;
        self.usage(org, None, period).await
    }

    async fn usage(
        &self,
        org: OrgId,
        box_id: Option<BoxId>,
        period: Option<&str>,
    ) -> Result<UsageReport, Error> {
        let asked = period.map(str::parse::<Period>).transpose();
        let asked = asked.map_err(|bad| Error::field("period", bad.to_string()))?;
        let zone = self.standing(org).await?.terms.zone;
        let period = asked.unwrap_or_else(|| Period::of(Span::Month, self.inner.clock.now(), &zone));
        let bounds = (period.begins(&zone), period.ends(&zone));
        let store = self.inner.store.org(org);
        let days = match period.span() {
            Span::Month => store.usage_by_day(box_id, period).await?,
            Span::Day => Vec::new(),
        };
        let boxes = if box_id.is_none() { store.usage_by_box(period).await? } else { Vec::new() };
        Ok(UsageReport {
            org,
            box_id,
            period,
            bounds,
            usage: store.usage(box_id, period).await?,
            storage_bytes: store.storage_bytes(box_id).await?,
            days,
            boxes,
            models: store.usage_by_model(box_id, bounds).await?,
        })
    }

    /// How the caller's org, or the one that an admin names, stands with its plan.
    pub async fn plan_state(&self, op: &Op, org: Option<&str>) -> Result<PlanState, Error> {
        op.require(Permission::BoxesRead)?;
        let org = self.resolve_org(op, org).await?;
        self.plan_state_of(org).await
    }

    /// How the org of a box stands with its plan.
    pub async fn box_plan_state(&self, op: &Op, reference: &str) -> Result<PlanState, Error> {
        let smartbox = self.resolve(op, Permission::BoxesRead, reference).await?;
        self.plan_state_of(smartbox.org).await
    }

    async fn plan_state_of(&self, org: OrgId) -> Result<PlanState, Error> {
        let OrgStanding { terms, used, .. } = self.standing(org).await?;
        let verdict = judge(terms.plan(), &used, terms.overage_nanos);
        let month = Period::of(Span::Month, self.inner.clock.now(), &terms.zone);
        Ok(PlanState {
            org,
            plan: terms.plan.name.clone(),
            terms: *terms.plan(),
            used,
            cost: verdict.cost(),
            overage_nanos: terms.overage_nanos,
            excess: verdict.excess(),
            month: (month.begins(&terms.zone), month.ends(&terms.zone)),
        })
    }

    pub(crate) async fn standing(&self, org: OrgId) -> Result<OrgStanding, Error> {
        let fleet = self.inner.store.fleet(SystemActor::new("usage"));
        fleet.org_standing(org, self.inner.clock.now()).await?.ok_or(Error::NotFound("org"))
    }
}
