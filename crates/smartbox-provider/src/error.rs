//! What can go wrong, by what the caller can do about it.

use std::time::Duration;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// Failure of a provider call.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// Will not work until something changes. Shown to the owner with its remedy.
    #[error("{what}")]
    Permanent {
        /// What is wrong, fit for the owner's eyes.
        what: String,
        /// What to do about it.
        remedy: String,
        /// The cause, for the log.
        #[source]
        source: Option<Source>,
    },
    /// The next pass may succeed.
    #[error("{what}")]
    Transient {
        /// What went wrong, fit for the owner's eyes.
        what: String,
        /// The cause, for the log.
        #[source]
        source: Option<Source>,
    },
    /// Asked to slow down.
    #[error("the provider asks to wait")]
    RateLimited {
        /// For how long.
        retry_after: Duration,
    },
    /// A newer controller acts on the box; this one must not.
    #[error("another controller has taken over the box")]
    Fenced,
}

impl ProviderError {
    /// A transient failure with its cause.
    pub fn transient(what: impl Into<String>, source: impl Into<Source>) -> Self {
        Self::Transient { what: what.into(), source: Some(source.into()) }
    }

    /// A transient failure without a cause worth logging.
    pub fn transient_text(what: impl Into<String>) -> Self {
        Self::Transient { what: what.into(), source: None }
    }

    /// There are no processes that could be put to sleep or woken. The next observation says what there is.
    pub fn without_processes() -> Self {
        Self::Transient { what: "the box has no processes that could sleep".to_owned(), source: None }
    }

    /// A permanent failure without a cause worth logging.
    pub fn permanent(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Permanent { what: what.into(), remedy: remedy.into(), source: None }
    }

    /// What to do about it, if a person must.
    pub fn remedy(&self) -> Option<&str> {
        match self {
            Self::Permanent { remedy, .. } => Some(remedy),
            Self::Transient { .. } | Self::RateLimited { .. } | Self::Fenced => None,
        }
    }
}

/// Failure to open a connection to or in a box.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The box has no network namespace: it does not exist or was never started.
    #[error("the box is not there")]
    NoBox,
    /// The box sleeps: the kernel would take the connection, and nobody would answer.
    #[error("the box is asleep")]
    Asleep,
    /// Nothing listens on that port in the box.
    #[error("nothing in the box listens on port {port}")]
    Refused {
        /// The port.
        port: u16,
    },
    /// The port is taken by a program of the box.
    #[error("port {port} of the box is taken")]
    PortTaken {
        /// The port.
        port: u16,
    },
    /// The operating system refused.
    #[error("no connection to the box")]
    Io(#[source] std::io::Error),
}
