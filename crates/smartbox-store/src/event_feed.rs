//! Events in the order in which they happened, for those who follow them.
//!
//! The number of an event is given out under a lock that is held until its transaction ends, so numbers have no gaps and come in the order
//! of commits: whoever has read up to a number has missed nothing below it.

use jiff::Timestamp;
use smartbox_core::{BoxId, EventId, OrgId};

use crate::database::Connection;
use crate::event::{Event, EventRow};
use crate::{Error, FleetStore, OrgStore};

/// Most events of one look.
pub const EVENTS_MAX: u32 = 200;

/// Whose events, behind a position.
pub(crate) struct Feed {
    pub(crate) org: Option<OrgId>,
    pub(crate) about: Option<BoxId>,
    pub(crate) after: i64,
    pub(crate) limit: u32,
}

macro_rules! select_events {
    ($tail:literal) => {
        concat!(
            "select seq, id, org_id, box_id, at_ms, actor, action, reason, detail, outcome from events ",
            $tail
        )
    };
}

impl OrgStore {
    /// The org's events behind a position, or those of one of its boxes; the oldest first, at most [`EVENTS_MAX`].
    pub async fn events_after(&self, about: Option<BoxId>, after: i64) -> Result<Vec<Event>, Error> {
        let feed = Feed { org: Some(self.org), about, after, limit: EVENTS_MAX };
        read(&mut *self.store.database.read().await?, &feed).await
    }

    /// The event of this id, if it is the org's.
    pub async fn find_event(&self, id: EventId) -> Result<Option<Event>, Error> {
        find(&mut *self.store.database.read().await?, Some(self.org), id).await
    }
}

impl FleetStore {
    /// Events of all orgs and of the platform behind a position, or those of one box; the oldest first, at most [`EVENTS_MAX`].
    pub async fn events_after(&self, about: Option<BoxId>, after: i64) -> Result<Vec<Event>, Error> {
        let feed = Feed { org: None, about, after, limit: EVENTS_MAX };
        read(&mut *self.store.database.read().await?, &feed).await
    }

    /// The event of this id.
    pub async fn find_event(&self, id: EventId) -> Result<Option<Event>, Error> {
        find(&mut *self.store.database.read().await?, None, id).await
    }

    /// The position of the newest event; 0 before the first.
    pub async fn newest_event_position(&self) -> Result<i64, Error> {
        newest(&mut *self.store.database.read().await?).await
    }

    /// The position behind which lies what happened at a moment or later. Where the clock was set back meanwhile, one that is near.
    pub async fn event_position_at(&self, at: Timestamp) -> Result<i64, Error> {
        let mut connection = self.store.database.read().await?;
        let (mut before, mut end) = (0, newest(&mut connection).await? + 1);
        // Numbers have no gaps, so halving finds it: thirty looks for a thousand million events.
        while end - before > 1 {
            let middle = before + (end - before) / 2;
            let at_ms: Option<i64> = sqlx::query_scalar("select at_ms from events where seq = $1")
                .bind(middle)
                .fetch_optional(&mut *connection)
                .await?;
            match at_ms {
                Some(at_ms) if at_ms >= at.as_millisecond() => end = middle,
                _ => before = middle,
            }
        }
        Ok(before)
    }
}

pub(crate) async fn newest(connection: &mut Connection) -> Result<i64, Error> {
    Ok(sqlx::query_scalar("select value from counters where name = 'event'").fetch_one(connection).await?)
}

pub(crate) async fn read(connection: &mut Connection, feed: &Feed) -> Result<Vec<Event>, Error> {
    // A statement each, so that each finds its index.
    let query = match (feed.org, feed.about) {
        (Some(_), None) => sqlx::query_as(select_events!(
            "where org_id = $1 and coalesce($2, '') = '' and seq > $3 order by seq limit $4"
        )),
        (Some(_), Some(_)) => sqlx::query_as(select_events!(
            "where org_id = $1 and box_id = $2 and seq > $3 order by seq limit $4"
        )),
        (None, None) => sqlx::query_as(select_events!(
            "where coalesce($1, '') = '' and coalesce($2, '') = '' and seq > $3 order by seq limit $4"
        )),
        (None, Some(_)) => sqlx::query_as(select_events!(
            "where coalesce($1, '') = '' and box_id = $2 and seq > $3 order by seq limit $4"
        )),
    };
    let rows: Vec<EventRow> = query
        .bind(feed.org.map(|id| id.to_string()))
        .bind(feed.about.map(|id| id.to_string()))
        .bind(feed.after)
        .bind(i64::from(feed.limit))
        .fetch_all(connection)
        .await?;
    rows.into_iter().map(Event::try_from).collect()
}

async fn find(connection: &mut Connection, org: Option<OrgId>, id: EventId) -> Result<Option<Event>, Error> {
    let row: Option<EventRow> = sqlx::query_as(select_events!("where id = $1"))
        .bind(id.to_string())
        .fetch_optional(connection)
        .await?;
    let found = row.map(Event::try_from).transpose()?;
    Ok(found.filter(|found| org.is_none() || found.org == org))
}
