//! What the other platforms on the database did, told to everybody here who would have been told by a use-case of this one.
//!
//! It is read from the audit log: every change writes an event in its own transaction, and events have the order of their
//! commits, so nothing is missed and nothing is told before it is so. A right that ended there closes here what hangs on it.

use std::collections::BTreeSet;
use std::time::Duration;

use smartbox_core::Tie;
use smartbox_store::{Event, OperationKind, SystemActor};
use tokio_util::sync::CancellationToken;

use super::rounds::rounds;
use crate::{Control, Error};

/// Between two looks. What somebody has ended is to be over within a second.
const LOOK: Duration = Duration::from_millis(250);
/// Events of one query.
const EVENTS_MAX: u32 = 500;

/// Follows what the other platforms do.
pub struct News {
    control: Control,
    seen: tokio::sync::Mutex<i64>,
}

/// Pictures in memory that are to be read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Picture {
    Routes,
    Egress,
    Models,
    Allowances,
}

impl News {
    /// Follows what happens from now on. To be called before anything is read that is kept in memory.
    ///
    /// # Errors
    /// The database fails.
    pub async fn follow(control: Control) -> Result<Self, Error> {
        let seen = control.inner.store.fleet(SystemActor::new("news")).last_event().await?;
        Ok(Self { control, seen: tokio::sync::Mutex::new(seen) })
    }

    /// Runs until told to stop.
    pub async fn run(self, stop: CancellationToken) {
        rounds(LOOK, &stop, "what other platforms did could not be read", || self.pass()).await;
    }

    /// Tells everything that has happened since the last pass.
    ///
    /// # Errors
    /// The database fails. The next pass begins where this one could not go on.
    pub async fn pass(&self) -> Result<(), Error> {
        let mut seen = self.seen.lock().await;
        loop {
            let fleet = self.control.inner.store.fleet(SystemActor::new("news"));
            let events = fleet.events_since(*seen, EVENTS_MAX).await?;
            let Some(last) = events.last().map(|event| event.seq) else { break };
            let is_all = events.len() < EVENTS_MAX as usize;
            let mut stale = BTreeSet::new();
            for event in events.iter().filter(|event| !self.control.inner.news.has(event.id)) {
                self.tell(event).await?;
                stale.extend(picture_of(&event.action));
            }
            for picture in stale {
                self.read_again(picture).await?;
            }
            *seen = last;
            if is_all {
                break;
            }
        }
        // How an operation ended is no event, and whoever waits for one is told by nobody else.
        self.control.inner.changes.written();
        Ok(())
    }

    async fn tell(&self, event: &Event) -> Result<(), Error> {
        let inner = &self.control.inner;
        let ended = self.ended_by(event).await?;
        if !ended.is_empty() {
            inner.sessions.clear();
            ended.into_iter().for_each(|tie| inner.revocations.tell(tie));
        }
        // What was taken back there may be under way here.
        if let (Some(id), "box.operation-cancelled") = (event.box_id, event.action.as_str()) {
            let kind = event.detail.get("kind").and_then(|kind| kind.as_str());
            inner.backups.take_back(id, kind == Some(OperationKind::Backup.as_str()));
        }
        match (event.box_id, event.action.split('.').next()) {
            (_, Some("schedule")) => inner.changes.scheduled(),
            (Some(id), _) => inner.changes.intent(id),
            (None, Some("org" | "tier" | "plan" | "budget" | "rollout")) => inner.changes.all(),
            (None, _) => {}
        }
        Ok(())
    }

    /// The rights that an event ended. Rather one too many: who still has theirs connects again.
    async fn ended_by(&self, event: &Event) -> Result<Vec<Tie>, Error> {
        let of = |name: &str| event.detail.get(name).and_then(|id| id.as_str()).unwrap_or_default();
        let user = || of("user").parse().ok();
        Ok(match event.action.as_str() {
            "session.ended" => of("session").parse().ok().map(Tie::Session).into_iter().collect(),
            "support.ended" => {
                let support = event.detail.get("support").and_then(|support| support.get("session"));
                let session = support.and_then(|id| id.as_str()).and_then(|id| id.parse().ok());
                session.map(Tie::Support).into_iter().collect()
            }
            "token.revoked" => of("token").parse().ok().map(Tie::Token).into_iter().collect(),
            "user.password-set" => user().map(Tie::User).into_iter().collect(),
            "user.changed" | "user.removed" => {
                let Some(user) = user() else { return Ok(Vec::new()) };
                let mut ended = vec![Tie::User(user)];
                if let Some(org) = event.org {
                    let made = self.control.inner.store.org(org).tokens_made_by(user).await?;
                    ended.extend(made.into_iter().map(Tie::Token));
                }
                ended
            }
            "device.revoked" => {
                let device = of("device").parse().ok().map(Tie::Device);
                device.into_iter().chain(user().map(Tie::User)).collect()
            }
            "org.pairing-set" => event.org.map(Tie::Org).into_iter().collect(),
            _ => Vec::new(),
        })
    }

    async fn read_again(&self, picture: Picture) -> Result<(), Error> {
        match picture {
            Picture::Routes => self.control.publish_routes().await,
            Picture::Egress => self.control.publish_egress().await,
            Picture::Models => self.control.publish_models().await,
            Picture::Allowances => self.control.publish_allowances().await,
        }
    }
}

/// What is kept in memory of what an action changes.
fn picture_of(action: &str) -> Option<Picture> {
    match action.split('.').next()? {
        "route" => Some(Picture::Routes),
        // A box that is new, or gone, has rules and an authority of its own.
        "egress" | "injections" | "secret" => Some(Picture::Egress),
        _ if action == "box.created" => Some(Picture::Egress),
        "model" => Some(Picture::Models),
        "plan" | "budget" => Some(Picture::Allowances),
        _ if matches!(action, "org.plan-set" | "org.held" | "org.released" | "box.held" | "box.released") => {
            Some(Picture::Allowances)
        }
        _ => None,
    }
}
