//! `[platforms]`: how platforms that share a database on a server reach each other.

use std::net::{Ipv4Addr, SocketAddr};

use super::parse::{self, Problems};
use super::raw;

/// Where this platform is for the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PlatformSettings {
    /// Where it listens for them. Port 0 lets the system choose.
    pub(crate) listen: SocketAddr,
    /// Where they reach it, if that is another address: `host:port`.
    pub(crate) address: Option<String>,
}

impl Default for PlatformSettings {
    fn default() -> Self {
        Self { listen: (Ipv4Addr::LOCALHOST, 0).into(), address: None }
    }
}

/// Understands the texts. What is wrong is added to `problems`.
pub(super) fn parse(raw: &raw::Platforms, problems: &mut Problems) -> PlatformSettings {
    let usual = PlatformSettings::default();
    let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let listen = match text(&raw.listen) {
        Some(text) => problems.take("platforms.listen", parse::address(&text)),
        None => usual.listen,
    };
    let address = text(&raw.address);
    if let Some(address) = &address
        && !is_address(address)
    {
        problems.say("`platforms.address` must be a host and a port, such as `10.0.0.5:8090`");
    }
    if address.is_none() && listen.ip().is_unspecified() {
        problems.say(
            "`platforms.listen` names every address of this machine: say with `platforms.address` which one the other platforms use",
        );
    }
    PlatformSettings { listen, address }
}

fn is_address(text: &str) -> bool {
    format!("http://{text}").parse::<smartbox_core::routing::BaseUrl>().is_ok()
        && text.rsplit_once(':').is_some_and(|(_host, port)| port.parse::<u16>().is_ok_and(|port| port > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(listen: &str, address: &str) -> Result<PlatformSettings, String> {
        let mut problems = Problems::default();
        let raw = raw::Platforms { listen: Some(listen.to_owned()), address: Some(address.to_owned()) };
        let settings = parse(&raw, &mut problems);
        problems.into_result(settings).map_err(|said| said.join("\n"))
    }

    #[test]
    fn without_a_word_platforms_of_one_machine_find_each_other() {
        assert_eq!(read("", ""), Ok(PlatformSettings::default()));
        assert!(PlatformSettings::default().listen.ip().is_loopback());
    }

    #[test]
    fn an_address_is_a_host_and_a_port_and_is_needed_where_the_listener_has_none() {
        let settings = read("0.0.0.0:8090", "box-1.internal:8090").unwrap();
        assert_eq!(settings.address.as_deref(), Some("box-1.internal:8090"));
        assert!(read("[::1]:0", "[2001:db8::1]:8090").is_ok());
        assert!(read("0.0.0.0:8090", "").unwrap_err().contains("platforms.address"));
        assert!(read("nowhere", "").unwrap_err().contains("platforms.listen"));
        for wrong in ["box-1", "box-1:0", "http://box-1:80", "box-1:80/x", "u@h:80", ":80"] {
            assert!(read("127.0.0.1:0", wrong).unwrap_err().contains("platforms.address"), "{wrong}");
        }
    }
}
