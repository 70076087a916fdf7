//! The edge as the daemon wires it, without a daemon around it: for benchmarks that put something of their own in a gateway's place.

use std::sync::Arc;

use smartbox_control::Control;
use smartbox_edge::{EdgeConfig, EdgeListener, Peers};
use smartbox_egress::{AiGateway, ModelPlan};
use smartbox_provider::Link;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::adapters::dial::EdgeDial;
use crate::adapters::upstream::UpstreamDial;
use crate::adapters::{revocations, routes};
use crate::daemon::parts::{Watched, wire_edge};
use crate::daemon::routing;
use crate::settings::LogFormat;
use crate::telemetry;

/// Serves the edge of this platform until `stop`: its boxes as control sees them, identity and policy as they are for
/// everybody. Gateways are wherever `link` leads. Nobody but the demo model answers.
///
/// # Errors
/// This machine's certificate authorities cannot be used.
pub async fn serve_edge(
    config: EdgeConfig,
    control: &Control,
    link: Arc<dyn Link>,
    listener: EdgeListener,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let gateway = AiGateway::new(ModelPlan::demo(), smartbox_egress::Limits::default())?;
    serve_edge_with((config, Watched::default()), (control, &gateway), link, listener, stop).await
}

/// The same, with a gateway that answers for models.
///
/// # Errors
/// This machine's certificate authorities cannot be used.
pub(crate) async fn serve_edge_with(
    (config, watched): (EdgeConfig, Watched),
    (control, gateway): (&Control, &AiGateway),
    link: Arc<dyn Link>,
    listener: EdgeListener,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    // An error says that somebody else has chosen one before, which is as good.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let url = format!("http://{}", listener.local_addr());
    let (routing, _outcomes) = routing::wire(control);
    let dial = EdgeDial { link, upstreams: UpstreamDial::new()? };
    let signals = (stop, &CancellationToken::new());
    let (table, edge) =
        wire_edge(config, (control, gateway), (dial, routing, Peers::none()), (&url, watched), signals);
    let mut followers = JoinSet::new();
    followers.spawn(routes::follow(control.fleet(), table, stop.clone()));
    followers.spawn(revocations::follow(control.revocations(), edge.sockets(), Arc::default(), stop.clone()));
    edge.serve(listener).await;
    while followers.join_next().await.is_some() {}
    Ok(())
}

/// Logs as the daemon does by default.
///
/// # Errors
/// The filter is none.
pub fn start_logs(filter: &str) -> Result<(), String> {
    telemetry::start_with(filter, LogFormat::Text, None).map(drop)
}
