//! What boxes and orgs cost, out of what was metered: by service, by day, by box. Nothing is estimated.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use smartbox_core::ledger::cost::{Costs, costs};
use smartbox_core::ledger::{Period, Rates, Usage};
use smartbox_core::{BoxId, OrgId, Permission};
use smartbox_store::{BoxUsage, DayUsage, SystemActor};

use crate::{Control, Error, Op};

/// Days of a report when nobody says how many.
const DAYS_DEFAULT: u32 = 30;
/// Most days of one report.
const DAYS_MAX: u32 = 366;

/// Which costs.
#[derive(Clone, Debug, Default)]
pub struct CostQuery {
    /// Of which org; an admin who names none means all.
    pub org: Option<String>,
    /// Of this box alone.
    pub smartbox: Option<String>,
    /// Of so many days, today among them; 30 by default.
    pub days: Option<u32>,
}

/// What was used on a day, and what it costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayCost {
    /// The day, of each org's calendar.
    pub day: Period,
    /// How much of each service.
    pub usage: Usage,
    /// What it costs.
    pub costs: Costs,
}

/// What a box has used, and what it costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoxCost {
    /// Whose.
    pub org: OrgId,
    /// Which; it may be gone.
    pub box_id: BoxId,
    /// How much of each service.
    pub usage: Usage,
    /// What it costs.
    pub costs: Costs,
}

/// What was used on some days, and what it costs.
#[derive(Clone, Debug)]
pub struct CostReport {
    /// Of which org; `None`: of all.
    pub org: Option<OrgId>,
    /// Of this box alone.
    pub box_id: Option<BoxId>,
    /// The first and the last day.
    pub days: (Period, Period),
    /// All of it.
    pub usage: Usage,
    /// What that costs.
    pub costs: Costs,
    /// Each day on which something was used, the earliest first.
    pub by_day: Vec<DayCost>,
    /// The boxes whose models cost most; none where one box was asked for.
    pub by_box: Vec<BoxCost>,
    /// What each service costs beyond models, by org.
    pub rates: BTreeMap<OrgId, Rates>,
}

impl Control {
    /// What was used on the last days, and what it costs: models at what their providers charge, everything else at the rates of the
    /// org's plan, where it has any. What the plan includes is not taken off.
    ///
    /// # Errors
    /// [`Error::Invalid`]; [`Error::NotFound`] for a box that does not exist for the caller.
    pub async fn costs(&self, op: &Op, query: &CostQuery) -> Result<CostReport, Error> {
        let smartbox = match &query.smartbox {
            Some(reference) => Some(self.resolve(op, Permission::BoxesRead, reference).await?),
            None => {
                op.require(Permission::BoxesRead)?;
                None
            }
        };
        let org = match &smartbox {
            Some(smartbox) => Some(smartbox.org),
            None => self.org_of_query(op, query.org.as_deref()).await?,
        };
        let days = self.days(query.days)?;
        let box_id = smartbox.map(|smartbox| smartbox.id);
        let (by_day, by_box) = match org {
            Some(org) => {
                let store = self.inner.store.org(org);
                let by_box = if box_id.is_none() { store.usage_of_boxes(days).await? } else { Vec::new() };
                (store.usage_of_days(box_id, days).await?, by_box)
            }
            None => {
                let fleet = self.inner.store.fleet(SystemActor::new("costs"));
                (fleet.usage_of_days(days).await?, fleet.usage_of_boxes(days).await?)
            }
        };
        let rates = self.rates_of(org, &by_day).await?;
        let (by_day, by_box) = (priced_days(&by_day, &rates), priced_boxes(&by_box, &rates));
        let usage = by_day.iter().fold(Usage::default(), |sum, day| sum.plus(&day.usage));
        let sum = by_day.iter().fold(Costs::default(), |sum, day| sum.plus(&day.costs));
        Ok(CostReport { org, box_id, days, usage, costs: sum, by_day, by_box, rates })
    }

    /// The last so many days. Orgs have calendars of their own; which days are meant is said in UTC.
    fn days(&self, asked: Option<u32>) -> Result<(Period, Period), Error> {
        let count = asked.unwrap_or(DAYS_DEFAULT);
        if !(1..=DAYS_MAX).contains(&count) {
            return Err(Error::field("days", format!("is from 1 to {DAYS_MAX}")));
        }
        let now = self.inner.clock.now();
        Ok(Period::last_days(now, count))
    }

    /// What each org that used something pays for it.
    async fn rates_of(&self, org: Option<OrgId>, days: &[DayUsage]) -> Result<BTreeMap<OrgId, Rates>, Error> {
        let mut rates = BTreeMap::new();
        for org in org.into_iter().chain(days.iter().map(|day| day.org)) {
            if let Entry::Vacant(place) = rates.entry(org) {
                // An org that is gone has no plan any more.
                let plan = match self.standing(org).await {
                    Ok(standing) => standing.terms.plan().rates,
                    Err(Error::NotFound(_)) => Rates::default(),
                    Err(error) => return Err(error),
                };
                place.insert(plan);
            }
        }
        Ok(rates)
    }
}

fn priced(org: OrgId, usage: &Usage, rates: &BTreeMap<OrgId, Rates>) -> Costs {
    costs(usage, &rates.get(&org).copied().unwrap_or_default())
}

fn priced_days(days: &[DayUsage], rates: &BTreeMap<OrgId, Rates>) -> Vec<DayCost> {
    let mut sums: BTreeMap<Period, (Usage, Costs)> = BTreeMap::new();
    for day in days {
        let (usage, costs) = sums.entry(day.day).or_default();
        *usage = usage.plus(&day.usage);
        *costs = costs.plus(&priced(day.org, &day.usage, rates));
    }
    sums.into_iter().map(|(day, (usage, costs))| DayCost { day, usage, costs }).collect()
}

fn priced_boxes(boxes: &[BoxUsage], rates: &BTreeMap<OrgId, Rates>) -> Vec<BoxCost> {
    let cost = |one: &BoxUsage| BoxCost {
        org: one.org,
        box_id: one.box_id,
        usage: one.usage,
        costs: priced(one.org, &one.usage, rates),
    };
    boxes.iter().map(cost).collect()
}
