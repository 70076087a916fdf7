//! Where the proxy puts secrets in: `https://api.github.com/repos secret=GITHUB_TOKEN header=authorization`.
//!
//! A rule names one host, and where in a request to it a placeholder gives way to the value. Nothing else is touched: no body, no
//! query, no other host. `https` means that the proxy ends the box's TLS for that host, with an authority of that box alone.

mod rule;

use crate::egress_policy::Host;
use crate::id::BoxId;
use crate::rule_list::{self, RuleLine, RuleList};

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
pub type Rules = RuleList<Rule>;
/// Why lines are no rules.
pub type BadRules = rule_list::BadRules<BadRule>;

impl RuleLine for Rule {
    const MAX: usize = RULES_MAX;
}

impl Rules {
    /// Whether one of them needs an authority of the box.
    pub fn has_https(&self) -> bool {
        self.iter().any(|rule| rule.scheme == Scheme::Https)
    }
}

/// How the certificate authority of a box is called: in its certificate, and in those that it has issued.
pub fn authority_name(id: BoxId) -> String {
    format!("Smartbox, for {id} alone")
}

#[cfg(test)]
mod tests;
