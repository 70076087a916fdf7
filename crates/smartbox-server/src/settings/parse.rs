//! From texts to values, collecting everything that is wrong.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;
use jiff::SignedDuration;
use secrecy::SecretString;
use smartbox_core::Thresholds;
use smartbox_core::sleep::BadThreshold;
use smartbox_egress::{BadSetting, ModelPlan};

use super::{Image, LogFormat, raw};

/// Shortest admin secret that is taken from outside.
const ADMIN_SECRET_CHARS_MIN: usize = 16;

/// What is wrong so far.
#[derive(Default)]
pub(super) struct Problems(Vec<String>);

impl Problems {
    /// The value, or its default and one problem more.
    pub(super) fn take<T>(&mut self, setting: &str, parsed: Result<T, Wrong<T>>) -> T {
        parsed.unwrap_or_else(|wrong| {
            self.0.push(format!("`{setting}` {}", wrong.problem));
            wrong.instead
        })
    }

    /// The model plan, or its problems.
    pub(super) fn all(&mut self, plan: Result<ModelPlan, Vec<BadSetting>>) -> Option<ModelPlan> {
        plan.map_err(|problems| self.0.extend(problems.iter().map(ToString::to_string))).ok()
    }

    /// The value, or its default and its problems.
    pub(super) fn lines<T: Default>(&mut self, parsed: Result<T, Vec<String>>) -> T {
        parsed.unwrap_or_else(|problems| {
            self.0.extend(problems);
            T::default()
        })
    }

    /// One problem more, of several settings together.
    pub(super) fn say(&mut self, problem: &str) {
        self.0.push(problem.to_owned());
    }

    /// The settings, if nothing is wrong.
    pub(super) fn into_result<T>(self, settings: T) -> Result<T, Vec<String>> {
        if self.0.is_empty() { Ok(settings) } else { Err(self.0) }
    }
}

/// A text that cannot be used, and what to go on with until everything was read.
pub(super) struct Wrong<T> {
    problem: String,
    instead: T,
}

pub(super) fn wrong<T>(problem: impl Into<String>, instead: T) -> Wrong<T> {
    Wrong { problem: problem.into(), instead }
}

/// Yes or no, in the words that people use for it.
pub(super) fn flag(text: Option<&str>) -> Result<bool, Wrong<bool>> {
    match text.unwrap_or("false") {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" | "" => Ok(false),
        _ => Err(wrong("must be `true` or `false`", false)),
    }
}

/// A domain such as `boxes.example.com`.
pub(super) fn domain(text: Option<&str>) -> Result<Option<String>, Wrong<Option<String>>> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let is_domain =
        text.len() <= 180 && text.split('.').all(is_label) && text.parse::<std::net::IpAddr>().is_err();
    if is_domain {
        Ok(Some(text.to_ascii_lowercase()))
    } else {
        Err(wrong("must be a domain, such as boxes.example.com, without scheme and port", None))
    }
}

pub(super) fn address(text: &str) -> Result<SocketAddr, Wrong<SocketAddr>> {
    text.parse().map_err(|_error| {
        wrong("must be an address and a port, such as 127.0.0.1:8080", SocketAddr::from(([127, 0, 0, 1], 0)))
    })
}

/// A number above 0.
pub(super) fn count<N: FromStr + PartialOrd + Default>(
    text: Option<&str>,
    default: N,
) -> Result<N, Wrong<N>> {
    let Some(text) = text else { return Ok(default) };
    match text.trim().parse().ok().filter(|count| *count > N::default()) {
        Some(count) => Ok(count),
        None => Err(wrong("must be a whole number above 0", default)),
    }
}

/// Networks and addresses, separated by commas.
pub(super) fn networks(text: Option<&str>) -> Result<Vec<IpNet>, Wrong<Vec<IpNet>>> {
    let parse = |text: &str| text.parse().or_else(|_no_network| text.parse::<IpAddr>().map(IpNet::from));
    let items = text.unwrap_or_default().split(',').map(str::trim).filter(|item| !item.is_empty());
    let networks: Result<Vec<IpNet>, _> = items.map(parse).collect();
    networks.map_err(|_error| {
        wrong("must be addresses or networks such as 10.0.0.0/8, separated by commas", Vec::new())
    })
}

pub(super) fn hosts(text: Option<&str>) -> Result<Vec<String>, Wrong<Vec<String>>> {
    let hosts: Vec<_> =
        text.unwrap_or_default().split(',').map(str::trim).filter(|host| !host.is_empty()).collect();
    let fits = |host: &&str| host.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
    if hosts.iter().all(fits) {
        return Ok(hosts.into_iter().map(str::to_ascii_lowercase).collect());
    }
    Err(wrong("must be host names without port, separated by commas", Vec::new()))
}

