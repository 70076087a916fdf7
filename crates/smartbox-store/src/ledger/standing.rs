//! How orgs and boxes stand: what was used in this day and month, and what they may use.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use smartbox_core::ledger::{Amounts, Ask, Bound, Budget, Limits, Period, PlanTerms, Scope, Span};
use smartbox_core::{BoxId, OrgId};

use super::plans::{PlanColumns, PlanRow, plan_columns};
use super::sums::sum_columns;
use super::used::{Used, UsedRow, storage_of, take};
use super::{budgets, zone};
use crate::database::Connection;
use crate::row::parsed;
use crate::{Error, FleetStore};

/// What holds for an org.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Which.
    pub org: OrgId,
    /// Its plan.
    pub plan: PlanRow,
    /// Where its days and months begin.
    pub zone: TimeZone,
    /// What it pays at most for overage in a month, in nano-dollars.
    pub overage_nanos: u64,
}

impl Terms {
    /// What its plan says.
    pub const fn plan(&self) -> &PlanTerms {
        &self.plan.terms
    }

    /// Whether the plan limits anything that is used.
    pub fn has_limits(&self) -> bool {
        self.plan.terms.limits != Limits::default()
    }

    /// The day and the month in which `now` lies.
    pub fn periods(&self, now: Timestamp) -> [Period; 2] {
        Span::ALL.map(|span| Period::of(span, now, &self.zone))
    }

    /// When counting begins anew.
    pub fn resets_at(&self, span: Span, now: Timestamp) -> Timestamp {
        Period::of(span, now, &self.zone).ends(&self.zone)
    }
}

/// One box of an org.
#[derive(Clone, Debug)]
pub struct BoxStanding {
    /// Which.
    pub id: BoxId,
    /// How much of each of its caps is spent; what is set aside is not.
    pub bounds: Vec<Bound>,
}

/// An org and its boxes.
#[derive(Clone, Debug)]
pub struct OrgStanding {
    /// What holds.
    pub terms: Terms,
    /// What was used this month.
    pub used: Amounts,
    /// How much of each of its caps is spent.
    pub bounds: Vec<Bound>,
    /// Its boxes, those that are being deleted left out.
    pub boxes: Vec<BoxStanding>,
}

impl OrgStanding {
    /// Whether nothing limits the org or one of its boxes.
    pub fn is_unlimited(&self) -> bool {
        !self.terms.has_limits()
            && self.bounds.is_empty()
            && self.boxes.iter().all(|one| one.bounds.is_empty())
    }
}

#[derive(sqlx::FromRow)]
struct TermsRow {
    org_id: String,
    time_zone: String,
    overage_nanos_max: i64,
    #[sqlx(flatten)]
    plan: PlanColumns,
}

impl TryFrom<TermsRow> for Terms {
    type Error = Error;

    fn try_from(row: TermsRow) -> Result<Self, Error> {
        Ok(Self {
            org: parsed(&row.org_id)?,
            plan: row.plan.try_into()?,
            zone: zone(&row.time_zone),
            overage_nanos: u64::try_from(row.overage_nanos_max).unwrap_or(0),
        })
    }
}

/// Selects [`TermsRow`]s; what follows may use the alias `o`.
macro_rules! select_terms {
    ($rest:literal) => {
        concat!(
            "select o.id as org_id, o.time_zone, o.overage_nanos_max, ",
            plan_columns!(),
            " from orgs o join plans p on p.name = coalesce(o.plan, (select name from plans where is_default)) ",
            $rest
        )
    };
}

pub(crate) async fn terms_of_org(connection: &mut Connection, org: OrgId) -> Result<Option<Terms>, Error> {
    let row: Option<TermsRow> = sqlx::query_as(select_terms!("where o.id = $1"))
        .bind(org.to_string())
        .fetch_optional(connection)
        .await?;
    row.map(TryInto::try_into).transpose()
}

