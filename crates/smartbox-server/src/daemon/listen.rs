//! Where the edge listens, and under which addresses it is reached.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use anyhow::Result;
use smartbox_control::Clock;
use smartbox_core::routing::OwnAddress;
use smartbox_edge::{BindError, EdgeListener};

use crate::data_dir::DataDir;
use crate::settings::{DatabaseSettings, Settings};
use crate::tls::Source;

/// The listener of the edge, and where its certificate comes from if it has one.
pub(super) async fn listen(
    settings: &Settings,
    data: &DataDir,
    clock: &Arc<dyn Clock>,
) -> Result<(EdgeListener, Option<Source>)> {
    let tls = Source::of(&settings.edge, data, Arc::clone(clock))?;
    let listener = bind(settings).await?;
    Ok(match tls {
        Some(source) => (listener.with_tls(source.tls()), Some(source)),
        None => (listener, None),
    })
}

pub(super) fn own_address(settings: &Settings, listener: &EdgeListener) -> OwnAddress {
    OwnAddress { listen: listener.local_addr(), public_hosts: settings.edge.public_hosts.clone() }
}

async fn bind(settings: &Settings) -> Result<EdgeListener> {
    EdgeListener::bind(settings.edge.listen).await.map_err(|error| match error {
        taken @ BindError::Taken { .. } => {
            anyhow::anyhow!("{taken}\nhelp: stop that program, or choose another port with SMARTBOX_LISTEN")
        }
        other => other.into(),
    })
}

/// Where other platforms of the same database come in, and where they reach it; `None` for one that is alone.
pub(super) async fn for_peers(settings: &Settings) -> Result<Option<(EdgeListener, String)>> {
    if matches!(settings.database, DatabaseSettings::File) {
        return Ok(None);
    }
    let listener = EdgeListener::bind(settings.platforms.listen).await.map_err(|error| match error {
        taken @ BindError::Taken { .. } => anyhow::anyhow!(
            "{taken}\nhelp: stop that program, or choose another port in the settings, `platforms.listen`"
        ),
        other => other.into(),
    })?;
    let address = settings.platforms.address.clone().unwrap_or_else(|| listener.local_addr().to_string());
    Ok(Some((listener, address)))
}

/// The address that people open: with TLS under the name in the certificate, else on this machine.
pub(super) fn public_url(settings: &Settings, listener: &EdgeListener) -> String {
    let mut address = listener.local_addr();
    if !settings.edge.speaks_tls() {
        return format!("http://{}", on_this_machine(address));
    }
    match (settings.edge.public_hosts.first(), address.port()) {
        (Some(name), 443) => format!("https://{name}"),
        (Some(name), port) => format!("https://{name}:{port}"),
        (None, _) => {
            address = on_this_machine(address);
            format!("https://{address}")
        }
    }
}

/// Where this machine itself reaches a listener.
pub(super) fn on_this_machine(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() {
            Ipv4Addr::LOCALHOST.into()
        } else {
            Ipv6Addr::LOCALHOST.into()
        });
    }
    address
}
