//! What a use-case can fail with, by what the caller can do about it.

use std::time::Duration;

use smartbox_core::Permission;
use smartbox_core::tier::MIB;
use smartbox_core::wake::WakeRefusal;

/// A field of a request that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldIssue {
    /// The field.
    pub field: &'static str,
    /// What is wrong with it.
    pub message: String,
}

/// Failure of a use-case. The text is fit for the caller's eyes; the cause stays in the chain.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It does not exist, for this caller.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// Some fields are wrong.
    #[error("the request has invalid fields")]
    Invalid(Vec<FieldIssue>),
    /// The name is taken in the org.
    #[error("the name `{0}` is taken")]
    NameTaken(String),
    /// The name fits more than one box.
    #[error("more than one box is called `{0}`")]
    Ambiguous(String),
    /// The state does not allow it.
    #[error("{what}")]
    Conflict {
        /// What stands against it.
        what: String,
        /// What to do.
        remedy: String,
    },
    /// Somebody took it back while it was under way.
    #[error("it was cancelled")]
    Cancelled,
    /// The box or route changed since the caller read it.
    #[error("it has changed since it was read")]
    VersionMismatch,
    /// The one gate refused.
    #[error("the box may not run: {0}")]
    WakeRefused(#[from] WakeRefusal),
    /// The host has no room for the box.
    #[error(
        "the box needs {} MiB of memory, and the host has {} MiB free beside its reserve",
        needed_bytes.div_ceil(MIB),
        free_bytes / MIB
    )]
    HostFull {
        /// Memory that the box takes.
        needed_bytes: u64,
        /// Memory that is free.
        free_bytes: u64,
    },
    /// The version of the agent runtime is older than what may run here.
    #[error("OpenClaw {version} is older than {floor}, the oldest that may run here ({reason})")]
    RuntimeTooOld {
        /// The version.
        version: String,
        /// The oldest that may run.
        floor: String,
        /// Why nothing older.
        reason: String,
    },
    /// The org has as many boxes as its plan allows.
    #[error("the plan of the org allows {max} boxes, and there are as many")]
    PlanFull {
        /// How many.
        max: u32,
    },
    /// The caller is known and may not do this.
    #[error("only an admin may do this")]
    Forbidden,
    /// The caller is known and lacks this permission.
    #[error("the permission `{0}` is missing")]
    Lacks(Permission),
    /// The account is frozen.
    #[error("the account is frozen")]
    AccountFrozen,
    /// The account waits for somebody of the org.
    #[error("the account waits to be activated")]
    AccountPending,
    /// Nobody signs in with this address and password.
    #[error("e-mail address or password is wrong")]
    WrongPassword,
    /// A token or a signed address is not accepted, and why.
    #[error("{0}")]
    BadToken(String),
    /// Somebody is vouched for whom nobody here knows, and new people are not taken.
    #[error("nobody here knows this person, and new people are not taken")]
    NotTaken,
    /// Too many attempts failed.
    #[error("too many attempts to sign in failed")]
    TooManyAttempts {
        /// When to try again.
        retry_after: Duration,
    },
    /// As many commands run in the box as may.
    #[error("{max} commands run in the box, as many as there may be at the same time")]
    TooManyCommands {
        /// How many.
        max: u32,
    },
    /// The address signs somebody else in.
    #[error("the e-mail address is in use")]
    EmailTaken,
    /// The box does not answer (yet).
    #[error("{what}")]
    Unavailable {
        /// What is missing.
        what: String,
        /// When to try again.
        retry_after: Duration,
    },
    /// The platform is being maintained: nothing starts.
    #[error("the platform is being maintained: {reason}")]
    Maintenance {
        /// Why, in the words of whoever maintains it.
        reason: String,
        /// When to try again.
        retry_after: Duration,
    },
    /// The box failed and needs a person.
    #[error("{what}")]
    BoxFailed {
        /// What happened.
        what: String,
        /// What to do.
        remedy: String,
    },
    /// A file, or what is to be done with files, is more than is done at once.
    #[error("{0}")]
    FileTooLarge(String),
    /// The agent refused or broke off.
    #[error("{0}")]
    Agent(String),
    /// The disk of the database is full.
    #[error("the disk of the data directory is full; nothing was changed")]
    DiskFull,
    /// What happened then is not replayed any more.
    #[error("what happened so long ago is not replayed any more")]
    ReplayOver,
    /// Anything else. The cause is for the log.
    #[error("the platform failed")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// Wraps a cause that is nobody's business but the log's.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }

    /// One wrong field.
    pub fn field(field: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldIssue { field, message: message.into() }])
    }
}

impl From<smartbox_store::Error> for Error {
    fn from(error: smartbox_store::Error) -> Self {
        use smartbox_store::Error as Store;
        match error {
            Store::NotFound(what) => Self::NotFound(what),
            Store::VersionMismatch { .. } => Self::VersionMismatch,
            Store::BadCursor => Self::field("cursor", "is not a cursor of this list"),
            Store::TierFull { max } => Self::WakeRefused(WakeRefusal::TierFull { max }),
            Store::PlanFull { max } => Self::PlanFull { max },
            Store::EmailTaken => Self::EmailTaken,
            Store::LastOwner => Self::Conflict {
                what: "the org would be left without an active owner".to_owned(),
                remedy: "make somebody else an owner first".to_owned(),
            },
            Store::TooMany { what: smartbox_store::EXECS_RUNNING, max } => Self::TooManyCommands { max },
            Store::TooMany { what, max } => Self::Conflict {
                what: format!("there are {max} {what}, as many as there may be"),
                remedy: "remove some that nobody needs".to_owned(),
            },
            Store::Busy(_) | Store::Conflict(_) => Self::Unavailable {
                what: "the database is busy".to_owned(),
                retry_after: Duration::from_secs(1),
            },
            Store::Unreachable(cause) => {
                tracing::error!(error = &*cause as &dyn std::error::Error, "the database cannot be reached");
                Self::Unavailable {
                    what: "the database cannot be reached".to_owned(),
                    retry_after: Duration::from_secs(5),
                }
            }
            Store::ZeroByte => {
                Self::field("request", "has the character U+0000 in a text, which cannot be kept")
            }
            Store::Full(_) => Self::DiskFull,
            other => Self::internal(other),
        }
    }
}

/// The error and its causes, for the log.
pub(crate) fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}
