//! The name a person gives a box.

use std::fmt;
use std::str::FromStr;

/// Longest name: a DNS label of an OpenClaw fleet cell is at most 40 characters (`openclaw fleet`, tenant id rule).
pub const LENGTH_MAX: usize = 40;

/// A box's name: 1 to 40 characters, `a–z`, `0–9` and `-`, not starting or ending with `-`.
///
/// It can stand in a host name and in a path, and can never be taken for an id (ids contain `_`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BoxName(String);

/// Why a text is not a box name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a box name has 1 to {LENGTH_MAX} characters out of a-z, 0-9 and `-`, and does not start or end with `-`"
)]
pub struct BadBoxName;

impl BoxName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BoxName {
    type Err = BadBoxName;

    fn from_str(text: &str) -> Result<Self, BadBoxName> {
        let alphabet = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let fits = (1..=LENGTH_MAX).contains(&text.len()) && text.bytes().all(alphabet);
        if !fits || text.starts_with('-') || text.ends_with('-') {
            return Err(BadBoxName);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for BoxName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_names_are_kept_as_they_are() {
        for good in ["a", "home", "my-agent-2", "0", &"x".repeat(LENGTH_MAX)] {
            assert_eq!(good.parse::<BoxName>().unwrap().as_str(), good);
        }
    }

    #[test]
    fn bad_names_are_refused() {
        for bad in ["", "-a", "a-", "A", "a b", "a_b", "a.b", "ä", "../x", "a\n", "a;rm -rf", &"x".repeat(41)]
        {
            assert!(bad.parse::<BoxName>().is_err(), "{bad:?}");
        }
    }
}
