//! The brain: use-cases by noun, and the loops that make reality follow intent.
//!
//! A use-case writes *intent* and its audit event in one transaction and wakes a loop; it never calls a provider
//! to change a box. A loop takes no input, observes, plans with a pure function and acts; it also runs by the clock,
//! so that a lost hint heals. Nothing here knows of HTTP.

mod admin_secret;
mod agent_channels;
mod agent_sessions;
mod agents;
mod allowances;
mod api_keys;
mod attempts;
mod audit;
mod authority;
mod backups;
mod box_settings;
mod budgets;
mod bulk;
mod burnt;
mod changes;
mod chat;
mod cleanup;
mod clock;
mod configs;
mod costs;
mod courier;
mod credential_cache;
mod devices;
mod doors;
mod egress;
mod egress_layers;
mod entropy;
mod error;
mod events;
mod exec;
mod explain;
mod files;
mod fleet;
mod fleet_people;
mod fleet_view;
mod foreign;
mod gate;
mod gateway;
mod holds;
mod host;
mod idempotency;
mod ingress;
mod injections;
mod instances;
mod keeping;
mod lease;
mod logs;
mod loops;
mod maintenance;
mod messages;
mod models;
mod news;
mod numbers;
mod oidc;
mod op;
mod operations;
mod orgs;
mod pairing;
mod passwords;
mod people;
mod plans;
mod probe;
mod readiness;
mod recognise;
mod resolve;
mod revocations;
mod rollouts;
mod room;
mod routing;
mod runtimes;
mod schedules;
mod sealed;
mod secrets;
mod sessions;
mod sign_in;
mod sleep_policies;
mod sleep_state;
mod spec;
mod spend;
mod ssh;
mod support;
mod tickets;
mod tiers;
mod timeline;
mod tokens;
mod upgrades;
mod usage;
mod uses;
mod vigil;
mod webhooks;

pub mod boxes;

