//! What can go wrong between the platform and a gateway.

use std::time::Duration;

use tokio_tungstenite::tungstenite;

/// Failure of a connection or a call.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The gateway answered the upgrade with an HTTP status: it refuses the forwarding headers, or is not ready.
    #[error("the gateway answered the connection with HTTP {status}")]
    Upgrade {
        /// The status.
        status: u16,
    },
    /// The gateway refused the connection or a call.
    #[error("the gateway refused: {message} ({code})")]
    Refused {
        /// The protocol's word, such as `INVALID_REQUEST` or `UNAVAILABLE`.
        code: String,
        /// A sentence for people.
        message: String,
        /// When to try again, if that may help.
        retry_after: Option<Duration>,
    },
    /// The connection ended. A gateway that stops or restarts in order uses code 1012, one that starts 1013.
    #[error("the gateway closed the connection ({})", close_text(*code, reason))]
    Closed {
        /// WebSocket close code, if there was a close.
        code: Option<u16>,
        /// The reason it gave.
        reason: String,
    },
    /// No answer in time.
    #[error("{what} took longer than {limit:?}")]
    Slow {
        /// What was waited for.
        what: &'static str,
        /// How long.
        limit: Duration,
    },
    /// Something that the protocol does not provide for.
    #[error("the gateway said something unexpected")]
    Unexpected(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The transport failed.
    #[error("the connection to the gateway failed")]
    Transport(#[source] Box<tungstenite::Error>),
}

impl ClientError {
    /// Whether the same call may succeed a little later.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Refused { retry_after, code, .. } => retry_after.is_some() || code == "UNAVAILABLE",
            Self::Upgrade { status } => *status == 503,
            Self::Closed { .. } | Self::Slow { .. } | Self::Transport(_) => true,
            Self::Unexpected(_) => false,
        }
    }

    pub(super) fn gone() -> Self {
        Self::Closed { code: None, reason: String::new() }
    }

    pub(super) fn unexpected(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unexpected(source.into())
    }
}

impl From<tungstenite::Error> for ClientError {
    fn from(error: tungstenite::Error) -> Self {
        match error {
            tungstenite::Error::Http(response) => Self::Upgrade { status: response.status().as_u16() },
            tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed => Self::gone(),
            other => Self::Transport(Box::new(other)),
        }
    }
}

fn close_text(code: Option<u16>, reason: &str) -> String {
    match code {
        Some(code) if reason.is_empty() => format!("code {code}"),
        Some(code) => format!("code {code}: {reason}"),
        None => "without a word".to_owned(),
    }
}
