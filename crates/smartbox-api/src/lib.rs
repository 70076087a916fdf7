//! Wire types of the HTTP API: what goes in, what comes out, and the problem document.
//!
//! These types are the contract of `openapi.json`. They know nothing of storage or of decisions; conversions from
//! the domain stand beside the handlers.

mod audit;
mod backup_policy;
mod backups;
mod boxes;
mod budgets;
mod configs;
mod costs;
mod debug;
mod devices;
mod egress;
mod events;
mod exec;
mod files;
mod fleet;
mod logs;
mod messages;
mod models;
mod operations;
mod orgs;
mod page;
mod plans;
mod platforms;
mod problem;
mod routes;
mod runtimes;
mod schedules;
mod secrets;
mod seed_admin;
mod seed_agents;
mod seed_devices;
mod seed_instances;
mod seed_storage;
mod seed_super;
mod seeds;
mod sessions;
mod sign_in;
mod sleep;
mod status;
mod support;
mod tickets;
mod tokens;
mod usage;
mod users;
mod webhooks;
mod why;

pub use audit::{AuditLine, AuditList};
pub use backup_policy::{BackupPolicyView, BackupRuleView, BackupRules};
pub use backups::{
    BackupKey, BackupList, BackupStateView, BackupView, BackupWorkView, DownloadQuery, RestoreBackup,
};
pub use boxes::{
    BoxErrorView, BoxList, BoxView, BreakerView, ChannelsWord, CloneBox, CreateBox, CreatedBox, ImportQuery,
    Launched, SetChannels, TierList, TierView,
};
pub use budgets::{BudgetBound, BudgetCaps, BudgetView, SetBudget};
pub use configs::{ConfigChangeView, ConfigHistory, ConfigVersionView, ConfigView, RollBackConfig};
pub use costs::{BoxCostView, CostQuery, CostView, DayCostView, ServiceCostView};
pub use debug::{DebugEdge, DebugLog, DebugProcess, DebugRoute, DebugTask, DebugTasks, SetDebugLog};
pub use devices::{DeviceList, DeviceQuery, DeviceView, PairDevice};
pub use egress::{EgressLayerView, EgressView, SetEgress};
pub use events::{EVENT_SCHEMA, EventList, EventMessage, EventView, EventsQuery};
pub use exec::{
    EXEC_CHANNEL_CONTROL, EXEC_CHANNEL_STDERR, EXEC_CHANNEL_STDIN, EXEC_CHANNEL_STDOUT, ExecList,
    ExecOutcome, ExecQuery, ExecRequest, ExecResult, ExecSignal, ExecStreamControl, ExecStreamStart,
    ExecView, StartExec, TtySize,
};
pub use files::{
    DeleteFileQuery, FileBatch, FileBatchOp, FileBatchResult, FileBatchResults, FileHit, FileList,
    FileOrList, FileQuery, FileSearchRequest, FileSearchResult, FileText, FileView, MakeDirectory, MoveFile,
    PutFileQuery, RemovedFile, TrashEmptied,
};
pub use fleet::{
    BulkActionWord, BulkBoxView, BulkRunList, BulkRunView, CreateBulkRun, FleetBoxView, FleetQuery,
    FleetSummaryView, GatewayLookView, LiveStateView, MaintenanceView, SetMaintenance,
};
pub use logs::LogsQuery;
pub use messages::{AgentSessionList, AgentSessionView, MessageEvent, MessageView, SendMessage};
pub use models::{
    ModelCallList, ModelCallView, ModelRulesView, ModelScopeQuery, ProviderList, ProviderModel,
    ProviderPrice, ProviderView, SetModelRules, SetProvider,
};
pub use operations::{OperationQuery, OperationView};
pub use orgs::{CreateOrg, HoldList, HoldOrg, HoldView, OrgList, OrgView, UpdateOrg};
pub use page::{ListQuery, PageQuery};
pub use plans::{CreatePlan, PlanLimits, PlanList, PlanRates, PlanStateView, PlanView, SetPlan};
pub use platforms::{PlatformList, PlatformView};
pub use problem::{FieldError, PROBLEM_CONTENT_TYPE, Problem};
pub use routes::{RolledBackView, RouteList, RouteView, UpdateRoute};
pub use runtimes::{
    CreateRollout, InstallRuntime, RolloutBoxView, RolloutList, RolloutView, RuntimeList, RuntimeView,
    UpgradeBox,
};
pub use schedules::{
    CreateSchedule, MessageAction, ScheduleList, ScheduleRunView, ScheduleView, UpdateSchedule, WakeAction,
};
pub use secrets::{InjectionsView, KeyRotationView, SecretList, SecretView, SetInjections, SetSecret};
pub use seed_admin::{
    SeedAdminUser, SeedChangeVpsConfig, SeedCleanup, SeedCreateVpsConfig, SeedSetPlan, SeedSetRole,
    SeedSetStatus, SeedVpsConfig,
};
pub use seed_agents::{
    SeedAddChannel, SeedAgent, SeedAgentConfig, SeedAgentHealth, SeedChannel, SeedCreateAgent, SeedMe,
    SeedPageQuery, SeedPlaceAgent, SeedVps, SeedWorkspaceFile,
};
pub use seed_devices::{SeedApproved, SeedApprovedAll, SeedDevice, SeedDevices, SeedGatewayRestarted};
pub use seed_instances::{
    SeedCreateInstance, SeedInstance, SeedInstanceConfig, SeedInstanceConfigSet, SeedInstanceStatus,
    SeedSetSettings, SeedSettings, SeedUpdateInstance,
};
pub use seed_storage::{SeedAccepted, SeedBackup, SeedBackupFacts, SeedR2Status, SeedStorage, SeedSync};
pub use seed_super::{
    SeedAnswer, SeedBoxQuery, SeedBulkPatch, SeedBulkPatchResults, SeedBulkPatched, SeedBulkRestart,
    SeedBulkStarted, SeedCommand, SeedConfig, SeedConfigHistory, SeedConfigSaved, SeedConfigVersion,
    SeedCost, SeedCostCheck, SeedCostDay, SeedCostQuery, SeedCostTrend, SeedDashboard, SeedDashboardBox,
    SeedDeleted, SeedExec, SeedExecGone, SeedExecResult, SeedExecStarted, SeedExecStatus, SeedFile,
    SeedFileBatch, SeedFileContent, SeedFileOp, SeedFileResult, SeedFileResults, SeedFiles, SeedFilesQuery,
    SeedHealth, SeedLiveState, SeedLogs, SeedLogsQuery, SeedMessage, SeedRate, SeedRates, SeedReset,
    SeedRestarting, SeedRollback, SeedServiceCost, SeedSession, SeedSessions, SeedState, SeedSummary,
    SeedUser, SeedUsers, SeedWoken, SeedWrite, SeedWritten,
};
pub use seeds::{OverageBudget, SeedMeter, SeedPlan, SeedUsage, SetOverageBudget};
pub use sessions::{SessionList, SessionQuery, SessionView};
pub use sign_in::{CreateSignInLink, RedeemSignIn, SignInLink, SignedIn};
pub use sleep::{
    EffectiveSleepView, SleepBox, SleepPolicyView, SleepView, ThresholdView, UpdateBox, UpdateSleep,
    UpdateTier,
};
pub use status::{DefaultBoxStatus, Health, PlatformStatus, Readiness};
pub use support::{OpenSupport, OpenedSupport, SupportQuery, SupportSessionList, SupportSessionView};
pub use tickets::{CreateTicket, TicketView};
pub use tokens::{CreateToken, CreatedToken, TokenList, TokenView};
pub use usage::{PeriodQuery, UsageOfBox, UsageOfDay, UsageOfModel, UsageQuery, UsageSums, UsageView};
pub use users::{CreateUser, Me, OrgPageQuery, OrgQuery, SetPassword, UpdateUser, UserList, UserView};
pub use webhooks::{
    CreateWebhook, CreatedWebhook, DeliveryList, DeliveryQuery, DeliveryView, ReplayWebhook, UpdateWebhook,
    WebhookList, WebhookReplayed, WebhookView,
};
pub use why::{LastWakeView, ReasonView, WhyView};

/// Header that carries the platform's admin secret.
pub const ADMIN_SECRET_HEADER: &str = "x-admin-secret";
/// Header of answers under support access: which it is, and until when.
pub const SUPPORT_HEADER: &str = "smartbox-support";
/// What the credential of support access begins with.
pub const SUPPORT_PREFIX: &str = "sbs_";
/// Header that makes a POST repeatable.
pub const IDEMPOTENCY_KEY_HEADER: &str = "idempotency-key";
/// What every service token begins with.
pub const TOKEN_PREFIX: &str = "sbx_";
/// Cookie of a signed-in browser.
pub const SESSION_COOKIE: &str = "smartbox_session";
/// Cookie of a browser that may use one box alone: at that box's own origin, or below its path.
pub const BOX_COOKIE: &str = "smartbox_box";
/// Where a browser exchanges what it was sent with for that cookie.
pub const ENTER_PATH: &str = "/_smartbox/enter";
/// What every ticket begins with.
pub const TICKET_PREFIX: &str = "tkt_";
