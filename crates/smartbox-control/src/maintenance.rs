//! Maintenance of the platform: nothing new starts, and what runs is put to rest if that is wanted.
//!
//! It is one fact in the database, so that every process of the platform and every start of it keeps to it.

use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use smartbox_core::Principal;
use smartbox_store::SystemActor;

use crate::{Control, Error, FieldIssue, Op};

/// Who writes what is done by itself.
pub(crate) const ACTOR: &str = "maintenance";
/// The fact's name in the database.
const META: &str = "maintenance";
/// Longest reason, in characters.
const REASON_CHARS_MAX: usize = 200;
/// When to come back, when nobody says how long it takes.
const RETRY_AFTER_DEFAULT: Duration = Duration::from_mins(5);

/// What becomes of boxes that run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drain {
    /// They go on.
    Off,
    /// They are put to sleep, down to their disk; who asks for one afterwards wakes it.
    Sleep,
    /// They are stopped.
    Stop,
}

impl Drain {
    /// Every one of them.
    pub const ALL: [Self; 3] = [Self::Off, Self::Sleep, Self::Stop];

    /// The word used in the store and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Sleep => "sleep",
            Self::Stop => "stop",
        }
    }
}

impl FromStr for Drain {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|one| one.as_str() == text).ok_or(())
    }
}

/// That the platform is being maintained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Maintenance {
    /// Why, in words for everybody.
    pub reason: String,
    /// What becomes of boxes that run.
    pub drain: Drain,
    /// Since when.
    pub since: Timestamp,
    /// When it will be over, as far as somebody knows.
    pub until: Option<Timestamp>,
    /// Who said so.
    pub by: String,
}

/// What somebody wants of it. Texts, because every wrong field is reported at once.
#[derive(Clone, Debug, Default)]
pub struct MaintenanceWish {
    /// Why.
    pub reason: String,
    /// See [`Drain`]; `off` by default.
    pub drain: Option<String>,
    /// How long it will take.
    pub lasts: Option<Duration>,
}

impl Maintenance {
    /// When to try again.
    fn retry_after(&self, now: Timestamp) -> Duration {
        let left = self.until.and_then(|until| Duration::try_from(until.duration_since(now)).ok());
        left.map_or(RETRY_AFTER_DEFAULT, |left| left.max(Duration::from_secs(1)))
    }

    fn to_text(&self) -> String {
        json!({
            "reason": self.reason,
            "drain": self.drain.as_str(),
            "since_ms": self.since.as_millisecond(),
            "until_ms": self.until.map(Timestamp::as_millisecond),
            "by": self.by,
        })
        .to_string()
    }

    /// What the database says of it, for whoever looks into it from outside.
    pub fn read(text: &str) -> Option<Self> {
        let fact: serde_json::Value = serde_json::from_str(text).ok()?;
        let word = |name: &str| fact[name].as_str().map(str::to_owned);
        let at = |name: &str| Timestamp::from_millisecond(fact[name].as_i64()?).ok();
        Some(Self {
            reason: word("reason")?,
            drain: word("drain")?.parse().ok()?,
            since: at("since_ms")?,
            until: at("until_ms"),
            by: word("by")?,
        })
    }
}

impl Control {
    /// Whether the platform is being maintained, and why.
    pub async fn maintenance(&self) -> Result<Option<Maintenance>, Error> {
        let fleet = self.inner.store.fleet(SystemActor::new(ACTOR));
        let text = fleet.meta_get(META).await?.unwrap_or_default();
        // An empty text is what is left of one that is over.
        if text.is_empty() {
            return Ok(None);
        }
        let read = Maintenance::read(&text);
        read.map(Some).ok_or_else(|| Error::internal("what is known of the maintenance cannot be read"))
    }

    /// Begins maintenance, or changes what was said about it. Only an admin may.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Invalid`] with every wrong field.
    pub async fn begin_maintenance(&self, op: &Op, wish: &MaintenanceWish) -> Result<Maintenance, Error> {
        require_admin(op)?;
        let (reason, drain) = check(wish)?;
        let now = self.inner.clock.now();
        let since = self.maintenance().await?.map_or(now, |before| before.since);
        let until = wish.lasts.map(|lasts| now.checked_add(lasts)).transpose().map_err(Error::internal)?;
        let maintenance = Maintenance { reason, drain, since, until, by: op.principal.actor() };
        let detail = json!({ "drain": drain.as_str(), "until": until.map(|at| at.to_string()) });
        let event = self.event_of(op, "platform.maintenance-begun", &maintenance.reason, detail);
        let fleet = self.inner.store.fleet(SystemActor::new(ACTOR));
        fleet.set_fact(META, &maintenance.to_text(), event, now).await?;
        self.inner.changes.all();
        Ok(maintenance)
    }

    /// Ends maintenance. Only an admin may. What was put to sleep wakes when it is needed.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::Conflict`] when there is none.
    pub async fn end_maintenance(&self, op: &Op) -> Result<(), Error> {
        require_admin(op)?;
        if self.maintenance().await?.is_none() {
            return Err(Error::Conflict {
                what: "the platform is not being maintained".to_owned(),
                remedy: "nothing to do".to_owned(),
            });
        }
        let event = self.event_of(op, "platform.maintenance-ended", "asked for", json!({}));
        let fleet = self.inner.store.fleet(SystemActor::new(ACTOR));
        fleet.set_fact(META, "", event, self.inner.clock.now()).await?;
        // What is due in boxes may happen now.
        self.inner.changes.all();
        Ok(())
    }

    /// Refuses what would start something while the platform is being maintained.
    ///
    /// # Errors
    /// [`Error::Maintenance`].
    pub(crate) async fn require_no_maintenance(&self) -> Result<(), Error> {
        match self.maintenance().await? {
            None => Ok(()),
            Some(maintenance) => {
                let retry_after = maintenance.retry_after(self.inner.clock.now());
                Err(Error::Maintenance { reason: maintenance.reason, retry_after })
            }
        }
    }
}

fn require_admin(op: &Op) -> Result<(), Error> {
    if op.principal == Principal::Admin { Ok(()) } else { Err(Error::Forbidden) }
}

fn check(wish: &MaintenanceWish) -> Result<(String, Drain), Error> {
    let mut issues = Vec::new();
    let mut wrong = |field, message: String| issues.push(FieldIssue { field, message });
    let reason = wish.reason.trim();
    let is_text = !reason.is_empty() && !reason.chars().any(char::is_control);
    if !is_text || reason.chars().count() > REASON_CHARS_MAX {
        wrong("reason", format!("must have 1 to {REASON_CHARS_MAX} printable characters"));
    }
    let drain = wish.drain.as_deref().map_or(Ok(Drain::Off), str::parse);
    if drain.is_err() {
        wrong("drain", "is one of `off`, `sleep`, `stop`".to_owned());
    }
    match drain {
        Ok(drain) if issues.is_empty() => Ok((reason.to_owned(), drain)),
        _ => Err(Error::Invalid(issues)),
    }
}