pub use admin_secret::{AdminSecret, token_hash};
pub use agent_channels::{AgentChannel, NewChannel};
pub use agent_sessions::AgentSession;
pub use agents::AgentConfigWish;
pub use allowances::{Allowance, Allowances};
pub use api_keys::{ApiKey, ApiKeyChange};
pub use authority::HostCertificate;
pub use backups::{
    BackupAccess, BackupDecision, BackupNumbers, BackupParts, BackupPolicy, BackupWish, BoxBackups,
    CreatedBackup, Download, ExportGone, ExportSink, RestoreWish, UnderWay, Work,
};
pub use box_settings::BoxWish;
pub use boxes::{CloneWish, Created, ImportWish, Intended, NewBox};
pub use budgets::BudgetState;
pub use bulk::{BulkState, BulkWish, NewBulkRun};
pub use changes::Changes;
pub use chat::{ChatEvent, ChatStream};
pub use clock::{Clock, SystemClock};
pub use configs::{Applies, BoxConfig, ConfigChanged, ConfigWish};
pub use costs::{BoxCost, CostQuery, CostReport, DayCost};
pub use courier::{Carried, Courier, Letter};
pub use doors::Doors;
pub use egress::{BoxEgress, EgressRules};
pub use egress_layers::PlatformEgress;
pub use entropy::{Entropy, SystemEntropy, random_token};
pub use error::{Error, FieldIssue};
pub use events::{EventQuery, REPLAY_WINDOW};
pub use exec::{
    CommandEvent, CommandInput, CommandKept, CommandOutput, CommandRunner, CommandSession, NewCommand,
    NewExec,
};
pub use explain::Why;
pub use files::{FILE_BYTES_MAX, FileSearch, FileWriting, Looked, PAGE_ENTRIES_MAX, Thrown};
pub use fleet::{FleetQuery, FleetSummary};
pub use fleet_view::{BoxState, FleetView, phase_of, stage_of};
pub use foreign::{ForeignIdentities, SignUp, SignUpPolicy};
pub use host::{Host, UnknownHost};
pub use idempotency::Idempotency;
pub use ingress::{Ingress, NoIngress, WorkSeen};
pub use injections::Injections;
pub use instances::{InstanceWish, NewInstance};
pub use keeping::{Acting, Keeper, KeeperTable, Keeping, Membership, PlatformParts, SeenPlatform};
pub use lease::Lease;
pub use logs::{BoxConnection, Came, LogFilter, LogLine, LogPosition, LogQuery, LogSource};
pub use loops::{
    backups::BackupLoop, bulk::BulkLoop, configs::ConfigLoop, drills::DrillLoop, janitor::Janitor,
    monitor::Monitor, news::News, reconcile::Reconciler, rollback::RollbackWatch, schedules::Scheduler,
    support::SupportLoop, trials::TrialLoop, upgrades::UpgradeLoop, webhooks::WebhookLoop,
};
pub use maintenance::{Drain, Maintenance, MaintenanceWish};
pub use messages::Asked;
pub use models::{ModelPicture, ModelProviders, ModelScopeWish, ModelShelf, ProviderWish};
pub use oidc::BegunSignIn;
pub use op::{Op, Origin};
pub use orgs::NewOrg;
pub use pairing::{PairedDevice, Showing};
pub use people::{NewPerson, PersonChange};
pub use plans::OrgPlanWish;
pub use probe::{BoxLoad, GatewayLook, LiveState};
pub use recognise::Recognised;
pub use rollouts::{NewRollout, RolloutState};
pub use room::Activity;
pub use routing::RouteChange;
pub use runtimes::{RuntimeFloor, RuntimeInfo, RuntimeInstaller, Runtimes};
pub use schedules::ScheduleWish;
pub use secrets::{GivenSecret, Whose};
pub use sign_in::{NewSession, SignInCode};
pub use sleep_policies::PolicyWish;
pub use sleep_state::SleepState;
/// How a command ended.
pub use smartbox_core::exec::ExecEnd;
/// Header of Cloudflare Access.
pub use smartbox_identity::ACCESS_HEADER;
/// What a browser brings back from an OpenID provider.
pub use smartbox_identity::Callback;
/// The request that a signed URL came with.
pub use smartbox_identity::UrlRequest;
/// Header of a device's proof, and the request that it came with.
pub use smartbox_identity::{DPOP_HEADER, ProofRequest};
/// How long what came of a command is kept.
pub use smartbox_store::EXEC_TTL;
/// Rows as the API shows them.
pub use smartbox_store::{
    AuditEvent, Backup, BackupState, BoxError, BudgetRow, BulkBox, BulkRun, ConfigVersion, Cursor,
    DeliveryState, Device, EgressRow, EgressUsage, Event, Exec, ExecOutput, InjectionRow, KeptSecret,
    KeyRotation, LayerRow, MESSAGE_TTL, Message, MessageEnd, ModelCall, ModelProvider, ModelRulesRow,
    ModelSum, NewPlan, Operation, Org, OrgPlan, OrgStanding, Outcome, Page, PlanRow, RestoreFrom, Rollout,
    RolloutBox, RoutingRow, Schedule, ScheduleAction, ServiceToken, Session, Smartbox, SupportSession,
    UsageRow, User, WakeHold, Webhook, WebhookDelivery,
};
pub use spec::{AgentRuntime, CRASHES_MAX, Ingredients, Trust, render_files};
pub use spend::{ModelSpent, Reservation, SpendRefused};
pub use support::{NewSupport, OpenedSupport, SUPPORT_PREFIX, SupportQuery};
pub use tickets::{MadeTicket, TICKET_PREFIX, TicketFor};
pub use tiers::TierWish;
pub use tokens::{MadeToken, NewToken, TOKEN_PREFIX};
pub use usage::{PlanState, UsageReport};
pub use vigil::Vigil;
pub use webhooks::{MadeWebhook, WebhookWish};

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use smartbox_core::capacity::HostLimits;
use smartbox_core::config_change::ConfigTimes;
use smartbox_core::routing::{OwnAddress, RoutingFlags};
use smartbox_core::upgrade::UpgradeTimes;
use smartbox_core::{Thresholds, Tie};
use smartbox_provider::{Files, Link, Provider};
use smartbox_store::Store;
use tokio::sync::{broadcast, watch};

/// Everything the use-cases and loops work with. Cheap to clone.
#[derive(Clone)]
pub struct Control {
    inner: Arc<Inner>,
}

