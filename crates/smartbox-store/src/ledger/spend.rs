//! Setting aside what a call may cost at most, before it is made.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use jiff::Timestamp;
use smartbox_core::ledger::{Ask, Bound, Excess, Scope, Verdict, judge, may_spend};
use smartbox_core::{BoxId, OrgId, SpendId};

use super::budgets;
use super::standing::{self, Terms, Used};
use crate::database::Connection;
use crate::row::bigint;
use crate::{Error, FleetStore};

/// Somebody who wants to spend.
#[derive(Clone, Copy, Debug)]
pub struct SpendAsk {
    /// The identity of what is set aside. Asking twice with the same one is asking once.
    pub id: SpendId,
    /// For which box.
    pub box_id: BoxId,
    /// How much at most.
    pub ask: Ask,
    /// When it is worth nothing any more if nobody has settled it.
    pub expires_at: Timestamp,
}

/// It may be spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Granted {
    /// Whether something is set aside; where nothing limits, nothing has to be.
    pub is_held: bool,
}

/// Why it may not be spent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpendBlock {
    /// There is no such box.
    NoBox,
    /// A budget.
    Budget {
        /// Which.
        bound: Bound,
        /// When counting begins anew.
        resets_at: Timestamp,
    },
    /// The plan of the org.
    Plan {
        /// Its name.
        plan: String,
        /// What would be too much.
        excess: Excess,
        /// What the org pays at most for overage in a month, in nano-dollars.
        overage_nanos: u64,
        /// When counting begins anew.
        resets_at: Timestamp,
    },
}

/// What is known of a box while asks are decided.
struct Account {
    terms: Terms,
    of_org: Used,
    bounds: Vec<Bound>,
    reserved: Ask,
}

impl Account {
    async fn open(tx: &mut Connection, id: BoxId, now: Timestamp) -> Result<Option<Self>, Error> {
        let Some(terms) = standing::terms_of_box(tx, id).await? else { return Ok(None) };
        let (of_org, of_box) = budgets::both(tx, terms.org, id).await?;
        let mut account =
            Self { terms, of_org: Used::default(), bounds: Vec::new(), reserved: Ask::default() };
        if !account.terms.has_limits() && of_org.is_empty() && of_box.is_empty() {
            return Ok(Some(account));
        }
        let (used_by_org, used_by_box) = standing::used_of(tx, &account.terms, id, now).await?;
        let (by_org, by_box) = reserved(tx, account.terms.org, id, now).await?;
        account.bounds = standing::bounds(Scope::Box, &of_box, &used_by_box, &by_box);
        account.bounds.extend(standing::bounds(Scope::Org, &of_org, &used_by_org, &by_org));
        account.of_org = used_by_org;
        account.reserved = by_org;
        Ok(Some(account))
    }

    fn is_limited(&self) -> bool {
        self.terms.has_limits() || !self.bounds.is_empty()
    }

    fn decide(&self, ask: &Ask, now: Timestamp) -> Result<(), SpendBlock> {
        may_spend(ask, &self.bounds).map_err(|bound| SpendBlock::Budget {
            bound,
            resets_at: self.terms.resets_at(bound.span, now),
        })?;
        let sum = self.of_org.month.plus(&self.reserved.amounts()).plus(&ask.amounts());
        match judge(self.terms.plan(), &sum, self.terms.overage_nanos) {
            Verdict::Within | Verdict::Overage(_) => Ok(()),
            Verdict::Over(excess) => {
                // How much there was before this one asked, as with budgets.
                let current = excess.current.saturating_sub(ask.amounts().get(excess.measure));
                Err(SpendBlock::Plan {
                    plan: self.terms.plan.name.clone(),
                    excess: Excess { current, ..excess },
                    overage_nanos: self.terms.overage_nanos,
                    resets_at: self.terms.resets_at(smartbox_core::ledger::Span::Month, now),
                })
            }
        }
    }
}

