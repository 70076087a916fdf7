//! The breaker of a box, in its column.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use smartbox_core::BoxId;
use smartbox_core::heal::{Breaker, FAILURES_MAX, OpenBreaker};

use crate::event::NewEvent;
use crate::row::instant;
use crate::{Error, FleetStore, event};

/// The column is not what was written there.
#[derive(Debug, thiserror::Error)]
#[error("a breaker is damaged: {0}")]
struct BadBreaker(String);

/// The column's text; none for a breaker that has nothing to remember.
pub(crate) fn to_column(breaker: &Breaker) -> Option<String> {
    if breaker.is_untouched() {
        return None;
    }
    let failures: Vec<i64> = breaker.failures.iter().map(|at| at.as_millisecond()).collect();
    let open = breaker.open.as_ref().map(|open| {
        json!({
            "since": open.since.as_millisecond(),
            "reason": open.reason,
            "cool_down_ms": i64::try_from(open.cool_down.as_millis()).unwrap_or(i64::MAX),
            "trial_at": open.trial_at.as_millisecond(),
            "is_trying": open.is_trying,
            "well_since": open.well_since.map(Timestamp::as_millisecond),
        })
    });
    Some(json!({ "failures": failures, "open": open }).to_string())
}

/// What the column says.
pub(crate) fn from_column(text: Option<&str>) -> Result<Breaker, Error> {
    let Some(text) = text else { return Ok(Breaker::default()) };
    let damaged = || Error::damaged(BadBreaker(text.to_owned()));
    let value: Value = serde_json::from_str(text).map_err(Error::damaged)?;
    let at = |value: &Value| value.as_i64().ok_or_else(damaged).and_then(instant);
    let failures = value["failures"].as_array().ok_or_else(damaged)?;
    let failures = failures.iter().take(FAILURES_MAX).map(at).collect::<Result<_, _>>()?;
    let open = match &value["open"] {
        Value::Null => None,
        open => Some(OpenBreaker {
            since: at(&open["since"])?,
            reason: open["reason"].as_str().ok_or_else(damaged)?.to_owned(),
            cool_down: SignedDuration::from_millis(open["cool_down_ms"].as_i64().ok_or_else(damaged)?),
            trial_at: at(&open["trial_at"])?,
            is_trying: open["is_trying"].as_bool().ok_or_else(damaged)?,
            well_since: Some(&open["well_since"]).filter(|since| !since.is_null()).map(at).transpose()?,
        }),
    };
    Ok(Breaker { failures, open })
}

impl FleetStore {
    /// Writes what is known of a box's failures, unless its intent has changed since `version`: a person who starts a
    /// box has it forgotten. Says whether it was written; without that, neither is the event.
    pub async fn write_breaker(
        &self,
        id: BoxId,
        version: i64,
        breaker: &Breaker,
        event: Option<NewEvent>,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let mut tx = self.store.database.write().await?;
        let Some(known) = crate::boxes::find(&mut tx, id).await?.filter(|known| known.version == version)
        else {
            return Ok(false);
        };
        sqlx::query("update boxes set breaker = $2 where id = $1")
            .bind(id.to_string())
            .bind(to_column(breaker))
            .execute(&mut *tx)
            .await?;
        if let Some(event) = event {
            event::append(&mut tx, Some(known.org), Some(id), &event, now).await?;
        }
        tx.commit().await?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn moment() -> impl Strategy<Value = Timestamp> {
        (0i64..4_000_000_000_000).prop_map(|ms| Timestamp::from_millisecond(ms).unwrap())
    }

    fn open() -> impl Strategy<Value = OpenBreaker> {
        (moment(), ".*", 0i64..1_000_000, moment(), any::<bool>(), prop::option::of(moment())).prop_map(
            |(since, reason, secs, trial_at, is_trying, well_since)| OpenBreaker {
                since,
                reason,
                cool_down: SignedDuration::from_secs(secs),
                trial_at,
                is_trying,
                well_since,
            },
        )
    }

    proptest! {
        #[test]
        fn a_breaker_survives_its_column(
            failures in prop::collection::vec(moment(), 0..FAILURES_MAX),
            open in prop::option::of(open()),
        ) {
            let breaker = Breaker { failures, open };
            prop_assert_eq!(from_column(to_column(&breaker).as_deref()).unwrap(), breaker);
        }

        #[test]
        fn noise_is_damage_and_never_a_panic(text in ".{0,60}") {
            drop(from_column(Some(&text)));
        }
    }
}