pub(crate) async fn terms_of_box(connection: &mut Connection, id: BoxId) -> Result<Option<Terms>, Error> {
    let row: Option<TermsRow> =
        sqlx::query_as(select_terms!("where o.id = (select org_id from boxes where id = $1)"))
            .bind(id.to_string())
            .fetch_optional(connection)
            .await?;
    row.map(TryInto::try_into).transpose()
}

/// The caps of a budget and how much of them is taken.
pub(crate) fn bounds(scope: Scope, budget: &Budget, used: &Used, reserved: &Ask) -> Vec<Bound> {
    let reserved = reserved.amounts();
    budget
        .caps()
        .map(|(span, measure, limit)| {
            let current = used.of(span).get(measure).saturating_add(reserved.get(measure));
            Bound { scope, span, measure, limit, current }
        })
        .collect()
}

async fn standing(connection: &mut Connection, terms: Terms, now: Timestamp) -> Result<OrgStanding, Error> {
    let [day, month] = terms.periods(now);
    let org = terms.org.to_string();
    let rows: Vec<UsedRow> = sqlx::query_as(concat!(
        "select box_id, period, ",
        sum_columns!(),
        " from usage_rollups where org_id = $1 and period in ($2, $3)"
    ))
    .bind(&org)
    .bind(day.to_string())
    .bind(month.to_string())
    .fetch_all(&mut *connection)
    .await?;
    let mut used = HashMap::new();
    take(&mut used, rows);
    let mut of_org = used.remove("").unwrap_or_default();
    of_org.month.storage_bytes = storage_of(connection, terms.org).await?;
    let mut budgets: HashMap<Option<BoxId>, Budget> = budgets::all_of(connection, terms.org)
        .await?
        .into_iter()
        .map(|row| (row.box_id, row.budget))
        .collect();
    let ids: Vec<String> =
        sqlx::query_scalar("select id from boxes where org_id = $1 and desired <> 'deleted' order by id")
            .bind(&org)
            .fetch_all(connection)
            .await?;
    let own = budgets.remove(&None).unwrap_or_default();
    let nothing = Ask::default();
    let one = |text: &String| {
        let id: BoxId = parsed(text)?;
        let used = used.get(text).copied().unwrap_or_default();
        let budget = budgets.get(&Some(id)).copied().unwrap_or_default();
        Ok(BoxStanding { id, bounds: bounds(Scope::Box, &budget, &used, &nothing) })
    };
    Ok(OrgStanding {
        used: of_org.month,
        bounds: bounds(Scope::Org, &own, &of_org, &nothing),
        boxes: ids.iter().map(one).collect::<Result<_, Error>>()?,
        terms,
    })
}

impl FleetStore {
    /// How an org and its boxes stand; `None` for one that does not exist.
    pub async fn org_standing(&self, org: OrgId, now: Timestamp) -> Result<Option<OrgStanding>, Error> {
        let mut connection = self.store.database.read().await?;
        let Some(terms) = terms_of_org(&mut connection, org).await? else { return Ok(None) };
        Ok(Some(standing(&mut connection, terms, now).await?))
    }

    /// Orgs that a plan or a budget limits, theirs or that of one of their boxes.
    pub async fn limited_orgs(&self) -> Result<Vec<OrgId>, Error> {
        let ids: Vec<String> = sqlx::query_scalar(
            "select o.id from orgs o
             join plans p on p.name = coalesce(o.plan, (select name from plans where is_default))
             where coalesce(p.bytes_max, p.tokens_max, p.nanos_max, p.cpu_ms_max, p.memory_mib_s_max,
                            p.storage_bytes_max) is not null
                or exists (select 1 from budgets b where b.org_id = o.id
                           and coalesce(b.day_bytes, b.day_tokens, b.day_nanos, b.month_bytes, b.month_tokens,
                                        b.month_nanos) is not null)
             order by o.id",
        )
        .fetch_all(&mut *self.store.database.read().await?)
        .await?;
        ids.iter().map(|id| parsed(id)).collect()
    }
}
