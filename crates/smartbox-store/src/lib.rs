//! The only SQL of Smartbox: one database with everything the platform must not forget.
//!
//! What is asked of a [`Store`] goes through one of two handles: [`Store::org`], every method of which sees one
//! org's rows only, and [`Store::fleet`], the system's own work. There is no query without a scope.
//!
//! A write that was acknowledged survives `kill -9` and power loss. Time is always a parameter, so is every id;
//! the one source of entropy is inside the [`Sealer`] (keys and nonces). Nothing here knows of HTTP, of providers
//! or of what a good intent is.
//!
//! The database is SQLite, or PostgreSQL. There is one text of each query, in the subset that both share (see `README.md`);
//! what is particular to one of them is in the modules `database` and `open`.

mod account;
mod archives;
mod backup_rules;
mod backups;
mod boxes;
mod breaker;
mod bulk;
mod configs;
mod database;
mod device;
mod egress;
mod error;
mod event;
mod event_feed;
mod execs;
mod fleet;
mod foreign;
mod idempotency;
mod ledger;
mod messages;
mod models;
mod open;
mod operation;
mod org;
mod origins;
mod page;
mod platforms;
mod rollouts;
mod routing;
mod row;
mod rules;
mod schedules;
mod sealing;
mod sleep;
mod smartbox;
mod store;
mod support;
#[cfg(feature = "testing")]
pub mod testing;
mod upgrades;
mod vault;
mod webhooks;

pub use account::{
    NewServiceToken, NewSession, NewUser, Org, ServiceToken, Session, Subject, TokenHash, User, UserChange,
};
pub use archives::{Archive, ArchiveReason};
pub use backup_rules::{BackupPolicies, TierBackupRules};
pub use backups::{Backup, BackupState, RestoreFrom, Restored};
pub use bulk::{BULK_BOXES_MAX, BulkBox, BulkRun};
pub use configs::{CONFIG_VERSIONS_MAX, ConfigState, ConfigVersion, NewConfig};
pub use device::{Device, NewDevice, NewTicket, Ticket, TicketHolder};
pub use egress::{EgressUsage, LayerOf, LayerRow};
pub use error::{Error, OpenError};
pub use event::{AuditEvent, Event, EventOutcome, NewEvent};
pub use event_feed::EVENTS_MAX;
pub use execs::{
    EXEC_OUTPUT_BYTES_MAX, EXEC_TTL, EXECS_MAX, EXECS_RUNNING, EXECS_RUNNING_MAX, Exec, ExecOutput, NewExec,
};
pub use fleet::{
    AllBoxes, DELIVERY_TTL, DeliveryOutcome, Drill, FleetStore, KeyRotation, NewFrom, Purged, SystemActor,
    TIERS_MAX, WebhookTurn,
};
pub use foreign::{ForeignDatabase, HeldBack, hold_back, look_at_copy, renew_identity};
pub use idempotency::{BodyHash, Claim, IDEMPOTENCY_TTL, IN_PROGRESS_MAX};
pub use ledger::{
    BoxHold, BoxStanding, BoxUsage, BudgetRow, ComputeUsage, DayUsage, Days, Gauge, Granted, ModelSum,
    NewPlan, OrgPlan, OrgStanding, PlanRow, Reached, Settled, SpendAsk, SpendBlock, Spent, Tell, Terms,
    UsageRow,
};
pub use messages::{ANSWER_BYTES_MAX, MESSAGE_TTL, MESSAGES_MAX, MESSAGES_WAITING, Message, MessageEnd};
pub use models::{KeyChange, ModelCall, ModelProvider, ModelRulesRow, PROVIDERS_MAX};
pub use open::{PlatformLease, SeenPlatforms};
pub use operation::{NewOperation, Operation, OperationKind, Outcome, Target};
pub use org::{DEVICES_MAX, OrgStore, TICKETS_MAX, TOKENS_MAX};
pub use origins::{Origin, OriginKind};
pub use page::{Cursor, PAGE_MAX, Page};
pub use platforms::{Keeping, NewPlatform, Platform};
pub use rollouts::{ROLLOUT_BOXES_MAX, Rollout, RolloutBox};
pub use routing::{RolledBack, RoutingChange, RoutingRow};
pub use rules::{BackupRulesRow, EgressRow, InjectionRow, RulesRow};
pub use schedules::{NextTime, RunState, SCHEDULES_MAX, Schedule, ScheduleAction, SchedulePlan, ScheduleRun};
pub use sealing::{KeyFile, KeySource, Keyring, KeyringError, Sealer};
pub use sleep::{Due, WakeHold};
pub use smartbox::{BoxError, BoxFilter, IntentChange, NewFailure, NewSmartbox, ObservationUpdate, Smartbox};
pub use store::{Store, check_address};
pub use support::{NewSupport, SUPPORT_OPEN_MAX, SupportEnd, SupportFilter, SupportSession};
pub use upgrades::Upgrade;
pub use vault::{Authority, KeptSecret, NewSecret, SECRETS_MAX};
pub use webhooks::{
    DELIVERIES_WAITING_MAX, DeliveryState, WEBHOOKS_MAX, Webhook, WebhookDelivery, WebhookPlan,
};
