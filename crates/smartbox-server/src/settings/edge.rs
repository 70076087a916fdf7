//! `[edge]`: the listener, who may come, and how often.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use smartbox_acme::{AcmeConfig, LETS_ENCRYPT};
use smartbox_core::box_host;
use smartbox_edge::{EdgeConfig, Rate, Scheme};

use super::parse::{self, Problems};
use super::raw;
use crate::tls::{self, Files, Pair};

/// Rates are said by the minute.
const MINUTE: Duration = Duration::from_secs(60);

/// The settings of the edge.
#[derive(Clone, Debug)]
pub struct EdgeSettings {
    /// Where the edge listens. Port 0 lets the system choose.
    pub listen: SocketAddr,
    /// Further host names under which clients may address the edge.
    pub public_hosts: Vec<String>,
    /// Whether those are reached over TLS that something in front of the edge ends.
    pub public_https: bool,
    /// Below which domain each box has a host of its own. It is one of the public hosts itself, the first.
    pub base_domain: Option<String>,
    /// Whether everybody who reaches the platform is its first person.
    pub dev_mode: bool,
    /// Whether programs on this machine that have the admin secret may look at the process.
    pub debug_routes: bool,
    /// Certificate and key, as they were when the settings were read.
    pub(crate) tls: Option<(Files, Pair)>,
    /// What certificate to get of whom, if it does not come from files.
    pub(crate) acme: Option<AcmeConfig>,
    /// Proxies whose word about clients counts.
    pub trusted_proxies: Vec<IpNet>,
    /// How often one address, and one caller, may ask.
    pub requests_per_minute: u32,
    /// How often one address may try to sign in.
    pub sign_ins_per_minute: u32,
    /// How often one address may ask for a socket.
    pub sockets_per_minute: u32,
    /// Connections at a time.
    pub connections_max: usize,
    /// Those from one address that were not upgraded.
    pub connections_per_address: usize,
    /// Sockets from one address at a time.
    pub sockets_per_address: usize,
    /// Sockets of one caller at a time.
    pub sockets_per_caller: usize,
    /// Requests and sockets of one box at a time.
    pub in_flight_per_box: usize,
}

impl EdgeSettings {
    /// Understands the texts; `listen` is the flag, which wins. What is wrong is added to `problems`.
    pub(super) fn parse(listen: Option<&str>, raw: &raw::Edge, problems: &mut Problems) -> Self {
        let usual = EdgeConfig::default();
        let listen = listen.or(raw.listen.as_deref()).unwrap_or("127.0.0.1:8080");
        let mut count = |name: &str, text: &Option<String>, usual| {
            problems.take(name, parse::count(text.as_deref(), usual))
        };
        let connections_max = count("edge.connections_max", &raw.connections_max, usual.connections_max);
        let connections_per_address = count(
            "edge.connections_per_address",
            &raw.connections_per_address,
            usual.connections_per_address,
        );
        let sockets_per_address =
            count("edge.sockets_per_address", &raw.sockets_per_address, usual.sockets_per_address);
        let sockets_per_caller =
            count("edge.sockets_per_caller", &raw.sockets_per_caller, usual.sockets_per_caller);
        let in_flight_per_box =
            count("edge.in_flight_per_box", &raw.in_flight_per_box, usual.box_in_flight_max);
        let mut rate = |name: &str, text: &Option<String>, usual: Rate| {
            problems.take(name, parse::count(text.as_deref(), usual.burst))
        };
        let requests_per_minute =
            rate("edge.requests_per_minute", &raw.requests_per_minute, usual.address_rate);
        let sign_ins_per_minute =
            rate("edge.sign_ins_per_minute", &raw.sign_ins_per_minute, usual.sign_in_rate);
        let sockets_per_minute = rate("edge.sockets_per_minute", &raw.sockets_per_minute, usual.sockets_rate);
        let acme = acme(raw, problems);
        // Whoever gets a certificate for a name wants to be found under it.
        let base_domain = problems.take("edge.base_domain", parse::domain(raw.base_domain.as_deref()));
        let mut public_hosts: Vec<String> = base_domain.iter().cloned().collect();
        public_hosts.extend(acme.iter().flat_map(|acme| acme.names.clone()));
        public_hosts.extend(problems.take("edge.public_hosts", parse::hosts(raw.public_hosts.as_deref())));
        let listen = problems.take("edge.listen", parse::address(listen));
        let dev_mode = problems.take("edge.dev_mode", parse::flag(raw.dev_mode.as_deref()));
        if dev_mode && !(listen.ip().is_loopback() && public_hosts.is_empty()) {
            problems.say(
                "`edge.dev_mode` lets everybody in, so it works with a loopback address and without public hosts only",
            );
        }
        Self {
            listen,
            public_hosts,
            base_domain,
            dev_mode,
            debug_routes: problems.take("edge.debug_routes", parse::flag(raw.debug_routes.as_deref())),
            public_https: problems.take("edge.public_scheme", parse::https(raw.public_scheme.as_deref())),
            tls: problems.lines(pair(raw)),
            acme,
            trusted_proxies: problems
                .take("edge.trusted_proxies", parse::networks(raw.trusted_proxies.as_deref())),
            requests_per_minute,
            sign_ins_per_minute,
            sockets_per_minute,
            connections_max,
            connections_per_address,
            sockets_per_address,
            sockets_per_caller,
            in_flight_per_box,
        }
    }

