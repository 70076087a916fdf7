//! What a box may reach: the one decision behind its forward proxy.
//!
//! Four layers have rules: platform, tier, org, box. In each the first rule that matches counts. What a layer denies, no
//! other can allow; what none denies and one allows passes; where no rule matches, the web is open and nothing else
//! ([`DEFAULT_PORTS`]). So whoever stands lower can narrow what is above, and open ports, and nothing more.
//!
//! The name is decided here, before it is looked up. What it leads to is decided afterwards, for every address that is
//! dialled ([`may_dial`]).

mod address;
mod host;
mod rule;

use std::net::IpAddr;
use std::sync::Arc;

pub use address::AddressClass;
pub use host::{BadTarget, Host, HostPattern};
pub use rule::{BadRule, Rule, Verdict};

use crate::rule_list::{self, RuleLine, RuleList};

/// The ports of the web: what is open where no rule says anything.
pub const DEFAULT_PORTS: [u16; 2] = [80, 443];
/// Most rules of a layer.
pub const RULES_MAX: usize = 256;

/// What a box asks for.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The host, as it was named.
    pub host: &'a Host,
    /// The port.
    pub port: u16,
    /// The method; `CONNECT` for a tunnel.
    pub method: &'a str,
}

/// Who has written rules, from the widest to the narrowest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// Whoever runs the platform, for every box.
    Platform,
    /// The same, for the boxes of a tier.
    Tier,
    /// An org, for its boxes.
    Org,
    /// For one box.
    Box,
}

impl Layer {
    /// All of them, from the widest to the narrowest.
    pub const ALL: [Self; 4] = [Self::Platform, Self::Tier, Self::Org, Self::Box];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Tier => "tier",
            Self::Org => "org",
            Self::Box => "box",
        }
    }
}

/// Rules in their order.
pub type Rules = RuleList<Rule>;
/// Why lines are no rules.
pub type BadRules = rule_list::BadRules<BadRule>;

impl RuleLine for Rule {
    const MAX: usize = RULES_MAX;
}

impl Rules {
    fn first_match(&self, target: &Target<'_>) -> Option<&Rule> {
        self.iter().find(|rule| rule.matches(target))
    }
}

/// The rules that count for one box. Cheap to clone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    layers: [Arc<Rules>; 4],
}

impl Policy {
    /// From the rules of each layer, in the order of [`Layer::ALL`].
    pub const fn new(layers: [Arc<Rules>; 4]) -> Self {
        Self { layers }
    }
}

/// How far an allowed target may reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    /// To addresses that are not public.
    pub inside: bool,
    /// To the platform itself: a rule names host and port.
    pub own: bool,
}

/// Why a target is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A rule says so.
    #[error("the rule `{rule}` of the {} denies it", layer.as_str())]
    Denied {
        /// Whose rule it is.
        layer: Layer,
        /// The rule.
        rule: String,
    },
    /// Nothing allows that port.
    #[error("port {port} is not open by default (80 and 443 are), and no rule allows it")]
    Port {
        /// The port.
        port: u16,
    },
}

/// Decides whether a box may ask for a target.
///
/// # Errors
/// Why not.
pub fn decide(policy: &Policy, target: &Target<'_>) -> Result<Grant, Refused> {
    let mut grant = None::<Grant>;
    for (layer, rules) in Layer::ALL.into_iter().zip(&policy.layers) {
        match rules.first_match(target) {
            None => {}
            Some(rule) if rule.verdict == Verdict::Deny => {
                return Err(Refused::Denied { layer, rule: rule.to_string() });
            }
            Some(rule) => {
                let granted = grant.get_or_insert_default();
                granted.inside |= rule.inside;
                granted.own |= rule.inside && rule.is_exact();
            }
        }
    }
    match grant {
        Some(grant) => Ok(grant),
        None if DEFAULT_PORTS.contains(&target.port) => Ok(Grant::default()),
        None => Err(Refused::Port { port: target.port }),
    }
}

/// Decides whether an address that a name has led to may be dialled. `is_own` says that the platform itself is there.
///
/// # Errors
/// What the address is.
pub fn may_dial(address: IpAddr, is_own: bool, grant: Grant) -> Result<(), &'static str> {
    if is_own && !grant.own {
        return Err("an address of the platform itself");
    }
    match AddressClass::of(address) {
        AddressClass::Public => Ok(()),
        _inside if grant.inside => Ok(()),
        class => Err(class.as_str()),
    }
}

#[cfg(test)]
mod tests;
