//! The row of a box: what is wanted, what was seen, and what went wrong last.

use jiff::Timestamp;
use smartbox_core::phase::PhaseFacts;
use smartbox_core::upgrade::UpgradeStage;
use smartbox_core::{
    ArchiveStage, BoxId, BoxName, Breaker, Desired, Kind, Labels, Observed, OrgId, Phase, Selector,
    SleepPolicy, SleepTier, phase,
};

use crate::Due;
use crate::row::bigint;

/// One Smartbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Smartbox {
    /// Never changes.
    pub id: BoxId,
    /// Its owner.
    pub org: OrgId,
    /// Unique in the org.
    pub name: BoxName,
    /// What it is for.
    pub kind: Kind,
    /// Its size.
    pub tier: String,
    /// Whether it answers at `/` for its org. One box of an org does.
    pub is_default: bool,
    /// When it was asked for.
    pub created_at: Timestamp,

    /// Raised by each change of intent; the ETag.
    pub version: i64,
    /// What the owner wants.
    pub desired: Desired,
    /// The incarnation that should run.
    pub generation: i64,
    /// When a deleted box loses its data.
    pub purge_at: Option<Timestamp>,
    /// What the owner wanted before the deletion: what undoing it brings back.
    pub desired_before_delete: Option<Desired>,

    /// Its range of host user ids ([`smartbox_core::UidRange::from_slot`]).
    pub uid_slot: u32,
    /// The version of the agent runtime it is pinned to.
    pub runtime_version: String,
    /// Public half of its SSH host key, in OpenSSH's one-line format.
    pub host_key_public: String,

    /// What the provider saw last.
    pub observed: Observed,
    /// The incarnation that was seen.
    pub observed_generation: Option<i64>,
    /// Since when it is seen like this.
    pub observed_at: Option<Timestamp>,
    /// Whether a provider ever held anything of it.
    pub was_seen: bool,
    /// How often the gateway was started again in this incarnation.
    pub restarts: u32,
    /// How often the kernel killed a process of this incarnation for lack of memory.
    pub oom_kills: u64,
    /// Host id of its first process.
    pub pid: Option<u32>,

    /// Failed attempts in a row.
    pub failures: u32,
    /// When the next attempt may be made.
    pub retry_at: Option<Timestamp>,
    /// Why the last attempt failed.
    pub last_error: Option<BoxError>,

    /// How far down it goes when it should sleep.
    pub asleep: SleepTier,
    /// Since when nothing was to do, as of falling asleep.
    pub idle_since: Option<Timestamp>,
    /// When it has to be awake by itself next, as far as is known: by one of its schedules, or by what its gateway said when it
    /// fell asleep.
    pub due: Option<Due>,
    /// What its owner has decided about its sleep.
    pub sleep: SleepPolicy,

    /// What is known of its recent failures, and whether it is left alone because of them.
    pub breaker: Breaker,

    /// Whether neither its channels nor the jobs of its gateway run until somebody confirms that they may.
    pub is_quiet: bool,

    /// What its people call it by, beside its name.
    pub labels: Labels,

    /// How far an upgrade of its agent runtime has come that is under way.
    pub upgrade: Option<UpgradeStage>,
    /// How far it is archived, if it is.
    pub archive: Option<ArchiveStage>,
}

impl Smartbox {
    /// Whether this is what was seen already.
    pub fn is_seen_as(&self, seen: &ObservationUpdate) -> bool {
        self.observed == seen.observed
            && self.observed_at.is_some()
            && self.observed_generation == seen.observed_generation
            && self.restarts == seen.restarts
            && bigint(self.oom_kills) == bigint(seen.oom_kills)
            && self.pid == seen.pid
    }

    /// Whether the last attempt failed.
    pub const fn has_failure(&self) -> bool {
        self.failures > 0 || self.retry_at.is_some() || self.last_error.is_some()
    }

    /// The one word people see.
    pub fn phase(&self) -> Phase {
        phase(&PhaseFacts {
            desired: self.desired,
            observed: &self.observed,
            has_error: self.last_error.is_some(),
            was_seen: self.was_seen,
            is_archived: self.archive.is_some_and(ArchiveStage::is_off_disk),
        })
    }
}

/// What went wrong with a box, fit for its owner's eyes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoxError {
    /// A stable word; a page under `docs/errors/` explains it.
    pub code: String,
    /// What happened.
    pub what: String,
    /// What to do about it, if a person must.
    pub remedy: Option<String>,
}

/// A box to be made.
#[derive(Clone, Debug)]
pub struct NewSmartbox {
    /// Its identity.
    pub id: BoxId,
    /// Its name, free in the org.
    pub name: BoxName,
    /// What it is for.
    pub kind: Kind,
    /// Its size.
    pub tier: String,
    /// The version of the agent runtime it is pinned to.
    pub runtime_version: String,
    /// Public half of its SSH host key.
    pub host_key_public: String,
    /// What the owner wants first.
    pub desired: Desired,
    /// See [`Smartbox::is_quiet`].
    pub is_quiet: bool,
    /// See [`Smartbox::labels`].
    pub labels: Labels,
}

/// A change of what the owner wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntentChange {
    /// What they want now.
    pub desired: Desired,
    /// Whether a new incarnation is wanted: a restart, or a change that takes one.
    pub bump_generation: bool,
    /// When a deleted box loses its data; `None` for every other intent.
    pub purge_at: Option<Timestamp>,
    /// How far down a box goes that should sleep, and since when nothing was to do; `None` for every other intent.
    pub asleep: Option<(SleepTier, Timestamp)>,
}

impl IntentChange {
    /// The box should be like this, in the incarnation that there is.
    pub const fn to(desired: Desired) -> Self {
        Self { desired, bump_generation: false, purge_at: None, asleep: None }
    }

    /// The box should sleep, as far down as `tier`; nothing was to do since `idle_since`.
    pub const fn to_sleep(tier: SleepTier, idle_since: Timestamp) -> Self {
        Self { asleep: Some((tier, idle_since)), ..Self::to(Desired::Asleep) }
    }
}

/// What a provider saw of a box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservationUpdate {
    /// Its state.
    pub observed: Observed,
    /// The incarnation whose processes were seen.
    pub observed_generation: Option<i64>,
    /// See [`Smartbox::restarts`].
    pub restarts: u32,
    /// See [`Smartbox::oom_kills`].
    pub oom_kills: u64,
    /// See [`Smartbox::pid`].
    pub pid: Option<u32>,
}

/// A failed attempt to bring about what is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFailure {
    /// The version of the intent that the attempt served: a failure of an older one says nothing about the newest.
    pub version: i64,
    /// What went wrong.
    pub error: BoxError,
    /// When the next attempt may be made.
    pub retry_at: Timestamp,
}

/// Which boxes a list shows. The default shows all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BoxFilter {
    /// Phases to show; empty shows every phase.
    pub phases: Vec<Phase>,
    /// What the name starts with.
    pub name_prefix: Option<String>,
    /// The one box that may be shown.
    pub only: Option<BoxId>,
    /// What its labels have to be.
    pub selector: Option<Selector>,
}

impl BoxFilter {
    /// Whether a box is shown whose name was looked at already.
    pub(crate) fn shows(&self, smartbox: &Smartbox) -> bool {
        self.only.is_none_or(|only| only == smartbox.id)
            && self.selector.as_ref().is_none_or(|selector| selector.matches(&smartbox.labels))
            && (self.phases.is_empty() || self.phases.contains(&smartbox.phase()))
    }
}