/// What [`Control`] is made of.
pub struct Parts {
    /// The database.
    pub store: Store,
    /// Where boxes run.
    pub provider: Arc<dyn Provider>,
    /// How they are reached.
    pub link: Arc<dyn Link>,
    /// Their files.
    pub files: Arc<dyn Files>,
    /// The platform's services inside the boxes.
    pub doors: Arc<dyn Doors>,
    /// How people reach them.
    pub ingress: Arc<dyn Ingress>,
    /// What backups of them are made with.
    pub backups: BackupParts,
    /// Who carries webhooks.
    pub courier: Arc<dyn Courier>,
    /// When boxes fall asleep about which nothing else was decided.
    pub sleep: Thresholds,
    /// The machine on which boxes run.
    pub host: Arc<dyn Host>,
    /// Clocks.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// How the agent runtime is configured.
    pub runtime: AgentRuntime,
    /// The versions of it on this machine.
    pub runtimes: Arc<dyn Runtimes>,
    /// The platform's admin secret.
    pub admin_secret: AdminSecret,
    /// Who else may say who somebody is.
    pub foreign: ForeignIdentities,
    /// Where the platform is reached: no route may lead back to it.
    pub own_address: OwnAddress,
    /// Bounds and times.
    pub limits: Limits,
}

/// Bounds and times of the use-cases and loops.
#[derive(Clone, Debug)]
pub struct Limits {
    /// How long a deleted box can be brought back.
    pub delete_grace: Duration,
    /// How long a gateway may take to finish its work before it is stopped by force.
    pub stop_grace: Duration,
    /// How long a chat or a command waits for its box.
    pub ready_wait: Duration,
    /// How long a browser stays signed in.
    pub session_ttl: Duration,
    /// How long a sign-in link works.
    pub sign_in_ttl: Duration,
    /// How long a box that was asked to sleep may take to end what it does.
    pub sleep_patience: Duration,
    /// Between two looks at what it does. A gateway answers 30 such questions a minute.
    pub sleep_poll: Duration,
    /// Boxes that are changed at the same time.
    pub reconcile_width: usize,
    /// A full pass is made at least this often.
    pub reconcile_period: Duration,
    /// What the host keeps for itself.
    pub host: HostLimits,
    /// Whether the default box of an org is woken when one of its people signs in.
    pub prewarm_on_sign_in: bool,
    /// Schedules of the same minute are spread over this time.
    pub schedule_stagger: Duration,
    /// Between two looks at what boxes use and may use.
    pub monitor_interval: Duration,
    /// When backups are made, and which are kept.
    pub backups: BackupPolicy,
    /// The oldest version of the agent runtime that boxes may run.
    pub runtime_floor: RuntimeFloor,
    /// How long the stages of an upgrade may take.
    pub upgrade: UpgradeTimes,
    /// How long the stages of a change of configuration may take.
    pub config: ConfigTimes,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            delete_grace: Duration::from_hours(24),
            stop_grace: Duration::from_secs(30),
            ready_wait: Duration::from_mins(3),
            session_ttl: Duration::from_hours(30 * 24),
            sign_in_ttl: Duration::from_mins(15),
            sleep_patience: Duration::from_mins(5),
            sleep_poll: Duration::from_millis(2500),
            reconcile_width: 4,
            reconcile_period: Duration::from_secs(5),
            host: HostLimits::default(),
            prewarm_on_sign_in: false,
            schedule_stagger: Duration::ZERO,
            monitor_interval: Duration::from_mins(1),
            backups: BackupPolicy::default(),
            runtime_floor: RuntimeFloor::default(),
            upgrade: UpgradeTimes::default(),
            config: ConfigTimes::default(),
        }
    }
}

pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) provider: Arc<dyn Provider>,
    pub(crate) link: Arc<dyn Link>,
    pub(crate) doors: Arc<dyn Doors>,
    pub(crate) ingress: Arc<dyn Ingress>,
    pub(crate) backups: backups::Backups,
    pub(crate) courier: Arc<dyn Courier>,
    pub(crate) uses: Arc<uses::Uses>,
    pub(crate) execs: exec::Execs,
    pub(crate) files: files::FileWork,
    pub(crate) resting: gateway::Resting,
    pub(crate) vigils: vigil::Vigils,
    pub(crate) looks: probe::Looks,
    pub(crate) waiting: messages::Waiting,
    pub(crate) sleep: Thresholds,
    pub(crate) host: Arc<dyn Host>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) runtime: AgentRuntime,
    pub(crate) runtimes: Arc<dyn Runtimes>,
    pub(crate) installs: runtimes::Installs,
    pub(crate) sealed: sealed::Sealed,
    pub(crate) admin_secret: AdminSecret,
    pub(crate) limits: Limits,
    pub(crate) changes: Changes,
    pub(crate) fleet: watch::Sender<Arc<FleetView>>,
    pub(crate) ssh: ssh::Connections,
    pub(crate) sessions: credential_cache::CredentialCache,
    pub(crate) last_pass: readiness::LastPass,
    pub(crate) foreign: ForeignIdentities,
    pub(crate) burnt: burnt::Burnt,
    pub(crate) pending_sign_ins: oidc::PendingSignIns,
    pub(crate) revocations: revocations::Revocations,
    pub(crate) routing: watch::Sender<Arc<RoutingFlags>>,
    pub(crate) egress: watch::Sender<Arc<EgressRules>>,
    pub(crate) egress_publishing: tokio::sync::Mutex<()>,
    pub(crate) models: watch::Sender<Arc<ModelPicture>>,
    pub(crate) models_publishing: tokio::sync::Mutex<()>,
    pub(crate) allowances: watch::Sender<Arc<Allowances>>,
    pub(crate) allowances_publishing: tokio::sync::Mutex<()>,
    pub(crate) spending: spend::Spending,
    pub(crate) key_rotation: tokio::sync::Mutex<()>,
    pub(crate) totals: numbers::Totals,
    pub(crate) own_address: OwnAddress,
    pub(crate) attempts: attempts::Attempts,
    pub(crate) passwords: smartbox_identity::PasswordPool,
    /// Unset where this platform keeps every box.
    pub(crate) keeping: OnceLock<Keeping>,
    pub(crate) news: news::Own,
}

impl Control {
    /// Puts the parts together. Nothing runs until the loops are started.
    pub fn new(parts: Parts) -> Self {
        let ssh = ssh::Connections::new(Arc::clone(&parts.link));
        Self {
            inner: Arc::new(Inner {
                store: parts.store,
                provider: parts.provider,
                link: parts.link,
                doors: parts.doors,
                ingress: parts.ingress,
                backups: backups::Backups::new(parts.backups),
                courier: parts.courier,
                uses: Arc::new(uses::Uses::new(Arc::clone(&parts.clock))),
                execs: exec::Execs::default(),
                files: files::FileWork::new(parts.files),
                resting: gateway::Resting::default(),
                vigils: vigil::Vigils::default(),
                looks: probe::Looks::default(),
                waiting: messages::Waiting::default(),
                sleep: parts.sleep,
                host: parts.host,
                clock: parts.clock,
                entropy: parts.entropy,
                runtime: parts.runtime,
                runtimes: parts.runtimes,
                installs: runtimes::Installs::default(),
                sealed: sealed::Sealed::default(),
                admin_secret: parts.admin_secret,
                limits: parts.limits,
                changes: Changes::default(),
                fleet: watch::Sender::new(Arc::default()),
                ssh,
                sessions: credential_cache::CredentialCache::default(),
                last_pass: readiness::LastPass::default(),
                foreign: parts.foreign,
                burnt: burnt::Burnt::default(),
                pending_sign_ins: oidc::PendingSignIns::default(),
                revocations: revocations::Revocations::default(),
                routing: watch::Sender::new(Arc::default()),
                egress: watch::Sender::new(Arc::default()),
                egress_publishing: tokio::sync::Mutex::default(),
                models: watch::Sender::new(Arc::default()),
                models_publishing: tokio::sync::Mutex::default(),
                allowances: watch::Sender::new(Arc::default()),
                allowances_publishing: tokio::sync::Mutex::default(),
                spending: spend::Spending::default(),
                key_rotation: tokio::sync::Mutex::default(),
                totals: numbers::Totals::default(),
                own_address: parts.own_address,
                attempts: attempts::Attempts::default(),
                passwords: passwords::pool(),
                keeping: OnceLock::new(),
                news: news::Own::default(),
            }),
        }
    }

    /// What every box is and does, as last published by the reconcile loop. The data plane reads this.
    pub fn fleet(&self) -> watch::Receiver<Arc<FleetView>> {
        self.inner.fleet.subscribe()
    }

    /// Rights that end from now on. Whoever holds live connections follows this.
    pub fn revocations(&self) -> broadcast::Receiver<Tie> {
        self.inner.revocations.follow()
    }

    /// Where random bytes come from.
    pub fn entropy(&self) -> Arc<dyn Entropy> {
        Arc::clone(&self.inner.entropy)
    }

    /// The wall clock.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.inner.clock)
    }
}
