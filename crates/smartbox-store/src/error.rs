//! What can go wrong, by what the caller can do about it.

use std::path::PathBuf;

use crate::database::{self, ZeroByte};

type Source = Box<dyn std::error::Error + Send + Sync>;

/// SQLite's primary result codes that call for different answers (<https://www.sqlite.org/rescode.html>).
mod code {
    pub(super) const BUSY: i64 = 5;
    pub(super) const LOCKED: i64 = 6;
    pub(super) const CORRUPT: i64 = 11;
    pub(super) const FULL: i64 = 13;
    pub(super) const NOT_A_DATABASE: i64 = 26;
}

/// PostgreSQL's codes that call for different answers (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
mod state {
    pub(super) const SERIALIZATION_FAILURE: &str = "40001";
    pub(super) const DEADLOCK: &str = "40P01";
    pub(super) const LOCK_NOT_AVAILABLE: &str = "55P03";
    pub(super) const CANCELED: &str = "57014";
    pub(super) const DISK_FULL: &str = "53100";
    pub(super) const DATA_CORRUPTED: &str = "XX001";
    pub(super) const INDEX_CORRUPTED: &str = "XX002";
}

/// Failure of a store call. The display text is safe to show to anybody; the cause is in the source chain.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It does not exist, or not for this org.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// The name is in use in this org.
    #[error("the name is taken")]
    NameTaken,
    /// The address signs somebody else in, of this org or another.
    #[error("the e-mail address is in use")]
    EmailTaken,
    /// The org would be left without anybody who runs it.
    #[error("the org needs an active owner")]
    LastOwner,
    /// There are as many as there may be.
    #[error("there are {max} {what}, as many as there may be")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many.
        max: u32,
    },
    /// There is no tier of that name.
    #[error("no such tier")]
    UnknownTier,
    /// Every place of the tier is taken.
    #[error("all {max} places of the tier are taken")]
    TierFull {
        /// How many places there are.
        max: u32,
    },
    /// The org has as many boxes as its plan allows.
    #[error("the plan allows {max} boxes")]
    PlanFull {
        /// How many.
        max: u32,
    },
    /// Somebody needs it as it is.
    #[error("it is {0}")]
    InUse(&'static str),
    /// The box or route was changed since the caller read it.
    #[error("it was changed meanwhile")]
    VersionMismatch {
        /// Its version now.
        current: i64,
    },
    /// The cursor was not handed out by this list.
    #[error("not a cursor of this list")]
    BadCursor,
    /// Every range of user ids belongs to a box.
    #[error("no range of user ids is left")]
    OutOfUidRanges,
    /// The secret was not sealed with a key of this platform for this row, or was altered.
    #[error("the secret cannot be opened")]
    Unsealable,
    /// Somebody else made the same change first. Look again, then decide.
    #[error("the same thing was changed at the same time")]
    Conflict(#[source] Source),
    /// Too much is asked at once. The same call may succeed in a moment.
    #[error("the store is busy")]
    Busy(#[source] Source),
    /// The server of the database cannot be reached, or takes no writes. What was under way may have been written or not, if it
    /// was just being committed; otherwise it was not.
    #[error("the database cannot be reached")]
    Unreachable(#[source] Source),
    /// A text has the character U+0000, which PostgreSQL cannot keep.
    #[error("a text has the character U+0000")]
    ZeroByte,
    /// The disk is full. Nothing was written.
    #[error("the disk of the store is full")]
    Full(#[source] Source),
    /// A stored value makes no sense.
    #[error("stored data is damaged")]
    Damaged(#[source] Source),
    /// Anything else.
    #[error("the store failed")]
    Internal(#[source] Source),
}

impl Error {
    /// A stable word for metrics and logs.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "not-found",
            Self::NameTaken => "name-taken",
            Self::EmailTaken => "email-taken",
            Self::LastOwner => "last-owner",
            Self::TooMany { .. } => "too-many",
            Self::UnknownTier => "unknown-tier",
            Self::TierFull { .. } => "tier-full",
            Self::PlanFull { .. } => "plan-full",
            Self::InUse(_) => "in-use",
            Self::VersionMismatch { .. } => "version-mismatch",
            Self::BadCursor => "bad-cursor",
            Self::OutOfUidRanges => "out-of-uid-ranges",
            Self::Unsealable => "unsealable",
            Self::Conflict(_) => "conflict",
            Self::Busy(_) => "busy",
            Self::Unreachable(_) => "unreachable",
            Self::ZeroByte => "zero-byte",
            Self::Full(_) => "full",
            Self::Damaged(_) => "damaged",
            Self::Internal(_) => "internal",
        }
    }

    /// Whether the same call, made again later, can succeed without anybody repairing anything.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Busy(_) | Self::Unreachable(_) | Self::Conflict(_))
    }

    /// Whether this is a normal answer and no fault of the platform: not worth an error line in the log.
    pub const fn is_expected(&self) -> bool {
        !matches!(
            self,
            Self::Unsealable
                | Self::OutOfUidRanges
                | Self::Unreachable(_)
                | Self::Full(_)
                | Self::Damaged(_)
                | Self::Internal(_)
        )
    }

    pub(crate) fn damaged(source: impl Into<Source>) -> Self {
        Self::Damaged(source.into())
    }
}

impl From<std::convert::Infallible> for Error {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        if error.as_database_error().is_some_and(|database| database.is_unique_violation()) {
            return Self::Conflict(error.into());
        }
        if matches!(&error, sqlx::Error::Encode(cause) if cause.is::<ZeroByte>()) {
            return Self::ZeroByte;
        }
        if database::is_lost(&error) {
            return Self::Unreachable(error.into());
        }
        if let Some(state) = database::code(&error) {
            return match state {
                state::SERIALIZATION_FAILURE
                | state::DEADLOCK
                | state::LOCK_NOT_AVAILABLE
                | state::CANCELED => Self::Busy(error.into()),
                state::DISK_FULL => Self::Full(error.into()),
                state::DATA_CORRUPTED | state::INDEX_CORRUPTED => Self::Damaged(error.into()),
                _ => Self::Internal(error.into()),
            };
        }
        match (&error, primary_code(&error)) {
            (sqlx::Error::PoolTimedOut, _) | (_, Some(code::BUSY | code::LOCKED)) => Self::Busy(error.into()),
            (_, Some(code::FULL)) => Self::Full(error.into()),
            (_, Some(code::CORRUPT | code::NOT_A_DATABASE)) => Self::Damaged(error.into()),
            _ => Self::Internal(error.into()),
        }
    }
}

/// Whether SQLite says that the file is damaged, or no database at all.
pub(crate) fn is_corruption(error: &sqlx::Error) -> bool {
    matches!(primary_code(error), Some(code::CORRUPT | code::NOT_A_DATABASE))
}

/// SQLite's result code without the extension in its upper bits.
fn primary_code(error: &sqlx::Error) -> Option<i64> {
    let extended: i64 = error.as_database_error()?.code()?.parse().ok()?;
    Some(extended & 0xff)
}

/// Why the database was not opened. Nothing was changed.
///
/// `path` is the address of a database on a server, without what is secret in it. Unlike [`Error`] this is for the operator who starts the platform: it names the file.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file is damaged.
    #[error("the database {} is damaged", path.display())]
    Corrupt {
        /// The database.
        path: PathBuf,
    },
    /// A newer version of Smartbox has used it.
    #[error("the database {} belongs to a newer version of Smartbox (migration {migration})", path.display())]
    Newer {
        /// The database.
        path: PathBuf,
        /// The newest migration that this version does not know.
        migration: i64,
    },
    /// A migration it went through is not the one this version knows by that number.
    #[error("the database {} was made by another build of Smartbox (migration {migration})", path.display())]
    OtherBuild {
        /// The database.
        path: PathBuf,
        /// The first migration that differs.
        migration: i64,
    },
    /// A database of another program.
    #[error("{} is not a database of Smartbox", path.display())]
    Foreign {
        /// The database.
        path: PathBuf,
    },
    /// Its secrets are sealed with a key that is not in the keyring.
    #[error("the secrets of the database {} are sealed with another key", path.display())]
    WrongKey {
        /// The database.
        path: PathBuf,
    },
    /// The address of the server cannot be understood.
    #[error("the address of the database is not one of PostgreSQL")]
    BadAddress,
    /// The server cannot be reached, or refuses.
    #[error("cannot use the database {}", path.display())]
    Unreachable {
        /// The database.
        path: PathBuf,
        /// Why.
        #[source]
        source: Source,
    },
    /// The server or the database is not as it has to be.
    #[error("the database {} {what}", path.display())]
    Unfit {
        /// The database.
        path: PathBuf,
        /// How it is.
        what: String,
    },
    /// The file cannot be used.
    #[error("cannot open the database {}", path.display())]
    Unusable {
        /// The database.
        path: PathBuf,
        /// Why.
        #[source]
        source: Source,
    },
}

impl OpenError {
    /// What the operator can do about it.
    pub const fn remedy(&self) -> &'static str {
        match self {
            Self::Corrupt { .. } => {
                "Nothing was changed. Put back a copy of the database with its `-wal` file, or repair it with \
                 `sqlite3 <file> .recover`. The data of the boxes lies beside it and is not affected."
            }
            Self::Newer { .. } => {
                "Nothing was changed. Start the newer version again, or put back the copy of the database from \
                 before the upgrade."
            }
            Self::OtherBuild { .. } => {
                "Nothing was changed. Start the build that made this database, or use another data directory."
            }
            Self::Foreign { .. } => {
                "Nothing was changed. Choose another data directory, or another database on the server."
            }
            Self::BadAddress => {
                "Write it like `postgres://user:password@host:5432/database?sslmode=verify-full`."
            }
            Self::Unreachable { .. } => {
                "Nothing was changed. Check DATABASE_URL, that the server runs and is not a standby, and that the \
                 user may connect and may make tables in the database."
            }
            Self::Unfit { .. } => {
                "Nothing was changed. Make a database with `create database smartbox template template0 encoding \
                 'UTF8' locale 'C'`, on PostgreSQL 15 or newer."
            }
            Self::WrongKey { .. } => {
                "Nothing was changed. Put back the key file that belongs to this database: without it the secrets \
                 of the boxes cannot be opened."
            }
            Self::Unusable { .. } => {
                "Check that the directory exists, that this user may write to it, and that the disk is not full."
            }
        }
    }

    pub(crate) fn unusable(path: &std::path::Path, source: impl Into<Source>) -> Self {
        Self::Unusable { path: path.to_owned(), source: source.into() }
    }

    pub(crate) fn unreachable(path: &std::path::Path, source: impl Into<Source>) -> Self {
        Self::Unreachable { path: path.to_owned(), source: source.into() }
    }
}
