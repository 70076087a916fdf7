//! What an org's plan includes, and what it costs to use more.

use super::measure::{Amounts, Each, Measure};

/// How much of each a calendar month includes; `None` is no limit, 0 is nothing.
pub type Limits = Each<Option<u64>>;

/// What each [`Measure::unit`] beyond the limit costs, in nano-dollars. 0 is no price: such a thing cannot be had.
pub type Rates = Each<u64>;

/// A plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlanTerms {
    /// Most boxes of an org. Not a matter of money.
    pub boxes_max: Option<u32>,
    /// What a month includes.
    pub limits: Limits,
    /// What more costs.
    pub rates: Rates,
    /// Whether what has a rate of 0 can be had beyond its limit for nothing. Somebody has to say so.
    pub overage_is_free: bool,
}

/// What is too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Excess {
    /// Of what.
    pub measure: Measure,
    /// How much of it there is.
    pub current: u64,
    /// How much there may be.
    pub limit: u64,
    /// What all overage costs, in nano-dollars, where it has a price.
    pub cost: Option<u64>,
}

/// How an org stands with its plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything is included.
    Within,
    /// Some is not, and the budget for overage pays for it: this much, in nano-dollars.
    Overage(u64),
    /// Something is not, and nothing pays for it.
    Over(Excess),
}

/// Judges what was used in a month: inside the plan it passes, outside only while its price is within `overage_budget`
/// (nano-dollars). A rate of 0 is not a price, unless [`PlanTerms::overage_is_free`].
pub fn judge(plan: &PlanTerms, used: &Amounts, overage_budget: u64) -> Verdict {
    let over = |measure: Measure| {
        let limit = plan.limits.get(measure)?;
        let current = used.get(measure);
        (current > limit).then_some(Excess { measure, current, limit, cost: None })
    };
    let excesses = || Measure::ALL.into_iter().filter_map(over);
    let is_priceless = |excess: &Excess| plan.rates.get(excess.measure) == 0 && !plan.overage_is_free;
    if let Some(excess) = excesses().find(is_priceless) {
        return Verdict::Over(excess);
    }
    let price = |excess: &Excess| {
        let over = u128::from(excess.current - excess.limit) * u128::from(plan.rates.get(excess.measure));
        over.div_ceil(u128::from(excess.measure.unit()))
    };
    let cost = excesses().map(|excess| price(&excess)).sum::<u128>();
    let cost = u64::try_from(cost).unwrap_or(u64::MAX);
    // What costs most is what somebody has to do something about.
    match excesses().max_by_key(price) {
        None => Verdict::Within,
        Some(excess) if cost > overage_budget => Verdict::Over(Excess { cost: Some(cost), ..excess }),
        Some(_) => Verdict::Overage(cost),
    }
}

/// How many bytes are left to an org until its plan stops it, with what its budget for overage pays for; `None`: no end.
pub fn bytes_left(plan: &PlanTerms, used: &Amounts, overage_budget: u64) -> Option<u64> {
    let limit = plan.limits.bytes?;
    let verdict = judge(plan, used, overage_budget);
    if verdict.excess().is_some() {
        return Some(0);
    }
    let included = limit.saturating_sub(used.bytes);
    match plan.rates.bytes {
        0 if plan.overage_is_free => None,
        0 => Some(included),
        rate => {
            let money = u128::from(overage_budget.saturating_sub(verdict.cost()));
            let paid = money * u128::from(Measure::Bandwidth.unit()) / u128::from(rate);
            Some(included.saturating_add(u64::try_from(paid).unwrap_or(u64::MAX)))
        }
    }
}

impl Verdict {
    /// What speaks against more.
    pub const fn excess(&self) -> Option<Excess> {
        match self {
            Self::Over(excess) => Some(*excess),
            Self::Within | Self::Overage(_) => None,
        }
    }

    /// What overage costs, in nano-dollars, as far as it has a price.
    pub fn cost(&self) -> u64 {
        match self {
            Self::Within => 0,
            Self::Overage(cost) => *cost,
            Self::Over(excess) => excess.cost.unwrap_or(0),
        }
    }
}
