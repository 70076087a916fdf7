//! Following what happens.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::Stream;
use jiff::{SignedDuration, Timestamp};
use smartbox_core::{BoxId, EventId, OrgId, Permission, TypeFilter};
use smartbox_store::{EVENTS_MAX, Event, SystemActor};

use crate::{Control, Error, Op};

/// How far back events are replayed.
pub const REPLAY_WINDOW: SignedDuration = SignedDuration::from_hours(24);
/// Between two looks, when nobody says that something was written: another platform on the same database may have written it.
const LOOK: Duration = Duration::from_secs(1);

/// Which events.
#[derive(Clone, Debug, Default)]
pub struct EventQuery {
    /// Of which org; only an admin may name one, and without one sees all.
    pub org: Option<String>,
    /// Only those of this box.
    pub about: Option<String>,
    /// Of which types.
    pub types: TypeFilter,
    /// Go on behind this event.
    pub after: Option<EventId>,
    /// Otherwise begin with what happened at this moment; without it, with what happens next.
    pub since: Option<Timestamp>,
    /// Whether to wait for more.
    pub follow: bool,
}

/// Whose events somebody may see.
#[derive(Clone, Copy)]
struct Sight {
    org: Option<OrgId>,
    about: Option<BoxId>,
    /// Whether what is not about a box is seen, too.
    all: bool,
}

impl Control {
    /// Streams events, the oldest first. Whoever may read the audit log sees all of their org; whoever may look at boxes, what is about
    /// those; the platform's admin, everything.
    ///
    /// # Errors
    /// [`Error::ReplayOver`] when the event or moment to begin with is longer ago than [`REPLAY_WINDOW`]; [`Error::Invalid`] for an event
    /// that is not of this stream.
    pub async fn stream_events(
        &self,
        op: &Op,
        query: EventQuery,
    ) -> Result<impl Stream<Item = Result<Event, Error>> + Send + use<>, Error> {
        let sight = self.sight(op, &query).await?;
        // From here on, nothing that is written is missed.
        let changes = self.inner.changes.subscribe();
        let position = self.first_position(sight, &query).await?;
        let control = self.clone();
        let state = (position, VecDeque::<Event>::new(), changes);
        let (types, follow) = (query.types, query.follow);
        Ok(futures_util::stream::try_unfold(state, move |(mut position, mut waiting, mut changes)| {
            let (control, types) = (control.clone(), types.clone());
            async move {
                loop {
                    if let Some(event) = waiting.pop_front() {
                        return Ok(Some((event, (position, waiting, changes))));
                    }
                    changes.mark_unchanged();
                    let read = control.events_after(sight, position).await?;
                    position = read.last().map_or(position, |last| last.seq);
                    let is_last = read.len() < EVENTS_MAX as usize;
                    let is_seen =
                        |event: &Event| (sight.all || event.box_id.is_some()) && types.passes(&event.action);
                    waiting.extend(read.into_iter().filter(is_seen));
                    if !waiting.is_empty() || !is_last {
                        continue;
                    }
                    if !follow {
                        return Ok(None);
                    }
                    // Whatever ends the wait, the next look tells.
                    let _ = tokio::time::timeout(LOOK, changes.changed()).await;
                }
            }
        }))
    }

    async fn sight(&self, op: &Op, query: &EventQuery) -> Result<Sight, Error> {
        if let Some(reference) = query.about.as_deref() {
            let found = self.resolve(op, Permission::BoxesRead, reference).await?;
            return Ok(Sight { org: Some(found.org), about: Some(found.id), all: true });
        }
        let all = op.require(Permission::AuditRead).is_ok();
        if !all {
            op.require_for_boxes(Permission::BoxesRead)?;
        }
        let org = match (op.principal.org(), &query.org) {
            (None, None) => None,
            (_, named) => Some(self.resolve_org(op, named.as_deref()).await?),
        };
        Ok(Sight { org, about: op.principal.only(), all })
    }

    async fn first_position(&self, sight: Sight, query: &EventQuery) -> Result<i64, Error> {
        let fleet = self.inner.store.fleet(SystemActor::new("events"));
        let oldest = self.inner.clock.now().checked_sub(REPLAY_WINDOW).map_err(Error::internal)?;
        if let Some(id) = query.after {
            let found = match sight.org {
                Some(org) => self.inner.store.org(org).find_event(id).await?,
                None => fleet.find_event(id).await?,
            };
            let found = found
                .ok_or_else(|| Error::field("Last-Event-ID", "must be the id of an event of this stream"))?;
            return if found.at < oldest { Err(Error::ReplayOver) } else { Ok(found.seq) };
        }
        match query.since {
            Some(since) if since < oldest => Err(Error::ReplayOver),
            Some(since) => Ok(fleet.event_position_at(since).await?),
            None => Ok(fleet.newest_event_position().await?),
        }
    }

    async fn events_after(&self, sight: Sight, position: i64) -> Result<Vec<Event>, Error> {
        Ok(match sight.org {
            Some(org) => self.inner.store.org(org).events_after(sight.about, position).await?,
            None => {
                let fleet = self.inner.store.fleet(SystemActor::new("events"));
                fleet.events_after(sight.about, position).await?
            }
        })
    }
}
