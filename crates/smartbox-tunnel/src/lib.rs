//! The platform's way into a box: SSH to boxd over any stream that reaches it.
//!
//! [`BoxSsh`] keeps one connection per box and runs commands and terminals over it, as many at once as needed. It
//! connects when somebody wants something, and again when the connection was lost. The box proves itself with its
//! host key, the platform with the key pair it has for that box alone. What travels inside the SSH sessions is in
//! `smartbox_boxd::exec`.

mod connection;
mod error;
mod key;
mod output;
mod session;
mod ssh;

pub use error::SshError;
pub use key::{BadKey, BoxKeys, KeyPair, generate_key_pair};
pub use output::ExecEvent;
pub use session::{ExecInput, ExecOutput, ExecRequest, ExecSession, PtySize};
pub use ssh::{BoxSsh, Dial, DialFuture, Stream};
