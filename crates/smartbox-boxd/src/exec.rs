//! How the platform runs a command in a box: boxd's dialect of an SSH session.
//!
//! An ordinary SSH `exec` request carries one string, which the server hands to a shell. The platform has an
//! argument list and must not depend on anybody's quoting. So its `exec` string is [`PREFIX`] followed by an
//! [`ExecCommand`] as JSON; boxd starts `argv` directly, with no shell between. Any other string is what an
//! ordinary client's user typed and goes to the shell, as with any SSH server.
//!
//! Everything else is plain SSH (RFC 4254): `pty-req` before it, `window-change`, `signal`, data, extended data 1
//! for standard error, `exit-status` or `exit-signal`. One thing is added. SSH windows are replenished by the
//! library below as soon as bytes arrive, not when somebody has taken them, so a slow reader would fill memory or
//! block the other sessions of its connection. A session that was started with [`PREFIX`] therefore counts
//! credit: each side may have sent at most [`CREDIT_BYTES`] that the other has not taken yet, and learns that
//! bytes were taken from extended data of the type [`CREDIT_CODE`] with four bytes, a big-endian count. Credit
//! from the platform covers standard output and standard error together. Sending more is an error that ends the
//! session.

use serde::{Deserialize, Serialize};

/// Begins the `exec` string of a command of the platform. The number is the version of this dialect.
pub const PREFIX: &str = "smartbox-exec-1 ";
/// Longest `exec` string that is sent and accepted: it travels in one SSH packet, whose limit is 256 KiB.
pub const REQUEST_BYTES_MAX: usize = 224 * 1024;
/// Credit of each side at the start. Enough for 100 MB/s at a round trip of 2 ms.
pub const CREDIT_BYTES: u32 = 256 * 1024;
/// Type of the extended data that grants credit: in the range for private use (RFC 4254, section 5.2).
pub const CREDIT_CODE: u32 = 0xFE53_4201;
/// boxd's exit code for a command that was not found, as in a shell.
pub const EXIT_NOT_FOUND: u32 = 127;
/// boxd's exit code for a command that was found and could not be started, as in a shell.
pub const EXIT_NOT_STARTED: u32 = 126;

/// A command of the platform.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExecCommand {
    /// Program and arguments, exactly as the program receives them.
    pub argv: Vec<String>,
    /// Variables on top of [`crate::BoxdConfig::exec_env`]; the later of two equal names wins.
    #[serde(default)]
    pub env: Vec<(String, String)>,
    /// Working directory; the agent's home when absent.
    #[serde(default)]
    pub cwd: Option<String>,
}

impl ExecCommand {
    /// The `exec` string.
    ///
    /// # Errors
    /// When the JSON encoder fails, which it does not for values of this type.
    pub fn encode(&self) -> Result<String, serde_json::Error> {
        Ok(format!("{PREFIX}{}", serde_json::to_string(self)?))
    }

    /// Reads an `exec` string; `None` when it is an ordinary client's shell text.
    pub fn decode(request: &[u8]) -> Option<Result<Self, serde_json::Error>> {
        Some(serde_json::from_slice(request.strip_prefix(PREFIX.as_bytes())?))
    }
}

/// Reads a grant of credit; `None` when it is malformed.
pub fn decode_credit(data: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(data.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_survive_whatever_they_contain() -> Result<(), serde_json::Error> {
        let command = ExecCommand {
            argv: ["printf", "%s", "a b", "'\"", "$(id)", "new\nline", "ü"].map(str::to_owned).to_vec(),
            env: vec![("K".to_owned(), "v w".to_owned())],
            cwd: Some("/tmp".to_owned()),
        };
        let decoded = ExecCommand::decode(command.encode()?.as_bytes()).expect("has the prefix")?;
        assert_eq!(decoded, command);
        Ok(())
    }

    #[test]
    fn shell_text_of_an_ordinary_client_is_not_ours() {
        assert!(ExecCommand::decode(b"echo smartbox-exec-1 {}").is_none());
    }

    #[test]
    fn a_malformed_command_is_an_error() {
        assert!(ExecCommand::decode(b"smartbox-exec-1 {\"argv\":[],\"shell\":1}").expect("prefix").is_err());
    }

    #[test]
    fn credit_is_four_bytes() {
        assert_eq!(decode_credit(&7_u32.to_be_bytes()), Some(7));
        assert_eq!(decode_credit(&[1, 2, 3]), None);
    }
}
