//! Where the proxy puts secrets in: `https://api.github.com/repos secret=GITHUB_TOKEN header=authorization`.
//!
//! A rule names one host, and where in a request to it a placeholder gives way to the value. Nothing else is touched: no body, no
//! query, no other host. `https` means that the proxy ends the box's TLS for that host, with an authority of that box alone.

mod rule;

use std::fmt;
use std::str::FromStr;

use crate::egress_policy::Host;
use crate::id::BoxId;

pub use rule::{BadRule, Rule};

/// Most rules of an org, or of a box.
pub const RULES_MAX: usize = 64;
/// How a host is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// In the clear.
    Http,
    /// Over TLS.
    Https,
}

impl Scheme {
    /// The word for it in a URL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port that a URL need not name.
    pub const fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// Where in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In this header, in lower case.
    Header(String),
    /// In the path, not in the query.
    Path,
}

/// A request, as far as rules look at it.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// How the host is spoken to.
    pub scheme: Scheme,
    /// The host.
    pub host: &'a Host,
    /// Its port.
    pub port: u16,
    /// The method.
    pub method: &'a str,
    /// The path, as it was sent.
    pub path: &'a str,
}

/// Rules in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules(Vec<Rule>);

/// Why lines are no rules.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRules {
    /// Too many.
    #[error("at most {RULES_MAX} rules can be set")]
    TooMany,
    /// One of them.
    #[error("rule {number}: {problem}")]
    Rule {
        /// Counted from 1.
        number: usize,
        /// What is wrong with it.
        problem: BadRule,
    },
}

impl Rules {
    /// Understands lines, one a rule.
    ///
    /// # Errors
    /// One cannot be used, or there are too many.
    pub fn from_lines<'a>(lines: impl IntoIterator<Item = &'a str>) -> Result<Self, BadRules> {
        let mut rules = Vec::new();
        for line in lines {
            if rules.len() == RULES_MAX {
                return Err(BadRules::TooMany);
            }
            let number = rules.len() + 1;
            rules.push(line.parse().map_err(|problem| BadRules::Rule { number, problem })?);
        }
        Ok(Self(rules))
    }

    /// The rules.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.0.iter()
    }

    /// Whether one of them needs an authority of the box.
    pub fn has_https(&self) -> bool {
        self.0.iter().any(|rule| rule.scheme == Scheme::Https)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|rule| writeln!(f, "{rule}"))
    }
}

impl FromStr for Rules {
    type Err = BadRules;

    fn from_str(text: &str) -> Result<Self, BadRules> {
        Self::from_lines(text.lines().filter(|line| !line.trim().is_empty()))
    }
}

/// How the certificate authority of a box is called: in its certificate, and in those that it has issued.
pub fn authority_name(id: BoxId) -> String {
    format!("Smartbox, for {id} alone")
}

#[cfg(test)]
mod tests;