    /// The same, in the edge's own words.
    pub(crate) fn config(&self, hold: Duration) -> EdgeConfig {
        let per_minute = |burst| Rate { burst, window: MINUTE };
        EdgeConfig {
            public_hosts: self.public_hosts.clone(),
            public_scheme: if self.public_https { Scheme::Https } else { Scheme::Http },
            box_domains: self.box_domains(),
            trusted_proxies: self.trusted_proxies.clone(),
            hold_timeout: hold,
            address_rate: per_minute(self.requests_per_minute),
            caller_rate: per_minute(self.requests_per_minute),
            box_rate: per_minute(self.requests_per_minute.saturating_mul(4)),
            sign_in_rate: per_minute(self.sign_ins_per_minute),
            sockets_rate: per_minute(self.sockets_per_minute),
            connections_max: self.connections_max,
            connections_per_address: self.connections_per_address,
            sockets_per_address: self.sockets_per_address,
            sockets_per_caller: self.sockets_per_caller,
            box_in_flight_max: self.in_flight_per_box,
            ..EdgeConfig::default()
        }
    }

    /// Below which domains boxes have hosts of their own.
    pub(crate) fn box_domains(&self) -> Vec<String> {
        std::iter::once(box_host::LOOPBACK_DOMAIN.to_owned()).chain(self.base_domain.clone()).collect()
    }

    /// Whether the edge itself ends TLS.
    pub(crate) const fn speaks_tls(&self) -> bool {
        self.tls.is_some() || self.acme.is_some()
    }

    /// What everybody on the way can read, if that is not meant to be so.
    pub(crate) fn warning(&self) -> Option<&'static str> {
        let is_open = !self.speaks_tls() && !self.public_https && !self.listen.ip().is_loopback();
        is_open.then_some(
            "this address is reached without TLS: whoever is on the way reads passwords and sessions. Set \
             edge.tls_certificate and edge.tls_key, or edge.public_scheme = \"https\" if something in front of Smartbox \
             ends TLS",
        )
    }
}

/// Both files or none.
fn pair(raw: &raw::Edge) -> Result<Option<(Files, Pair)>, Vec<String>> {
    let path = |text: &Option<String>| text.as_deref().filter(|text| !text.is_empty()).map(PathBuf::from);
    let files = match (path(&raw.tls_certificate), path(&raw.tls_key)) {
        (None, None) => return Ok(None),
        (Some(certificate), Some(key)) => Files { certificate, key },
        (Some(_), None) => {
            return Err(vec!["`edge.tls_certificate` needs `edge.tls_key` as well".to_owned()]);
        }
        (None, Some(_)) => {
            return Err(vec!["`edge.tls_key` needs `edge.tls_certificate` as well".to_owned()]);
        }
    };
    match tls::read(&files) {
        Ok(pair) => Ok(Some((files, pair))),
        Err(problem) => Err(vec![problem.to_string()]),
    }
}

/// Who issues the certificate, if any names are given.
fn acme(raw: &raw::Edge, problems: &mut Problems) -> Option<AcmeConfig> {
    let names = problems.take("edge.acme_domains", parse::acme_names(raw.acme_domains.as_deref()));
    let has_more =
        raw.acme_email.is_some() || raw.acme_directory.is_some() || raw.acme_directory_ca.is_some();
    if names.is_empty() {
        if has_more {
            problems.say("`edge.acme_domains` must name hosts when another of `edge.acme_…` is set");
        }
        return None;
    }
    if raw.tls_certificate.is_some() || raw.tls_key.is_some() {
        problems.say("`edge.acme_domains` and `edge.tls_certificate` cannot both be set");
    }
    let directory = raw.acme_directory.as_deref();
    Some(AcmeConfig {
        names,
        email: problems.take("edge.acme_email", parse::email(raw.acme_email.as_deref())),
        directory: problems.take("edge.acme_directory", parse::https_url(directory, LETS_ENCRYPT)),
        directory_ca: raw.acme_directory_ca.as_deref().map(PathBuf::from),
    })
}
