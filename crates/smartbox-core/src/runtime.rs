//! Versions of the agent runtime: which is newer, and which one a box gets together with a saved state.

use std::cmp::Ordering;

/// A version, taken apart so that it can be compared: numbers, then what comes before a release.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Parts<'a> {
    numbers: Vec<u64>,
    before_release: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let (numbers, before_release) = match text.split_once('-') {
            Some((numbers, rest)) if !rest.is_empty() => (numbers, Some(rest)),
            Some(_) => return None,
            None => (text, None),
        };
        let numbers: Option<Vec<u64>> = numbers.split('.').map(number).collect();
        numbers.map(|numbers| Self { numbers, before_release })
    }
}

fn number(text: &str) -> Option<u64> {
    let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| text.parse().ok()).flatten()
}

/// Compares two versions by the rules of npm (<https://semver.org>): number by number, and `-beta.1` comes before its release.
/// `None`: one of them is no version.
pub fn compare(a: &str, b: &str) -> Option<Ordering> {
    let (a, b) = (Parts::of(a)?, Parts::of(b)?);
    let before = match (a.before_release, b.before_release) {
        (None, None) => Ordering::Equal,
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (Some(a), Some(b)) => compare_words(a, b),
    };
    Some(a.numbers.cmp(&b.numbers).then(before))
}

fn compare_words(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a.split('.'), b.split('.'));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) => match (number(a), number(b)) {
                (Some(a), Some(b)) => a.cmp(&b),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => a.cmp(b),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// Whether a version is older than `floor`. What is no version is.
pub fn is_below(version: &str, floor: &str) -> bool {
    compare(version, floor).is_none_or(Ordering::is_lt)
}

/// The version that a box runs on a state which another one saved: state and version go together, because a runtime changes the
/// state of an older one in place and refuses that of a newer one.
///
/// `is_usable`: the version that saved it is on this machine and may run. Without it a newer one will do, and an older one never.
/// `None`: there is no version for this state here.
pub fn for_state<'a>(present: &'a str, saved_by: &'a str, is_usable: bool) -> Option<&'a str> {
    match compare(present, saved_by) {
        _ if is_usable || present == saved_by => Some(saved_by),
        Some(Ordering::Greater) => Some(present),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_npm_does() {
        let rising = [
            "2025.12.31",
            "2026.5.18-beta.1",
            "2026.5.18-beta.2",
            "2026.5.18-beta.10",
            "2026.5.18",
            "2026.7.1-1",
            "2026.7.1-beta.1",
            "2026.7.1",
            "2026.9.6",
            "2026.10.1",
        ];
        for (place, older) in rising.iter().enumerate() {
            assert_eq!(compare(older, older), Some(Ordering::Equal));
            for newer in &rising[place + 1..] {
                assert_eq!(compare(older, newer), Some(Ordering::Less), "{older} {newer}");
                assert_eq!(compare(newer, older), Some(Ordering::Greater), "{older} {newer}");
            }
        }
    }

    #[test]
    fn what_is_no_version_is_below_every_floor() {
        for text in
            ["", "latest", "2026..1", "2026.9.", "2026.9.6-", "../2026.9.6", "+1.2", "99999999999999999999.1"]
        {
            assert!(is_below(text, "2026.5.18"), "{text:?}");
        }
        assert!(is_below("2026.5.17", "2026.5.18") && !is_below("2026.5.18", "2026.5.18"));
    }

    #[test]
    fn a_state_is_never_given_to_an_older_runtime() {
        assert_eq!(for_state("2026.9.6", "2026.9.5", true), Some("2026.9.5"));
        assert_eq!(for_state("2026.9.6", "2026.9.5", false), Some("2026.9.6"));
        assert_eq!(for_state("2026.9.5", "2026.9.6", true), Some("2026.9.6"));
        assert_eq!(for_state("2026.9.5", "2026.9.6", false), None);
        assert_eq!(for_state("2026.9.5", "2026.9.5", false), Some("2026.9.5"));
        assert_eq!(for_state("2026.9.5", "no version", false), None);
    }
}
