//! `smartbox user …`.

mod add;
mod list;
mod password;
mod remove;
mod set;
mod show;

use clap::Subcommand;
use clap::builder::PossibleValuesParser;
use smartbox_core::Role;

use crate::Outcome;
use crate::args::UserReference;
use crate::client::Client;
use crate::console::Console;

/// Commands about users, the people of an org.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Add a person to an org; their id is printed
    Add(add::AddArgs),
    /// List the people of an org
    List(list::ListArgs),
    /// Show a person
    Show(UserArgument),
    /// Change what a person may do
    Set(set::SetArgs),
    /// Let a person in no more, and end every connection of theirs; nothing of theirs is deleted
    Freeze(UserArgument),
    /// Let a frozen person in again
    Thaw(UserArgument),
    /// Remove a person
    Remove(remove::RemoveArgs),
    /// Set a password, your own if nobody is named; it is asked for on the terminal
    Password(password::PasswordArgs),
}

/// Carries out a command about users.
pub(super) async fn run(client: &Client, command: UserCommand, console: &mut Console) -> Outcome {
    match command {
        UserCommand::Add(args) => add::run(client, args, console).await,
        UserCommand::List(args) => list::run(client, &args, console).await,
        UserCommand::Show(user) => show::run(client, &user.user, console).await,
        UserCommand::Set(args) => set::run(client, args, console).await,
        UserCommand::Freeze(user) => set::status(client, &user.user, "frozen", console).await,
        UserCommand::Thaw(user) => set::status(client, &user.user, "active", console).await,
        UserCommand::Remove(args) => remove::run(client, &args, console).await,
        UserCommand::Password(args) => password::run(client, &args, console).await,
    }
}

/// The person an argument names.
#[derive(Debug, clap::Args)]
pub struct UserArgument {
    /// Name or id of the person, or `me`
    #[arg(value_name = "USER")]
    user: UserReference,
}

/// Accepts the names of roles.
fn roles() -> PossibleValuesParser {
    PossibleValuesParser::new(Role::ALL.map(Role::as_str))
}
