//! What a session's request starts.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use super::access::Access;
use crate::daemon::launch::{Launch, TerminalSize};
use crate::exec::{ExecCommand, REQUEST_BYTES_MAX};

/// Variables that a client may set before it starts something.
const CLIENT_VARIABLES_MAX: usize = 32;
/// Longest value of one.
const CLIENT_VALUE_BYTES_MAX: usize = 4096;
/// The usual shell, and the one that is always there.
const SHELLS: [&str; 2] = ["/bin/bash", "/bin/sh"];

/// A terminal that a client has asked for.
#[derive(Clone, Debug)]
pub(crate) struct TerminalRequest {
    /// Value of `TERM`.
    pub(crate) term: String,
    /// First size.
    pub(crate) size: TerminalSize,
}

/// What a client has asked for before the start.
#[derive(Clone, Debug, Default)]
pub(crate) struct Preparation {
    /// Variables.
    env: Vec<(String, String)>,
    /// Terminal.
    pub(crate) terminal: Option<TerminalRequest>,
}

impl Preparation {
    /// Takes a variable in. Returns whether it is one that clients may set.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> bool {
        let allowed = matches!(name, "LANG" | "TERM") || name.starts_with("LC_");
        let fits =
            value.len() <= CLIENT_VALUE_BYTES_MAX && !value.contains('\0') && !name.contains(['=', '\0']);
        if !allowed || !fits || self.env.len() >= CLIENT_VARIABLES_MAX {
            return false;
        }
        self.env.push((name.to_owned(), value.to_owned()));
        true
    }
}

/// What a client wants to run.
pub(crate) enum Request<'a> {
    /// A login shell.
    Shell,
    /// The string of an `exec` request.
    Exec(&'a [u8]),
}

/// A program to start, and the dialect its client speaks.
pub(crate) struct Start {
    /// The program.
    pub(crate) launch: Launch,
    /// Whether credit is counted.
    pub(crate) counts_credit: bool,
}

/// The request cannot be understood.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadRequest {
    /// Longer than [`REQUEST_BYTES_MAX`].
    #[error("the request is longer than {REQUEST_BYTES_MAX} bytes")]
    TooLong,
    /// The platform's command is malformed.
    #[error("the command is malformed")]
    Malformed(#[source] serde_json::Error),
}

/// Makes a program out of a request.
pub(crate) fn resolve(
    access: &Access,
    preparation: &Preparation,
    request: &Request<'_>,
) -> Result<Start, BadRequest> {
    let mut env = access.env().to_vec();
    env.extend(preparation.terminal.iter().map(|terminal| ("TERM".to_owned(), terminal.term.clone())));
    env.extend(preparation.env.iter().cloned());
    let cwd = access.home().clone();
    let start = |argv: Vec<OsString>, env, cwd: PathBuf, counts_credit| Start {
        launch: Launch { argv, env, cwd },
        counts_credit,
    };
    let shell = |flag: &str| vec![shell(access).into(), OsString::from(flag)];
    let text = match request {
        Request::Shell => return Ok(start(shell("-l"), env, cwd, false)),
        Request::Exec(text) => *text,
    };
    if text.len() > REQUEST_BYTES_MAX {
        return Err(BadRequest::TooLong);
    }
    match ExecCommand::decode(text) {
        Some(Ok(command)) => {
            env.extend(command.env);
            let cwd = command.cwd.map_or(cwd, PathBuf::from);
            Ok(start(command.argv.into_iter().map(Into::into).collect(), env, cwd, true))
        }
        Some(Err(error)) => Err(BadRequest::Malformed(error)),
        None => {
            // What an ordinary client's user typed is for the shell, as with any SSH server.
            let mut argv = shell("-c");
            argv.push(OsString::from_vec(text.to_vec()));
            Ok(start(argv, env, cwd, false))
        }
    }
}

fn shell(access: &Access) -> String {
    let named = access.env().iter().rev().find(|(name, _)| name == "SHELL").map(|(_, value)| value.as_str());
    let existing = || SHELLS.into_iter().find(|shell| Path::new(shell).exists());
    named.or_else(existing).unwrap_or(SHELLS[1]).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_set_their_language_and_nothing_else() {
        let mut preparation = Preparation::default();
        assert!(preparation.set("LANG", "de_DE.UTF-8") && preparation.set("LC_ALL", "C"));
        assert!(!preparation.set("LD_PRELOAD", "/tmp/x.so") && !preparation.set("PATH", "/tmp"));
        assert!(!preparation.set("LC_A", "nul\0") && !preparation.set("LC_B", &"x".repeat(5000)));
        let set = (0..100).filter(|_| preparation.set("LANG", "C")).count();
        assert_eq!(set, CLIENT_VARIABLES_MAX - 2);
    }
}
