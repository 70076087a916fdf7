//! One rule, as people write it.

use std::fmt;
use std::str::FromStr;

use super::{Asked, Place, Scheme};
use crate::egress_policy::{BadTarget, Host};
use crate::secret::{BadSecretName, SecretName};

/// Most methods of a rule.
const METHODS_MAX: usize = 16;
/// Longest method, header and path of a rule, in bytes.
const METHOD_BYTES_MAX: usize = 32;
/// See the one before.
const HEADER_BYTES_MAX: usize = 64;
/// See the one before.
const PATH_BYTES_MAX: usize = 512;
/// Headers that say how a message is carried and for whom it is: they are the proxy's.
const RESERVED_HEADERS: [&str; 14] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "max-forwards",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// How the host is spoken to.
    pub scheme: Scheme,
    /// The one host.
    pub host: Host,
    /// Its port.
    pub port: u16,
    /// What the path begins with, by whole segments; `/` for every path.
    pub path: String,
    /// Which methods, in upper case; none is all.
    pub methods: Vec<String>,
    /// Where.
    pub place: Place,
    /// Which secret.
    pub secret: SecretName,
}

/// Why a text is no rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRule {
    /// It begins with something else.
    #[error("a rule begins with `http://host` or `https://host`, then port and path if wanted")]
    Url,
    /// The host is none.
    #[error("the host cannot be used: {0}")]
    Host(BadTarget),
    /// The path is none.
    #[error(
        "the path has 1 to {PATH_BYTES_MAX} printable characters of ASCII without `?`, `#`, `%`, `//`, `.` and `..`"
    )]
    Path,
    /// No secret, or none that can be.
    #[error("a rule says `secret=NAME`, and the name {0}")]
    Secret(BadSecretName),
    /// No place.
    #[error("a rule says `header=NAME` or `path`: where the placeholder stands")]
    NoPlace,
    /// Not a header in which anything is put.
    #[error(
        "the header cannot be used: it is no name of a header, or one that says how a message is carried"
    )]
    Header,
    /// They are none.
    #[error("`methods=` takes names such as `GET,POST`, at most {METHODS_MAX}")]
    Methods,
    /// Something that is not known.
    #[error("after the URL come `secret=…`, `header=…` or `path`, and `methods=…`, each once")]
    Word,
}

impl Rule {
    /// Whether it is about a request.
    pub fn matches(&self, asked: &Asked<'_>) -> bool {
        self.is_for(asked.scheme, asked.host, asked.port)
            && (self.methods.is_empty() || self.methods.iter().any(|method| method == asked.method))
            && self.covers(asked.path)
    }

    /// Whether it is about a host.
    pub fn is_for(&self, scheme: Scheme, host: &Host, port: u16) -> bool {
        self.scheme == scheme && self.port == port && self.host == *host
    }

    fn covers(&self, path: &str) -> bool {
        if self.path == "/" {
            return true;
        }
        // Whoever answers may read such a path as one elsewhere.
        let is_plain = !path.contains(['%', '\\'])
            && !path.split('/').skip(1).any(|segment| matches!(segment, "." | ".."))
            && !path.contains("//");
        let front = self.path.trim_end_matches('/');
        is_plain && path.strip_prefix(front).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.as_str(), self.host)?;
        if self.port != self.scheme.port() {
            write!(f, ":{}", self.port)?;
        }
        write!(f, "{} secret={} ", self.path, self.secret)?;
        match &self.place {
            Place::Header(name) => write!(f, "header={name}")?,
            Place::Path => f.write_str("path")?,
        }
        if self.methods.is_empty() { Ok(()) } else { write!(f, " methods={}", self.methods.join(",")) }
    }
}

impl FromStr for Rule {
    type Err = BadRule;

    fn from_str(text: &str) -> Result<Self, BadRule> {
        let mut words = text.split_ascii_whitespace();
        let (scheme, host, port, path) = url(words.next().ok_or(BadRule::Url)?)?;
        let (mut secret, mut place, mut wanted) = (None, None, Vec::new());
        for word in words {
            match word.split_once('=') {
                Some(("secret", name)) if secret.is_none() => {
                    secret = Some(name.parse().map_err(BadRule::Secret)?);
                }
                Some(("header", name)) if place.is_none() => place = Some(Place::Header(header(name)?)),
                None if word == "path" && place.is_none() => place = Some(Place::Path),
                Some(("methods", list)) if wanted.is_empty() => wanted = methods(list)?,
                _ => return Err(BadRule::Word),
            }
        }
        let secret = secret.ok_or(BadRule::Secret(BadSecretName::Spelling))?;
        let place = place.ok_or(BadRule::NoPlace)?;
        Ok(Self { scheme, host, port, path, methods: wanted, place, secret })
    }
}

fn url(text: &str) -> Result<(Scheme, Host, u16, String), BadRule> {
    let (scheme, rest) = match text.split_once("://") {
        Some(("http", rest)) => (Scheme::Http, rest),
        Some(("https", rest)) => (Scheme::Https, rest),
        _ => return Err(BadRule::Url),
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (host, port) = Host::parse_authority(authority, Some(scheme.port())).map_err(BadRule::Host)?;
    let path = if path.is_empty() { "/" } else { path };
    let fits = path.len() <= PATH_BYTES_MAX
        && path.bytes().all(|b| b.is_ascii_graphic() && !b"?#%\\".contains(&b))
        && !path.contains("//")
        && !path.split('/').any(|segment| matches!(segment, "." | ".."));
    if fits { Ok((scheme, host, port, path.to_owned())) } else { Err(BadRule::Path) }
}

fn header(name: &str) -> Result<String, BadRule> {
    let name = name.to_ascii_lowercase();
    let fits = (1..=HEADER_BYTES_MAX).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        && !RESERVED_HEADERS.contains(&name.as_str());
    if fits { Ok(name) } else { Err(BadRule::Header) }
}

fn methods(list: &str) -> Result<Vec<String>, BadRule> {
    let method = |text: &str| {
        let fits =
            (1..=METHOD_BYTES_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphabetic());
        if fits { Ok(text.to_ascii_uppercase()) } else { Err(BadRule::Methods) }
    };
    let methods = list.split(',').map(method).collect::<Result<Vec<_>, _>>()?;
    if methods.len() <= METHODS_MAX { Ok(methods) } else { Err(BadRule::Methods) }
}
