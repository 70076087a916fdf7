//! Which kinds of events somebody wants to hear of.

use std::fmt;
use std::str::FromStr;

/// Most patterns of one filter.
pub const PATTERNS_MAX: usize = 50;
/// Longest pattern. No type is longer.
const PATTERN_LENGTH_MAX: usize = 64;
/// Behind it, everything fits.
const ANY: &str = "*";

/// Patterns of types of events: `box.ready`, `box.*` for all of a family, `*` for all. One without patterns lets everything pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypeFilter(Vec<String>);

/// A text is no filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadTypeFilter {
    /// Too many patterns.
    #[error("names more than {PATTERNS_MAX} types")]
    TooMany,
    /// One of them.
    #[error("`{0}` is no type: write `box.ready`, `box.*` or `*`")]
    Pattern(String),
}

impl TypeFilter {
    /// Understands patterns. Spaces around them, empty ones, and those that come twice do not count.
    ///
    /// # Errors
    /// One is none, or there are too many.
    pub fn from_patterns<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Result<Self, BadTypeFilter> {
        let mut read: Vec<String> = Vec::new();
        for pattern in patterns.into_iter().map(str::trim).filter(|pattern| !pattern.is_empty()) {
            if !is_pattern(pattern) {
                let shown = pattern.chars().filter(|letter| !letter.is_control()).take(PATTERN_LENGTH_MAX);
                return Err(BadTypeFilter::Pattern(shown.collect()));
            }
            if read.iter().any(|known| known == pattern) {
                continue;
            }
            if read.len() == PATTERNS_MAX {
                return Err(BadTypeFilter::TooMany);
            }
            read.push(pattern.to_owned());
        }
        Ok(Self(read))
    }

    /// Whether an event of this type passes.
    pub fn passes(&self, kind: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|pattern| fits(pattern, kind))
    }

    /// The patterns, in their order.
    pub fn patterns(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl fmt::Display for TypeFilter {
    /// Separated by spaces, as [`FromStr`] reads them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

impl FromStr for TypeFilter {
    type Err = BadTypeFilter;

    /// Patterns are separated by commas or spaces.
    fn from_str(text: &str) -> Result<Self, BadTypeFilter> {
        Self::from_patterns(text.split([',', ' ']))
    }
}

fn is_pattern(text: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty()
            && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    if text == ANY {
        return true;
    }
    let Some((family, rest)) = text.split_once('.') else { return false };
    text.len() <= PATTERN_LENGTH_MAX && is_word(family) && (rest == ANY || is_word(rest))
}

fn fits(pattern: &str, kind: &str) -> bool {
    match pattern.strip_suffix(ANY) {
        // With its dot: `box.*` is not about `boxes.…`.
        Some(family) => kind.starts_with(family),
        None => pattern == kind,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_type_a_family_and_everything_can_be_named() {
        let filter: TypeFilter = "box.ready, budget.*  box.ready".parse().unwrap();
        assert_eq!(filter.to_string(), "box.ready budget.*");
        assert!(filter.passes("box.ready") && filter.passes("budget.reached"));
        assert!(
            !filter.passes("box.ready-again") && !filter.passes("budgets.x") && !filter.passes("box.failed")
        );
        for all in ["", "*", " , "] {
            assert!(all.parse::<TypeFilter>().unwrap().passes("user.added"), "{all:?}");
        }
    }

    #[test]
    fn what_is_no_type_is_refused() {
        for bad in [
            "box",
            "box.",
            ".ready",
            "Box.ready",
            "b*x.ready",
            "box.re*",
            "box.ready.x",
            "box/ready",
            "*.ready",
            "b\u{e4}r.x",
        ] {
            assert!(bad.parse::<TypeFilter>().is_err(), "{bad}");
        }
        let many: Vec<String> = (0..=PATTERNS_MAX).map(|number| format!("box.x{number}")).collect();
        assert_eq!(TypeFilter::from_patterns(many.iter().map(String::as_str)), Err(BadTypeFilter::TooMany));
    }

    proptest! {
        #[test]
        fn what_was_read_prints_and_is_read_again(text in "[a-z.*, -]{0,60}") {
            if let Ok(filter) = text.parse::<TypeFilter>() {
                prop_assert_eq!(filter.to_string().parse::<TypeFilter>(), Ok(filter));
            }
        }

        #[test]
        fn nothing_makes_it_panic(text in any::<String>(), kind in any::<String>()) {
            let _ = text.parse::<TypeFilter>().map(|filter| filter.passes(&kind));
        }
    }
}