/// Names of one certificate; Let's Encrypt takes as many.
const ACME_NAMES_MAX: usize = 100;

/// Host names that an authority can look up: with a dot, and no addresses.
pub(super) fn acme_names(text: Option<&str>) -> Result<Vec<String>, Wrong<Vec<String>>> {
    let names = hosts(text)?;
    let fits = |name: &String| name.contains('.') && name.parse::<IpAddr>().is_err();
    if names.len() <= ACME_NAMES_MAX && names.iter().all(fits) {
        return Ok(names);
    }
    Err(wrong(format!("must be at most {ACME_NAMES_MAX} public host names, separated by commas"), Vec::new()))
}

pub(super) fn email(text: Option<&str>) -> Result<Option<String>, Wrong<Option<String>>> {
    let fits = |text: &str| text.contains('@') && text.bytes().all(|b| b.is_ascii_graphic() && b != b',');
    match text {
        None => Ok(None),
        Some(text) if fits(text) => Ok(Some(text.to_owned())),
        Some(_) => Err(wrong("must be an e-mail address", None)),
    }
}

pub(super) fn https_url(text: Option<&str>, default: &str) -> Result<String, Wrong<String>> {
    let Some(text) = text else { return Ok(default.to_owned()) };
    let is_url = text.parse::<http::Uri>().is_ok_and(|url| {
        url.scheme() == Some(&http::uri::Scheme::HTTPS)
            && !url.authority().is_some_and(|a| a.as_str().contains('@'))
    });
    if is_url {
        Ok(text.to_owned())
    } else {
        Err(wrong("must be a URL that begins with https://", default.to_owned()))
    }
}

pub(super) fn https(text: Option<&str>) -> Result<bool, Wrong<bool>> {
    match text {
        None | Some("http") => Ok(false),
        Some("https") => Ok(true),
        Some(_) => Err(wrong("must be `http` or `https`", false)),
    }
}

pub(super) fn image(text: Option<&str>) -> Result<Image, Wrong<Image>> {
    match text {
        None | Some("debian") => Ok(Image::Debian),
        Some("host") => Ok(Image::Host),
        Some(text) => match text.strip_prefix("archive:") {
            Some(path) if !path.is_empty() => Ok(Image::Archive(PathBuf::from(path))),
            _ => Err(wrong("must be `debian`, `host` or `archive:/path/to/image.tar`", Image::Debian)),
        },
    }
}

pub(super) fn admin_secret(
    text: Option<String>,
) -> Result<Option<SecretString>, Wrong<Option<SecretString>>> {
    match text {
        None => Ok(None),
        Some(text) if text.chars().count() < ADMIN_SECRET_CHARS_MIN => {
            let problem = format!("must have at least {ADMIN_SECRET_CHARS_MIN} characters");
            Err(wrong(problem, None))
        }
        Some(text) if text.bytes().any(|b| !b.is_ascii_graphic()) => {
            Err(wrong("must be printable ASCII without spaces, because it travels in a header", None))
        }
        Some(text) => Ok(Some(SecretString::from(text))),
    }
}

pub(super) fn duration(text: Option<&str>, default: &str) -> Result<Duration, Wrong<Duration>> {
    let parsed =
        text.unwrap_or(default).parse::<SignedDuration>().ok().and_then(|d| Duration::try_from(d).ok());
    parsed
        .ok_or_else(|| wrong("must be a time with its unit, such as 500ms, 30s, 10m or 24h", Duration::ZERO))
}

pub(super) fn thresholds(raw: &raw::Boxes, problems: &mut Problems) -> Thresholds {
    let standard = Thresholds::default();
    let mut take = |setting, text: &Option<String>, default| {
        let parsed = text.as_deref().map_or(Ok(default), str::parse);
        problems.take(setting, parsed.map_err(|error: BadThreshold| wrong(error.to_string(), default)))
    };
    Thresholds {
        frozen: take("boxes.sleep_after", &raw.sleep_after, standard.frozen),
        squeezed: take("boxes.squeeze_after", &raw.squeeze_after, standard.squeezed),
        stopped: take("boxes.end_after", &raw.end_after, standard.stopped),
    }
}

pub(super) fn log_format(text: Option<&str>) -> Result<LogFormat, Wrong<LogFormat>> {
    match text {
        None | Some("text") => Ok(LogFormat::Text),
        Some("json") => Ok(LogFormat::Json),
        Some(_) => Err(wrong("must be `text` or `json`", LogFormat::Text)),
    }
}
