//! The command line: every flag and verb, in the order the help shows them.

mod amount;
mod policy;
mod program;
mod values;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::builder::{OsStringValueParser, TypedValueParser as _};
use clap::{Args, Parser, Subcommand};
use secrecy::{ExposeSecret as _, SecretString};

pub(crate) use amount::{Amount, Limit, Rate, dollars, money};
pub(crate) use policy::{PolicyFlags, one, told};
pub use program::{DoctorArgs, SetupArgs, UpArgs};
pub(crate) use values::{BoxReference, UserReference, duration, label};

use crate::device::DeviceFile;
use crate::verb::ClientCommand;
use crate::verb::backup::{BackupCommand, PlatformCommand, PlatformRestoreArgs};

/// Self-hosted home for always-on AI agents.
#[derive(Debug, Parser)]
#[command(name = "smartbox", version, max_term_width = 100, disable_help_subcommand = false)]
#[command(
    after_help = "Run `smartbox help <command>` for more about a command, and `smartbox help exit-codes` for \
    the exit codes."
)]
pub struct Cli {
    /// Flags of every command.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program is asked to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the platform here, until Ctrl-C
    Up(UpArgs),
    /// Install what boxes need: runtime and box image
    Setup(SetupArgs),
    /// Check this machine, and say how to repair what is missing
    Doctor(DoctorArgs),
    /// A command that talks to a running platform.
    #[command(flatten)]
    Client(ClientCommand),
}

impl Command {
    /// What to do with the platform's own database, if that is what is asked for: without a running platform.
    pub fn platform_restore(&self) -> Option<&PlatformRestoreArgs> {
        match self {
            Self::Client(ClientCommand::Backup(BackupCommand::Platform(PlatformCommand::Restore(args)))) => {
                Some(args)
            }
            _ => None,
        }
    }
}

/// Flags of every command.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Address of the platform; found in the data directory if it runs on this machine
    #[arg(long, global = true, env = "SMARTBOX_SERVER", hide_env_values = true, value_name = "URL")]
    pub server: Option<String>,
    /// Service token, a person's JWT or admin secret; other users can see a command line, so prefer the variable
    #[arg(
        long,
        global = true,
        env = "SMARTBOX_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN",
        value_parser = secret
    )]
    pub token: Option<SecretString>,
    /// Data directory of the platform; ./.smartbox if it is there, else /var/lib/smartbox
    #[arg(
        long,
        global = true,
        env = "SMARTBOX_DATA_DIR",
        hide_env_values = true,
        value_name = "DIR",
        value_parser = OsStringValueParser::new().map(PathBuf::from)
    )]
    pub data_dir: Option<PathBuf>,
    /// Print data as JSON, streams as one document a line, and errors too
    #[arg(long, global = true)]
    pub json: bool,
    /// Say nothing but warnings and errors
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// No colours; also when the variable is set to anything
    #[arg(
        long,
        global = true,
        env = "NO_COLOR",
        hide_env_values = true,
        num_args = 0,
        default_missing_value = "1",
        value_name = "SET"
    )]
    pub no_color: Option<OsString>,
    /// Who called sudo: the platform gives its files to that user.
    #[arg(long, global = true, hide = true, env = "SUDO_UID")]
    pub sudo_uid: Option<OsString>,
    /// The user's configuration directory, for the key of this device.
    #[arg(
        long,
        global = true,
        hide = true,
        env = "XDG_CONFIG_HOME",
        hide_env_values = true,
        value_name = "DIR"
    )]
    pub xdg_config_home: Option<OsString>,
    /// The user's home directory, for the same.
    #[arg(long, global = true, hide = true, env = "HOME", hide_env_values = true, value_name = "DIR")]
    pub user_home: Option<OsString>,
}

impl GlobalArgs {
    /// The server that was named; an empty variable names none.
    pub(crate) fn server(&self) -> Option<&str> {
        self.server.as_deref().filter(|server| !server.is_empty())
    }

    /// The token that was given.
    pub(crate) fn token(&self) -> Option<&SecretString> {
        self.token.as_ref().filter(|token| !token.expose_secret().is_empty())
    }

    /// The data directory that was named.
    pub fn data_dir(&self) -> Option<&Path> {
        self.data_dir.as_deref().filter(|dir| !dir.as_os_str().is_empty())
    }

    /// The user behind sudo.
    pub(crate) fn sudo_uid(&self) -> Option<u32> {
        self.sudo_uid.as_ref()?.to_str()?.parse().ok()
    }

    /// Where the key of this device is kept, if the user has a place for it.
    pub(crate) fn device_file(&self) -> Option<DeviceFile> {
        DeviceFile::of_user(self.xdg_config_home.as_deref(), self.user_home.as_deref())
    }

    /// Whether colours are unwanted (<https://no-color.org>: set and not empty).
    pub(crate) fn is_plain(&self) -> bool {
        self.no_color.as_ref().is_some_and(|value| !value.is_empty())
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the shape clap asks of a value parser")]
fn secret(text: &str) -> Result<SecretString, std::convert::Infallible> {
    Ok(SecretString::from(text))
}

/// Parses the process's command line. Prints help, or what is wrong with it, and ends the process if there is
/// nothing to run.
pub fn parse() -> Cli {
    Cli::parse()
}

/// Parses a command line; the first word is the program's name.
///
/// # Errors
/// Help, version, or what is wrong with the command line.
pub fn parse_from(words: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(words)
}

/// The whole command, for completion scripts and documents.
pub fn command() -> clap::Command {
    <Cli as clap::CommandFactory>::command()
}
