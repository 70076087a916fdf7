//! One rule, as people write it: `allow *.github.com ports=22,443 methods=GET,HEAD`.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use super::Target;
use super::host::{BadTarget, HostPattern};

/// Most ranges of ports, and most methods, of a rule.
const LIST_MAX: usize = 32;
/// Longest method.
const METHOD_BYTES_MAX: usize = 32;

/// What a rule says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// May pass.
    Allow,
    /// May not.
    Deny,
}

/// A rule: to whom it applies, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What it says.
    pub verdict: Verdict,
    /// Which hosts it is about.
    pub host: HostPattern,
    /// Which ports; none is all.
    pub ports: Vec<RangeInclusive<u16>>,
    /// Which methods, in upper case; none is all. A tunnel has the method `CONNECT`, and what is asked through it is
    /// not seen.
    pub methods: Vec<String>,
    /// Whether addresses that are not public may be reached under this name, too.
    pub inside: bool,
}

/// Why a text is no rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRule {
    /// It begins with something else.
    #[error("a rule begins with `allow` or `deny`")]
    Verdict,
    /// There is none.
    #[error("a rule names a host after `allow` or `deny`: a name, an address, `*.domain` or `*`")]
    NoHost,
    /// It is none.
    #[error("the host cannot be used: {0}")]
    Host(BadTarget),
    /// They are none.
    #[error("`ports=` takes numbers and ranges from 1 to 65535 such as `22,8000-8080`, at most {LIST_MAX}")]
    Ports,
    /// They are none.
    #[error("`methods=` takes names such as `GET,HEAD`, at most {LIST_MAX}")]
    Methods,
    /// Something that is not known.
    #[error("after the host come `ports=…`, `methods=…` and `inside`, each once")]
    Word,
    /// Everybody would be let in everywhere.
    #[error("`inside` goes with `allow` and a name or `*.domain`: not with `deny`, and not with `*`")]
    Inside,
}

impl Rule {
    /// Whether it is about the target.
    pub fn matches(&self, target: &Target<'_>) -> bool {
        (self.ports.is_empty() || self.ports.iter().any(|range| range.contains(&target.port)))
            && (self.methods.is_empty() || self.methods.iter().any(|method| method == target.method))
            && self.host.matches(target.host)
    }

    /// Whether it names one host and its ports, so that nothing else can be meant.
    pub fn is_exact(&self) -> bool {
        matches!(self.host, HostPattern::Exactly(_)) && !self.ports.is_empty()
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.verdict {
            Verdict::Allow => "allow",
            Verdict::Deny => "deny",
        };
        write!(f, "{verdict} {}", self.host)?;
        for (i, range) in self.ports.iter().enumerate() {
            f.write_str(if i == 0 { " ports=" } else { "," })?;
            match (range.start(), range.end()) {
                (from, to) if from == to => write!(f, "{from}")?,
                (from, to) => write!(f, "{from}-{to}")?,
            }
        }
        if !self.methods.is_empty() {
            write!(f, " methods={}", self.methods.join(","))?;
        }
        if self.inside { f.write_str(" inside") } else { Ok(()) }
    }
}

impl FromStr for Rule {
    type Err = BadRule;

    fn from_str(text: &str) -> Result<Self, BadRule> {
        let mut words = text.split_ascii_whitespace();
        let verdict = match words.next() {
            Some("allow") => Verdict::Allow,
            Some("deny") => Verdict::Deny,
            _ => return Err(BadRule::Verdict),
        };
        let host = words.next().ok_or(BadRule::NoHost)?.parse().map_err(BadRule::Host)?;
        let mut rule = Self { verdict, host, ports: Vec::new(), methods: Vec::new(), inside: false };
        for word in words {
            match word.split_once('=') {
                Some(("ports", list)) if rule.ports.is_empty() => rule.ports = ports(list)?,
                Some(("methods", list)) if rule.methods.is_empty() => rule.methods = methods(list)?,
                None if word == "inside" && !rule.inside => rule.inside = true,
                _ => return Err(BadRule::Word),
            }
        }
        if rule.inside && (verdict == Verdict::Deny || rule.host == HostPattern::Any) {
            return Err(BadRule::Inside);
        }
        Ok(rule)
    }
}

fn ports(list: &str) -> Result<Vec<RangeInclusive<u16>>, BadRule> {
    let port = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        text.parse::<u16>().ok().filter(|port| digits && *port > 0).ok_or(BadRule::Ports)
    };
    let range = |text: &str| match text.split_once('-') {
        None => port(text).map(|port| port..=port),
        Some((from, to)) => Ok(port(from)?..=port(to)?)
            .and_then(|range| if range.is_empty() { Err(BadRule::Ports) } else { Ok(range) }),
    };
    let ranges = list.split(',').map(range).collect::<Result<Vec<_>, _>>()?;
    if ranges.len() <= LIST_MAX { Ok(ranges) } else { Err(BadRule::Ports) }
}

fn methods(list: &str) -> Result<Vec<String>, BadRule> {
    let method = |text: &str| {
        let fits = (1..=METHOD_BYTES_MAX).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if fits { Ok(text.to_ascii_uppercase()) } else { Err(BadRule::Methods) }
    };
    let methods = list.split(',').map(method).collect::<Result<Vec<_>, _>>()?;
    if methods.len() <= LIST_MAX { Ok(methods) } else { Err(BadRule::Methods) }
}
