//! `smartbox file …`: files of a box, whether it runs or not.

mod cat;
mod copy;
mod empty_trash;
mod find;
mod get;
mod list;
mod mkdir;
mod moving;
mod put;
mod remove;

use std::str::FromStr;

use clap::{Args, Subcommand};
use smartbox_api::FileView;

use super::BoxFlag;
use crate::Outcome;
use crate::client::Client;
use crate::console::Console;
use crate::table::cell;

/// Where programs of a box find the agent's home.
const HOME: &str = "/home/agent";
/// Longest name that is shown, in characters.
const NAME_CHARS_MAX: usize = 200;

/// Commands about files of a box. Paths are below the agent's home; a box that sleeps goes on sleeping.
#[derive(Debug, Subcommand)]
pub enum FileCommand {
    /// List a directory
    #[command(visible_alias = "ls")]
    List(list::ListArgs),
    /// Print files
    Cat(cat::CatArgs),
    /// Download a file
    Get(get::GetArgs),
    /// Upload a file
    Put(put::PutArgs),
    /// Make a directory
    Mkdir(mkdir::MkdirArgs),
    /// Move or rename a file or directory
    #[command(visible_alias = "mv")]
    Move(moving::MoveArgs),
    /// Copy a file or directory
    #[command(visible_alias = "cp")]
    Copy(copy::CopyArgs),
    /// Throw files or directories away
    #[command(visible_alias = "rm")]
    Remove(remove::RemoveArgs),
    /// Find files by their names and by what is in them
    Find(find::FindArgs),
    /// Remove everything in the trash for good
    EmptyTrash(empty_trash::EmptyTrashArgs),
}

/// Carries one out.
pub(super) async fn run(client: &Client, command: FileCommand, console: &mut Console) -> Outcome {
    match command {
        FileCommand::List(args) => list::run(client, &args, console).await,
        FileCommand::Cat(args) => cat::run(client, &args, console).await,
        FileCommand::Get(args) => get::run(client, &args, console).await,
        FileCommand::Put(args) => put::run(client, args, console).await,
        FileCommand::Mkdir(args) => mkdir::run(client, &args, console).await,
        FileCommand::Move(args) => moving::run(client, &args, console).await,
        FileCommand::Copy(args) => copy::run(client, &args, console).await,
        FileCommand::Remove(args) => remove::run(client, &args, console).await,
        FileCommand::Find(args) => find::run(client, &args, console).await,
        FileCommand::EmptyTrash(args) => empty_trash::run(client, &args, console).await,
    }
}

/// A path below the agent's home. What leads anywhere else is refused before anything is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct BoxPath(String);

impl FromStr for BoxPath {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let below = match text.strip_prefix(HOME) {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => rest.trim_start_matches('/'),
            _ => text.strip_prefix("~/").unwrap_or(if text == "~" { "" } else { text }),
        };
        let below = below.strip_suffix('/').unwrap_or(below);
        if below.is_empty() {
            return Ok(Self::default());
        }
        if below.split('/').any(|name| matches!(name, "" | "." | "..") || name.contains('\0')) {
            return Err("write it as a path below the agent's home, such as workspace/notes.md");
        }
        Ok(Self(below.to_owned()))
    }
}

impl BoxPath {
    fn is_home(&self) -> bool {
        self.0.is_empty()
    }

    fn as_str(&self) -> &str {
        &self.0
    }

    /// The last name.
    fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// What has this name in it.
    fn join(&self, name: &str) -> Self {
        if self.is_home() { Self(name.to_owned()) } else { Self(format!("{}/{name}", self.0)) }
    }

    /// Segments of the address of what lies there.
    fn route<'a>(&'a self, reference: &'a str) -> Vec<&'a str> {
        let mut route = vec!["boxes", reference, "files"];
        if !self.is_home() {
            route.extend(self.0.split('/'));
        }
        route
    }
}

/// The path that something gets, and what may be in the way.
#[derive(Debug, Args)]
struct Ways {
    /// What is moved or copied
    #[arg(value_name = "FROM")]
    from: BoxPath,
    /// The path that it gets
    #[arg(value_name = "TO")]
    to: BoxPath,
    /// Replace a file that has the path
    #[arg(long)]
    replace: bool,
    /// Make the directories on the way
    #[arg(long, short)]
    parents: bool,
    #[command(flatten)]
    smartbox: BoxFlag,
}

impl Ways {
    fn body(&self) -> smartbox_api::MoveFile {
        smartbox_api::MoveFile {
            from: self.from.0.clone(),
            to: self.to.0.clone(),
            replace: self.replace,
            parents: self.parents,
        }
    }
}

/// A name as it is shown: with a mark for what it is.
fn shown_name(file: &FileView) -> String {
    let name = cell(&file.name, NAME_CHARS_MAX);
    match (file.kind.as_str(), &file.target) {
        ("directory", _) => format!("{name}/"),
        ("link", Some(target)) => format!("{name} -> {}", cell(target, NAME_CHARS_MAX)),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_below_the_home_however_they_are_written() {
        for (text, path) in [
            ("workspace/a b", "workspace/a b"),
            ("/home/agent/workspace", "workspace"),
            ("~/workspace/", "workspace"),
            ("~", ""),
            ("/home/agent", ""),
            ("", ""),
            ("..a/...", "..a/..."),
        ] {
            assert_eq!(text.parse(), Ok(BoxPath(path.to_owned())), "{text}");
        }
        for text in ["/etc/passwd", "../x", "a/../b", "a//b", "./a", "/home/agentx"] {
            assert!(text.parse::<BoxPath>().is_err(), "{text}");
        }
    }
}
