//! Rules that people write as lines, in their order: one kind of list for whatever a rule says.

use std::fmt;
use std::str::FromStr;

/// A rule that is written as a line.
pub trait RuleLine: FromStr + fmt::Display {
    /// Most rules of one list.
    const MAX: usize;
}

/// Rules in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleList<R>(Vec<R>);

/// Why lines are no rules.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRules<E> {
    /// Too many.
    #[error("at most {max} rules can be set")]
    TooMany {
        /// So many may be.
        max: usize,
    },
    /// One of them.
    #[error("rule {number}: {problem}")]
    Rule {
        /// Counted from 1.
        number: usize,
        /// What is wrong with it.
        problem: E,
    },
}

impl<R> Default for RuleList<R> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<R: RuleLine> RuleList<R> {
    /// Understands lines, one a rule.
    ///
    /// # Errors
    /// One cannot be used, or there are too many.
    pub fn from_lines<'a>(lines: impl IntoIterator<Item = &'a str>) -> Result<Self, BadRules<R::Err>> {
        let mut rules = Vec::new();
        for line in lines {
            if rules.len() == R::MAX {
                return Err(BadRules::TooMany { max: R::MAX });
            }
            let number = rules.len() + 1;
            rules.push(line.parse().map_err(|problem| BadRules::Rule { number, problem })?);
        }
        Ok(Self(rules))
    }
}

impl<R> RuleList<R> {
    /// The rules.
    pub fn iter(&self) -> impl Iterator<Item = &R> {
        self.0.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<R: Clone> RuleList<R> {
    /// These, then others: the first that matches counts.
    #[must_use]
    pub fn then(&self, others: &Self) -> Self {
        Self(self.0.iter().chain(&others.0).cloned().collect())
    }
}

/// One line a rule.
impl<R: fmt::Display> fmt::Display for RuleList<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|rule| writeln!(f, "{rule}"))
    }
}

impl<R: RuleLine> FromStr for RuleList<R> {
    type Err = BadRules<R::Err>;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::from_lines(text.lines().filter(|line| !line.trim().is_empty()))
    }
}
