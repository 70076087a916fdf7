//! Values that are checked before anything is sent.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use smartbox_core::{BoxId, BoxName, Labels};

/// Name that stands for the caller's default box.
const DEFAULT_BOX: &str = "default";

/// A box as people name it: by name, by id, or the default one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BoxReference(String);

impl BoxReference {
    /// What stands in the path of a request.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for BoxReference {
    fn default() -> Self {
        Self(DEFAULT_BOX.to_owned())
    }
}

impl fmt::Display for BoxReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for BoxReference {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.parse::<BoxId>().is_ok() || text.parse::<BoxName>().is_ok() {
            return Ok(Self(text.to_owned()));
        }
        Err("neither a box's name (a-z, 0-9 and `-`) nor its id (box_…)".to_owned())
    }
}

/// A label to be set (`key=value`), or to be removed (`key-`).
pub(crate) fn label(text: &str) -> Result<(String, Option<String>), String> {
    let (key, value) = match (text.split_once('='), text.strip_suffix('-')) {
        (Some((key, value)), _) => (key, Some(value)),
        (None, Some(key)) => (key, None),
        (None, None) => return Err("write `key=value`, or `key-` to remove one".to_owned()),
    };
    let checked = Labels::new([(key.to_owned(), value.unwrap_or_default().to_owned())]);
    checked.map_err(|bad| bad.to_string())?;
    Ok((key.to_owned(), value.map(str::to_owned)))
}

/// A person as people name them: by name, by id, or `me`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UserReference(String);

impl UserReference {
    /// What stands in the path of a request.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for UserReference {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // Names are free text, and encoded in a path. Only what a path itself gives a meaning has no place there.
        if matches!(text, "" | "." | "..") {
            return Err("neither a person's name nor their id (usr_…)".to_owned());
        }
        Ok(Self(text.to_owned()))
    }
}

/// Parses a time such as `90s`, `10m` or `1h 30m`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let bad = || "write a time like `90s`, `10m` or `1h`".to_owned();
    let parsed: jiff::SignedDuration = text.parse().map_err(|_error| bad())?;
    Duration::try_from(parsed).ok().filter(|time| !time.is_zero()).ok_or_else(bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_is_named_by_name_or_id() {
        for good in ["home", "default", "box_0190f5fe7c007a3e8a2f0123456789ab"] {
            assert_eq!(good.parse::<BoxReference>().unwrap().as_str(), good);
        }
        for bad in ["", "..", "a/b", "box_", "A", "home?x", "org_0190f5fe7c007a3e8a2f0123456789ab"] {
            assert!(bad.parse::<BoxReference>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_person_is_named_by_anything_that_stays_in_its_place_in_a_path() {
        for good in ["ada", "me", "Ada Lovelace", "a/b", "usr_0190f5fe7c007a3e8a2f0123456789ab"] {
            assert_eq!(good.parse::<UserReference>().unwrap().as_str(), good);
        }
        for bad in ["", ".", ".."] {
            assert!(bad.parse::<UserReference>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn times_have_units() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("1h 30m"), Ok(Duration::from_secs(5400)));
        for bad in ["", "10", "-5s", "0s", "soon"] {
            assert!(duration(bad).is_err(), "{bad:?}");
        }
    }
}
