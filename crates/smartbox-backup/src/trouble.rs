//! What is wrong with a store, by what whoever runs the platform can do about it.

use std::error::Error as StdError;
use std::fmt;
use std::io;

/// Longest text of a store that is passed on: servers answer with whole pages.
const DETAIL_BYTES_MAX: usize = 600;

/// The kinds of trouble with a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TroubleKind {
    /// It does not answer, not in time, or says that it cannot now.
    Away,
    /// It does not let us do this.
    Denied,
    /// The bucket is not there.
    NoBucket,
    /// It has no room.
    Full,
    /// Its clock and ours differ too much.
    Clock,
    /// A thing that should be there is not, or is shorter than it was.
    Missing,
    /// A thing that should not be there is.
    Taken,
    /// Something else; the text says what.
    Other,
}

impl TroubleKind {
    /// What is the matter.
    pub const fn what(self) -> &'static str {
        match self {
            Self::Away => "does not answer",
            Self::Denied => "refuses the credentials",
            Self::NoBucket => "has no such bucket",
            Self::Full => "has no room left",
            Self::Clock => "has another time than this machine",
            Self::Missing => "lacks an object, or a part of one",
            Self::Taken => "has that object already",
            Self::Other => "refuses",
        }
    }

    /// What helps.
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::Away => "check that it runs and that this machine reaches it; it is tried again by itself",
            Self::Denied => {
                "check `backup.access_key_id` and `backup.secret_access_key`, and that they may list, read, write and delete in the bucket"
            }
            Self::NoBucket => "make the bucket, or name another in `backup.location`",
            Self::Full => "free room where the backups lie, or keep fewer (`backup.keep_*`)",
            Self::Clock => "set the clock of this machine, for instance with an NTP client",
            Self::Missing => {
                "do not trust the backup that needs it; `smartbox backup verify` tells which are whole"
            }
            Self::Taken => "try again: somebody else was faster",
            Self::Other => "the store's own text says more",
        }
    }
}

/// Trouble with a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Which.
    pub kind: TroubleKind,
    /// The store's own text, cut.
    pub detail: String,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.kind.what(), self.kind.remedy(), self.detail)
    }
}

impl StdError for Trouble {}

impl Trouble {
    /// Looks for trouble with a store among the causes of an error.
    pub(crate) fn among(error: &(dyn StdError + 'static)) -> Option<Self> {
        causes(error).find_map(|cause| cause.downcast_ref::<object_store::Error>()).map(Self::of)
    }

    pub(crate) fn of(error: &object_store::Error) -> Self {
        let detail = text_of(error);
        Self { kind: kind_of(error, &detail), detail: cut(detail) }
    }
}

fn kind_of(error: &object_store::Error, detail: &str) -> TroubleKind {
    let says = |words: &[&str]| words.iter().any(|word| detail.contains(word));
    let is_full = causes(error)
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| matches!(cause.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded));
    // Codes of S3: <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>.
    if says(&["RequestTimeTooSkewed", "RequestExpired"]) {
        return TroubleKind::Clock;
    }
    if says(&["NoSuchBucket"]) {
        return TroubleKind::NoBucket;
    }
    if is_full || says(&["507 Insufficient Storage", "QuotaExceeded", "No space left", "XMinioStorageFull"]) {
        return TroubleKind::Full;
    }
    // It is shorter than it was: as if a part of it were gone.
    if says(&["Requested range was invalid", "InvalidRange", "416 Range Not Satisfiable"]) {
        return TroubleKind::Missing;
    }
    match error {
        object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. } => {
            TroubleKind::Denied
        }
        object_store::Error::NotFound { .. } => TroubleKind::Missing,
        object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. } => {
            TroubleKind::Taken
        }
        object_store::Error::Generic { .. } => TroubleKind::Away,
        _ => TroubleKind::Other,
    }
}

fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| (**error).source())
}

/// An error with its causes, each of which says something that those before do not.
pub(crate) fn text_of(error: &(dyn StdError + 'static)) -> String {
    let mut text = String::new();
    for cause in causes(error) {
        let more = cause.to_string();
        if text.is_empty() {
            text = more;
        } else if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
    }
    text
}

fn cut(mut text: String) -> String {
    if text.len() > DETAIL_BYTES_MAX {
        text.truncate(text.floor_char_boundary(DETAIL_BYTES_MAX));
        text.push('…');
    }
    text
}
