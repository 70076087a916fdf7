//! The verbs that talk to the platform: one file each, with its flags and what it does.

mod audit;
pub(crate) mod backup;
mod boxes;
mod budget;
mod bulk;
mod chat;
mod command;
mod completion;
mod device;
mod egress;
mod events;
mod exec;
mod file;
mod fleet;
mod link;
mod logs;
mod maintenance;
mod mcp;
mod model;
mod open;
mod operation;
mod org;
mod plan;
mod platform;
mod rollout;
mod route;
mod runtime;
mod schedule;
mod secret;
mod session;
mod size;
mod support;
mod tier;
mod token;
mod usage;
mod user;
mod version;
mod webhook;
mod whoami;
mod why;

pub(crate) use size::size;

use clap::Subcommand;

use crate::Outcome;
use crate::args::{BoxReference, GlobalArgs};
use crate::client::Client;
use crate::console::Console;
use crate::exit::{self, Exit};
use crate::failure::Failure;
use crate::platform::Platform;

/// A command that talks to a running platform.
#[derive(Debug, Subcommand)]
pub enum ClientCommand {
    /// Create, list, start, stop and delete boxes
    #[command(subcommand, name = "box")]
    Boxes(boxes::BoxCommand),
    /// Show the fleet in numbers, and whether gateways answer
    Fleet(fleet::FleetArgs),
    /// Restart many boxes, or patch their configurations
    #[command(subcommand)]
    Bulk(bulk::BulkCommand),
    /// Let nothing new start while the platform is being worked on
    #[command(subcommand)]
    Maintenance(maintenance::MaintenanceCommand),
    /// Say why a box is awake or asleep, what wakes it, and what it is waiting for
    Why(why::WhyArgs),
    /// Create, list and change orgs; hold their boxes back
    #[command(subcommand)]
    Org(org::OrgCommand),
    /// Add, list, change and remove people
    #[command(subcommand)]
    User(user::UserCommand),
    /// Create, list and revoke service tokens, the credentials of programs
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// List and end sessions: browsers that are signed in
    #[command(subcommand)]
    Session(session::SessionCommand),
    /// Act in the name of a person to help them, for a while; see and end such access in yours
    #[command(subcommand)]
    Support(support::SupportCommand),
    /// Pair this program as your device; list, approve and revoke devices
    #[command(subcommand)]
    Device(device::DeviceCommand),
    /// Show and change what a box may reach, or all boxes of an org, of a tier, or of the platform
    #[command(subcommand)]
    Egress(egress::EgressCommand),
    /// Say who serves models to boxes, with which keys; show what was asked of them
    #[command(subcommand)]
    Model(model::ModelCommand),
    /// Show what boxes and orgs have used, and how they stand with their plan
    Usage(usage::UsageArgs),
    /// Show and change what a box or an org may spend
    #[command(subcommand)]
    Budget(budget::BudgetCommand),
    /// List and change plans: what an org may use in a month, and what more costs
    #[command(subcommand)]
    Plan(plan::PlanCommand),
    /// Set, list and remove secrets, and say into which requests they are put
    #[command(subcommand)]
    Secret(secret::SecretCommand),
    /// Back boxes up, look at their backups, and go back to one
    #[command(subcommand)]
    Backup(backup::BackupCommand),
    /// Export the audit log, and check that nobody changed it
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Print what happens, as it happens
    Events(events::EventsArgs),
    /// Send what happens to addresses of yours, signed
    #[command(subcommand)]
    Webhook(webhook::WebhookCommand),
    /// Move callers of the admin API and of boxes to another server step by step, and back
    #[command(subcommand)]
    Route(route::RouteCommand),
    /// List platforms that share a database
    #[command(subcommand)]
    Platform(platform::PlatformCommand),
    /// Wake boxes, and say things to their agents, by the clock
    #[command(subcommand)]
    Schedule(schedule::ScheduleCommand),
    /// List the sizes a box can have; change when boxes of a size sleep
    #[command(subcommand)]
    Tier(tier::TierCommand),
    /// Upgrade the agent runtime of many boxes, in waves
    #[command(subcommand)]
    Rollout(rollout::RolloutCommand),
    /// List, install and remove versions of the agent runtime
    #[command(subcommand)]
    Runtime(runtime::RuntimeCommand),
    /// Talk to a box's agent; the answer is printed as it comes
    Chat(chat::ChatArgs),
    /// Run a command in a box; its exit code becomes ours
    Exec(exec::ExecArgs),
    /// Look at commands that run by themselves in a box, and end them
    #[command(subcommand)]
    Command(command::CommandCommand),
    /// List, read, write, move and remove files of a box, whether it runs or not
    #[command(subcommand)]
    File(file::FileCommand),
    /// Look at changes of boxes that take a while, and take them back
    #[command(subcommand)]
    Operation(operation::OperationCommand),
    /// Print a box's log
    Logs(logs::LogsArgs),
    /// Open the platform in a browser, signed in
    Open(open::OpenArgs),
    /// Serve the platform's tools to a program that speaks the Model Context Protocol over standard input and output
    Mcp,
    /// Show who you are to the platform, and what you may do
    Whoami,
    /// Print a completion script for a shell
    Completion(completion::CompletionArgs),
    /// Print the version of this program and of the platform
    Version,
    /// Print the exit codes
    #[command(hide = true, long_about = exit::HELP)]
    ExitCodes,
}

