//! Vocabulary and pure decisions of Smartbox.
//!
//! Everything here is a value or a function of its arguments. This crate has no I/O, no async, no clock, no
//! entropy and no serde: time and random bytes come in as parameters, wire and storage formats belong to the
//! crates that own them.

pub mod access;
pub mod archive;
pub mod audit;
pub mod backoff;
pub mod backup;
pub mod box_host;
pub mod box_name;
pub mod bulk;
pub mod capacity;
pub mod config_change;
pub mod egress_policy;
pub mod event_filter;
pub mod exec;
pub mod explain;
pub mod heal;
pub mod id;
pub mod injection;
pub mod keeping;
pub mod kind;
pub mod label;
pub mod ledger;
pub mod models;
pub mod numbers;
pub mod phase;
pub mod placement;
pub mod plan;
pub mod progress;
pub mod rollout;
pub mod routing;
pub mod rule_list;
pub mod runtime;
pub mod schedule;
pub mod secret;
pub mod sleep;
pub mod state;
pub mod tier;
pub mod trace;
pub mod uid_range;
pub mod upgrade;
pub mod user_status;
pub mod wake;
pub mod webhook;

pub use access::{
    DeviceStatus, Pairing, Permission, Permissions, Principal, Role, Support, SupportLevel, Tie, Who,
};
pub use archive::ArchiveStage;
pub use box_name::BoxName;
pub use event_filter::TypeFilter;
pub use heal::Breaker;
pub use id::{
    BackupId, BoxId, BulkId, DeviceId, EventId, ExecId, MessageId, OperationId, OrgId, RolloutId, ScheduleId,
    SessionId, SpendId, SupportId, TokenId, UserId, WebhookId,
};
pub use kind::Kind;
pub use label::{Labels, Selector};
pub use phase::{Phase, phase};
pub use placement::has_place;
pub use plan::{Step, next_step};
pub use progress::Progress;
pub use secret::{Delivery, SecretName};
pub use sleep::{SleepChange, SleepPolicy, SleepTier, Threshold, Thresholds};
pub use state::{DeathReason, Desired, Observed, SleepDepth, Stage};
pub use tier::Tier;
pub use uid_range::UidRange;
pub use user_status::UserStatus;
