//! Selectors: `a=b,c!=d,e,!f,g in (x,y),h notin (z)`.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::{BadLabel, Labels, checked_key, checked_value};

/// Longest selector, in bytes.
pub const SELECTOR_BYTES_MAX: usize = 1024;
/// Most requirements of one.
pub const REQUIREMENTS_MAX: usize = 20;

/// Why a text is no selector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSelector {
    /// It asks for nothing. That it means every box could be a mistake.
    #[error("names no label; leave it out to mean every box")]
    Empty,
    /// It is too much.
    #[error("has at most {SELECTOR_BYTES_MAX} bytes and {REQUIREMENTS_MAX} requirements")]
    TooMuch,
    /// A part of it is not understood.
    #[error("`{0}` is none of `a=b`, `a!=b`, `a`, `!a`, `a in (b,c)`, `a notin (b,c)`")]
    Part(String),
    /// A key or a value is none.
    #[error(transparent)]
    Label(#[from] BadLabel),
}

/// What the value of a key has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Rule {
    /// One of these.
    In(BTreeSet<String>),
    /// None of these; without the label, too.
    NotIn(BTreeSet<String>),
    /// Anything.
    Exists,
    /// There is no such label.
    Absent,
}

/// Finds boxes by their labels: all requirements have to be met. Its text form is canonical.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector(Vec<(String, Rule)>);

impl Selector {
    /// Whether a box with these labels is meant.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.0.iter().all(|(key, rule)| {
            let value = labels.get(key);
            match rule {
                Rule::In(values) => value.is_some_and(|value| values.contains(value)),
                Rule::NotIn(values) => value.is_none_or(|value| !values.contains(value)),
                Rule::Exists => value.is_some(),
                Rule::Absent => value.is_none(),
            }
        })
    }
}

impl FromStr for Selector {
    type Err = BadSelector;

    fn from_str(text: &str) -> Result<Self, BadSelector> {
        if text.len() > SELECTOR_BYTES_MAX {
            return Err(BadSelector::TooMuch);
        }
        if text.trim().is_empty() {
            return Err(BadSelector::Empty);
        }
        let parts = parts(text);
        if parts.len() > REQUIREMENTS_MAX {
            return Err(BadSelector::TooMuch);
        }
        parts.into_iter().map(requirement).collect::<Result<_, _>>().map(Self)
    }
}

/// What stands between the commas that are not in parentheses.
fn parts(text: &str) -> Vec<&str> {
    let mut is_inside = false;
    let is_border = move |c: char| {
        match c {
            '(' => is_inside = true,
            ')' => is_inside = false,
            _ => {}
        }
        c == ',' && !is_inside
    };
    text.split(is_border).map(str::trim).collect()
}

fn requirement(part: &str) -> Result<(String, Rule), BadSelector> {
    let bad = || BadSelector::Part(super::shown(part));
    if let Some(key) = part.strip_prefix('!') {
        return Ok((checked_key(key.trim())?, Rule::Absent));
    }
    let end =
        part.find(|c: char| c.is_whitespace() || matches!(c, '=' | '!' | '(' | ')')).unwrap_or(part.len());
    let (key, rest) = part.split_at_checked(end).ok_or_else(bad)?;
    let rest = rest.trim_start();
    let one = |value: &str| Ok::<_, BadSelector>(BTreeSet::from([checked_value(value.trim())?]));
    let rule = if rest.is_empty() {
        Rule::Exists
    } else if let Some(value) = rest.strip_prefix("!=") {
        Rule::NotIn(one(value)?)
    } else if let Some(value) = rest.strip_prefix("==").or_else(|| rest.strip_prefix('=')) {
        Rule::In(one(value)?)
    } else if let Some(list) = rest.strip_prefix("notin") {
        Rule::NotIn(values(list).ok_or_else(bad)??)
    } else if let Some(list) = rest.strip_prefix("in") {
        Rule::In(values(list).ok_or_else(bad)??)
    } else {
        return Err(bad());
    };
    Ok((checked_key(key)?, rule))
}

/// The values in parentheses; `None` where there are none.
fn values(list: &str) -> Option<Result<BTreeSet<String>, BadLabel>> {
    let inside = list.trim_start().strip_prefix('(')?.strip_suffix(')')?;
    Some(inside.split(',').map(|value| checked_value(value.trim())).collect())
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (key, rule)) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            match rule {
                Rule::Exists => f.write_str(key)?,
                Rule::Absent => write!(f, "!{key}")?,
                Rule::In(values) => list(f, (key, "=", "in"), values)?,
                Rule::NotIn(values) => list(f, (key, "!=", "notin"), values)?,
            }
        }
        Ok(())
    }
}

fn list(
    f: &mut fmt::Formatter<'_>,
    (key, of_one, of_many): (&str, &str, &str),
    values: &BTreeSet<String>,
) -> fmt::Result {
    if let (Some(value), 1) = (values.first(), values.len()) {
        return write!(f, "{key}{of_one}{value}");
    }
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    write!(f, "{key} {of_many} ({})", values.join(","))
}
