//! What can go wrong between the platform and a box, by what the caller can do about it.

use std::sync::Arc;

/// Failure of an SSH connection or of a session over it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SshError {
    /// The box cannot be reached now. Later it may.
    #[error("the box cannot be reached")]
    Unreachable(#[source] Arc<dyn std::error::Error + Send + Sync>),
    /// Whoever answers is not the box. Nothing was sent to it, and trying again does not help.
    #[error("the box shows another host key than it was created with")]
    HostKeyChanged,
    /// The box does not accept the platform's key. Trying again does not help.
    #[error("the box does not accept the platform's key")]
    Refused,
    /// The box does not open another session, or does not start the command.
    #[error("the box refuses another session")]
    Busy,
    /// The connection broke while the session was open. Whether the command has run to its end is unknown.
    #[error("the connection to the box was lost")]
    Lost,
    /// The session is closed: nothing can be sent to it any more.
    #[error("the session is closed")]
    Closed,
    /// The command and its environment are too long.
    #[error("the command is too long: {bytes} bytes, at most {max}")]
    TooLong {
        /// Length of the request.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// The box broke the rules of the session.
    #[error("the box does not keep to the protocol: {0}")]
    Protocol(&'static str),
}

impl SshError {
    pub(crate) fn unreachable(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Unreachable(Arc::new(source))
    }

    /// Whether the same call may succeed a moment later.
    pub(crate) const fn is_passing(&self) -> bool {
        matches!(self, Self::Unreachable(_))
    }
}

impl From<russh::Error> for SshError {
    fn from(error: russh::Error) -> Self {
        Self::unreachable(error)
    }
}