/// What others have set aside: the org, and the box.
async fn reserved(tx: &mut Connection, org: OrgId, id: BoxId, now: Timestamp) -> Result<(Ask, Ask), Error> {
    let sums: (i64, i64, i64, i64, i64, i64) = sqlx::query_as(
        "select cast(coalesce(sum(bytes), 0) as bigint), cast(coalesce(sum(tokens), 0) as bigint),
                cast(coalesce(sum(nanos), 0) as bigint),
                cast(coalesce(sum(case when box_id = $2 then bytes else 0 end), 0) as bigint),
                cast(coalesce(sum(case when box_id = $2 then tokens else 0 end), 0) as bigint),
                cast(coalesce(sum(case when box_id = $2 then nanos else 0 end), 0) as bigint)
         from spend_reservations where org_id = $1 and expires_at_ms > $3",
    )
    .bind(org.to_string())
    .bind(id.to_string())
    .bind(now.as_millisecond())
    .fetch_one(tx)
    .await?;
    let ask = |bytes, tokens, nanos| {
        let [bytes, tokens, nanos] =
            [bytes, tokens, nanos].map(|value: i64| u64::try_from(value).unwrap_or(0));
        Ask { bytes, tokens, nanos }
    };
    Ok((ask(sums.0, sums.1, sums.2), ask(sums.3, sums.4, sums.5)))
}

/// Writes it down; `false` for one that is there already.
async fn hold(tx: &mut Connection, org: OrgId, ask: &SpendAsk) -> Result<bool, Error> {
    let written = sqlx::query(
        "insert into spend_reservations (id, org_id, box_id, bytes, tokens, nanos, expires_at_ms)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict (id) do nothing",
    )
    .bind(ask.id.to_string())
    .bind(org.to_string())
    .bind(ask.box_id.to_string())
    .bind(bigint(ask.ask.bytes))
    .bind(bigint(ask.ask.tokens))
    .bind(bigint(ask.ask.nanos))
    .bind(ask.expires_at.as_millisecond())
    .execute(tx)
    .await?;
    Ok(written.rows_affected() == 1)
}

async fn is_held(tx: &mut Connection, id: SpendId) -> Result<bool, Error> {
    let found = sqlx::query_scalar("select count(*) > 0 from spend_reservations where id = $1");
    Ok(found.bind(id.to_string()).fetch_one(tx).await?)
}

impl FleetStore {
    /// Decides what may be spent, one ask after the other, each with what those before it were granted; all of it in one transaction.
    /// The answers are in the order of the asks.
    pub async fn reserve(
        &self,
        asks: &[SpendAsk],
        now: Timestamp,
    ) -> Result<Vec<Result<Granted, SpendBlock>>, Error> {
        // A call that was promised something ends with the machine it was made on.
        let mut tx = self.store.database.write_fleeting().await?;
        let mut accounts: HashMap<BoxId, Account> = HashMap::new();
        let mut answers = Vec::with_capacity(asks.len());
        for ask in asks {
            let account = match accounts.entry(ask.box_id) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(room) => match Account::open(&mut tx, ask.box_id, now).await? {
                    Some(account) => room.insert(account),
                    None => {
                        answers.push(Err(SpendBlock::NoBox));
                        continue;
                    }
                },
            };
            if !account.is_limited() {
                answers.push(Ok(Granted { is_held: false }));
                continue;
            }
            let decided = account.decide(&ask.ask, now);
            if decided.is_err() && !is_held(&mut tx, ask.id).await? {
                answers.push(decided.map(|()| Granted { is_held: true }));
                continue;
            }
            if hold(&mut tx, account.terms.org, ask).await? {
                let org = account.terms.org;
                promise(&mut accounts, org, ask);
            }
            answers.push(Ok(Granted { is_held: true }));
        }
        tx.commit().await?;
        Ok(answers)
    }
}

/// What was just granted counts for the asks behind it: for the box, and for every box of its org.
fn promise(accounts: &mut HashMap<BoxId, Account>, org: OrgId, ask: &SpendAsk) {
    let more = ask.ask.amounts();
    for (id, account) in accounts.iter_mut().filter(|(_, account)| account.terms.org == org) {
        let sum = account.reserved.amounts().plus(&more);
        account.reserved = Ask { bytes: sum.bytes, tokens: sum.tokens, nanos: sum.nanos };
        for bound in &mut account.bounds {
            if bound.scope == Scope::Org || *id == ask.box_id {
                bound.current = bound.current.saturating_add(more.get(bound.measure));
            }
        }
    }
}
