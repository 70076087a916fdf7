//! Telling owners how much of a budget is spent: each percentage once in a period.

use jiff::Timestamp;
use smartbox_core::ledger::{Bound, Budget, Scope, warnings};
use smartbox_core::{BoxId, OrgId};

use super::budgets;
use super::standing::{self, Terms};
use super::used;
use crate::Error;
use crate::database::Connection;
use crate::event::{self, NewEvent};
use crate::rules::subject;

/// A percentage of a cap that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    /// Whose.
    pub org: OrgId,
    /// Of which box; the whole org's without one.
    pub box_id: Option<BoxId>,
    /// Which cap, and how much of it is spent.
    pub bound: Bound,
    /// How many of a hundred.
    pub percent: u32,
    /// When counting begins anew.
    pub resets_at: Timestamp,
}

/// Makes the event that tells of it.
pub type Tell<'a> = dyn Fn(&Reached) -> NewEvent + Send + Sync + 'a;

/// Tells what was reached, after something was spent by a box.
pub(crate) async fn warn(
    tx: &mut Connection,
    terms: &Terms,
    id: BoxId,
    tell: &Tell<'_>,
    now: Timestamp,
) -> Result<(), Error> {
    let (of_org, of_box) = budgets::both(tx, terms.org, id).await?;
    if of_org.is_empty() && of_box.is_empty() {
        return Ok(());
    }
    let (used_by_org, used_by_box) = used::used_of(tx, terms, id, now).await?;
    let bounds = |scope, budget: &Budget, used| standing::bounds(scope, budget, used, &Default::default());
    for bound in bounds(Scope::Org, &of_org, &used_by_org) {
        tell_of(tx, terms, None, bound, tell, now).await?;
    }
    for bound in bounds(Scope::Box, &of_box, &used_by_box) {
        tell_of(tx, terms, Some(id), bound, tell, now).await?;
    }
    Ok(())
}

async fn tell_of(
    tx: &mut Connection,
    terms: &Terms,
    box_id: Option<BoxId>,
    bound: Bound,
    tell: &Tell<'_>,
    now: Timestamp,
) -> Result<(), Error> {
    let [day, month] = terms.periods(now);
    let period = if bound.span == day.span() { day } else { month };
    for percent in warnings(bound.current, bound.limit) {
        let written = sqlx::query(
            "insert into budget_warnings (subject, period, measure, percent, at_ms) values ($1, $2, $3, $4, $5)
             on conflict (subject, period, measure, percent) do nothing",
        )
        .bind(subject(terms.org, box_id))
        .bind(period.to_string())
        .bind(bound.measure.as_str())
        .bind(i64::from(percent))
        .bind(now.as_millisecond())
        .execute(&mut *tx)
        .await?;
        if written.rows_affected() == 1 {
            let resets_at = period.ends(&terms.zone);
            let reached = Reached { org: terms.org, box_id, bound, percent, resets_at };
            event::append(tx, Some(terms.org), box_id, &tell(&reached), now).await?;
        }
    }
    Ok(())
}
