//! Upstreams that orgs name are at public addresses: a key must not become a way into the operator's network.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use smartbox_core::egress_policy::{Grant, may_dial};

use crate::proxy::{KernelAddresses, OwnAddresses as _, Resolve as _, SystemResolver};

/// Looks names up and keeps only public addresses: what is checked is what is dialled.
#[derive(Debug, Default)]
pub(super) struct PublicNames(Arc<SystemResolver>);

impl Resolve for PublicNames {
    fn resolve(&self, name: Name) -> Resolving {
        let system = Arc::clone(&self.0);
        Box::pin(async move {
            let found = system.resolve(name.as_str()).await?;
            let public: Vec<SocketAddr> = found
                .into_iter()
                .filter(|address| is_public(*address))
                .map(|address| SocketAddr::new(address, 0))
                .collect();
            if public.is_empty() {
                return Err("the name leads to no public address".into());
            }
            let addresses: Addrs = Box::new(public.into_iter());
            Ok(addresses)
        })
    }
}

/// Whether a URL names an address, which nobody looks up, and that address is not public.
pub(super) fn is_literal_inside(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return true };
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    host.parse().is_ok_and(|address| !is_public(address))
}

fn is_public(address: IpAddr) -> bool {
    may_dial(address, KernelAddresses.is_own(address), Grant::default()).is_ok()
        && !KernelAddresses.is_own(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_are_not_public_are_found_in_every_spelling_a_url_has() {
        for inside in [
            "http://127.0.0.1:8080/v1",
            "http://2130706433/v1",
            "http://0x7f.1/v1",
            "http://[::1]/v1",
            "http://[::ffff:10.0.0.1]/v1",
            "http://169.254.169.254/v1",
            "http://192.168.1.1/v1",
            "no url",
        ] {
            assert!(is_literal_inside(inside), "{inside}");
        }
        for public in ["https://api.openai.com/v1", "https://1.1.1.1/v1", "https://[2606:4700:4700::1111]/v1"]
        {
            assert!(!is_literal_inside(public), "{public}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_not_dialled() {
        let name = "localhost".parse().unwrap();
        assert!(PublicNames::default().resolve(name).await.is_err());
    }
}