/// Which box a command is about.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct BoxFlag {
    /// Name or id of the box; your default box if left out
    #[arg(long = "box", short = 'b', value_name = "BOX")]
    reference: Option<BoxReference>,
}

impl BoxFlag {
    fn reference(&self) -> BoxReference {
        self.reference.clone().unwrap_or_default()
    }
}

/// Carries out a command.
pub(crate) async fn run(global: &GlobalArgs, command: ClientCommand, console: &mut Console) -> Outcome {
    match command {
        ClientCommand::Boxes(command) => boxes::run(&connect(global, console).await?, command, console).await,
        ClientCommand::Fleet(args) => fleet::run(&connect(global, console).await?, &args, console).await,
        ClientCommand::Bulk(command) => bulk::run(&connect(global, console).await?, command, console).await,
        ClientCommand::Maintenance(command) => {
            maintenance::run(&connect(global, console).await?, command, console).await
        }
        ClientCommand::Why(args) => why::run(&connect(global, console).await?, &args, console).await,
        ClientCommand::Org(command) => org::run(&connect(global, console).await?, command, console).await,
        ClientCommand::User(command) => user::run(&connect(global, console).await?, command, console).await,
        ClientCommand::Token(command) => token::run(&connect(global, console).await?, command, console).await,
        ClientCommand::Session(what) => session::run(&connect(global, console).await?, &what, console).await,
        ClientCommand::Support(what) => support::run(&connect(global, console).await?, what, console).await,
        ClientCommand::Route(command) => route::run(&connect(global, console).await?, command, console).await,
        ClientCommand::Schedule(command) => {
            schedule::run(&connect(global, console).await?, command, console).await
        }
        ClientCommand::Device(command) => {
            device::run(global, connect(global, console).await?, command, console).await
        }
        ClientCommand::Egress(command) => {
            egress::run(&connect(global, console).await?, command, console).await
        }
        ClientCommand::Model(command) => model::run(&connect(global, console).await?, command, console).await,
        ClientCommand::Usage(args) => usage::run(&connect(global, console).await?, &args, console).await,
        ClientCommand::Budget(command) => {
            budget::run(&connect(global, console).await?, command, console).await
        }
        ClientCommand::Plan(command) => plan::run(&connect(global, console).await?, command, console).await,
        ClientCommand::Secret(command) => {
            secret::run(&connect(global, console).await?, command, console).await
        }
        ClientCommand::Backup(command) => {
            backup::run(&connect(global, console).await?, command, console).await
        }
        ClientCommand::Audit(command) => audit::run(global, command, console).await,
        ClientCommand::Events(args) => events::run(&connect(global, console).await?, &args, console).await,
        ClientCommand::Webhook(command) => {
            webhook::run(&connect(global, console).await?, command, console).await
        }
        ClientCommand::Whoami => whoami::run(&connect(global, console).await?, console).await,
        ClientCommand::Platform(command) => {
            platform::run(&connect(global, console).await?, command, console).await
        }
        ClientCommand::Tier(command) => tier::run(&connect(global, console).await?, command, console).await,
        ClientCommand::Rollout(command) => {
            rollout::run(&connect(global, console).await?, command, console).await
        }
        ClientCommand::Runtime(command) => {
            runtime::run(&connect(global, console).await?, command, console).await
        }
        ClientCommand::Chat(args) => chat::run(&connect(global, console).await?, args, console).await,
        ClientCommand::Exec(args) => exec::run(&connect(global, console).await?, args, console).await,
        ClientCommand::Command(command) => {
            command::run(&connect(global, console).await?, &command, console).await
        }
        ClientCommand::File(command) => file::run(&connect(global, console).await?, command, console).await,
        ClientCommand::Logs(args) => logs::run(&connect(global, console).await?, &args, console).await,
        ClientCommand::Operation(command) => {
            operation::run(&connect(global, console).await?, command, console).await
        }
        ClientCommand::Open(args) => open::run(&connect(global, console).await?, &args, console).await,
        ClientCommand::Mcp => mcp::run(&connect(global, console).await?, console).await,
        ClientCommand::Completion(args) => completion::run(&args, console).await,
        ClientCommand::Version => version::run(global, console).await,
        ClientCommand::ExitCodes => console.text(exit::HELP).await.map(|()| Exit::Success),
    }
}

/// Finds the platform; nothing is sent yet.
async fn connect(global: &GlobalArgs, console: &mut Console) -> Result<Client, Failure> {
    let platform = Platform::find(global)?;
    for warning in &platform.warnings {
        console.warn(warning).await;
    }
    let client = Client::new(platform)?;
    // A device is a person's: the tokens of programs go without one, and need no key.
    let device = if client.is_of_person() { global.device_file() } else { None };
    match device.map(|file| file.read()).transpose()?.flatten() {
        Some(device) => Ok(client.with_device(device)),
        None => Ok(client),
    }
}
