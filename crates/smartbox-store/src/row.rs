//! Between the values of the domain and the few column types that both databases know.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::str::FromStr;

use jiff::Timestamp;
use smartbox_core::{DeathReason, Labels, Observed, SleepDepth, Stage};

use crate::Error;
use crate::smartbox::BoxError;

/// A stored value makes no sense.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {value:?}")]
struct BadValue {
    what: &'static str,
    value: String,
}

fn bad(what: &'static str, value: impl ToString) -> Error {
    Error::damaged(BadValue { what, value: value.to_string() })
}

pub(crate) fn instant(ms: i64) -> Result<Timestamp, Error> {
    Timestamp::from_millisecond(ms).map_err(Error::damaged)
}

pub(crate) fn instant_opt(ms: Option<i64>) -> Result<Option<Timestamp>, Error> {
    ms.map(instant).transpose()
}

pub(crate) fn parsed<T>(text: &str) -> Result<T, Error>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    text.parse().map_err(Error::damaged)
}

/// Takes a number out of a `bigint` column into its own type.
pub(crate) fn number<T: TryFrom<i64>>(value: i64) -> Result<T, Error> {
    T::try_from(value).map_err(|_error| bad("number out of range", value))
}

/// Puts an unsigned number into a `bigint` column. Counters that outgrow it stay at its end.
pub(crate) fn bigint(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Labels as a column has them: a JSON object of texts.
pub(crate) fn labels_column(labels: &Labels) -> String {
    let object: serde_json::Map<_, _> =
        labels.iter().map(|(key, value)| (key.to_owned(), value.into())).collect();
    serde_json::Value::Object(object).to_string()
}

/// Reads a column of [`labels_column`].
pub(crate) fn labels_from(text: &str) -> Result<Labels, Error> {
    let read: BTreeMap<String, String> = serde_json::from_str(text).map_err(Error::damaged)?;
    Labels::new(read).map_err(Error::damaged)
}

/// Lower-case hexadecimal text of a hash.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

/// The 32 bytes of a hash from its lower-case hexadecimal text.
pub(crate) fn unhex(text: &str) -> Result<[u8; 32], Error> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return Err(bad("not a hash", text));
    }
    for (index, byte) in bytes.iter_mut().enumerate() {
        let digits = &text[index * 2..index * 2 + 2];
        *byte = u8::from_str_radix(digits, 16).map_err(Error::damaged)?;
    }
    Ok(bytes)
}

/// Columns of a [`BoxError`]: all empty without an error.
pub(crate) fn error_from(
    code: Option<String>,
    what: Option<String>,
    remedy: Option<String>,
) -> Result<Option<BoxError>, Error> {
    match (code, what) {
        (None, None) => Ok(None),
        (Some(code), Some(what)) => Ok(Some(BoxError { code, what, remedy })),
        (code, _) => Err(bad("half an error", code.unwrap_or_default())),
    }
}

/// Columns of an [`Observed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ObservedColumns {
    pub(crate) observed: &'static str,
    /// The stage of a starting box, the reason of a dead one.
    pub(crate) detail: Option<&'static str>,
    pub(crate) exit_code: Option<i64>,
}

impl From<&Observed> for ObservedColumns {
    fn from(observed: &Observed) -> Self {
        let (detail, exit_code) = match observed {
            Observed::Starting { stage } => (Some(stage.as_str()), None),
            Observed::Dead(DeathReason::Crashed { code }) => {
                (Some(DeathReason::Crashed { code: *code }.as_str()), Some(i64::from(*code)))
            }
            Observed::Dead(reason) => (Some(reason.as_str()), None),
            Observed::Absent
            | Observed::Stopped
            | Observed::Ready
            | Observed::Unready
            | Observed::Asleep(_)
            | Observed::Stopping => (None, None),
        };
        Self { observed: observed.as_str(), detail, exit_code }
    }
}

pub(crate) fn observed_from(
    observed: &str,
    detail: Option<&str>,
    exit_code: Option<i64>,
) -> Result<Observed, Error> {
    let plain = [
        Observed::Absent,
        Observed::Stopped,
        Observed::Ready,
        Observed::Unready,
        Observed::Asleep(SleepDepth::Frozen),
        Observed::Asleep(SleepDepth::Squeezed),
        Observed::Stopping,
    ];
    match (observed, detail, exit_code) {
        ("starting", Some(stage), None) => Stage::ALL
            .into_iter()
            .find(|known| known.as_str() == stage)
            .map(|stage| Observed::Starting { stage })
            .ok_or_else(|| bad("unknown stage", stage)),
        ("dead", Some("crashed"), Some(code)) => {
            Ok(Observed::Dead(DeathReason::Crashed { code: number(code)? }))
        }
        ("dead", Some(reason), None) => {
            [DeathReason::Config, DeathReason::OutOfMemory, DeathReason::Silent, DeathReason::Vanished]
                .into_iter()
                .find(|known| known.as_str() == reason)
                .map(Observed::Dead)
                .ok_or_else(|| bad("unknown reason of death", reason))
        }
        (word, None, None) => plain
            .into_iter()
            .find(|known| known.as_str() == word)
            .ok_or_else(|| bad("unknown observation", word)),
        (word, _, _) => Err(bad("observation with foreign details", word)),
    }
}

#[cfg(test)]
mod tests;
