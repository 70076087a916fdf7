//! The edge as the daemon wires it, without a daemon around it: for benchmarks that put something of their own in a gateway's place.

use std::sync::Arc;

use smartbox_control::Control;
use smartbox_edge::{EdgeConfig, EdgeListener};
use smartbox_provider::Link;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::adapters::{revocations, routes};
use crate::daemon::parts::wire_edge;
use crate::settings::LogFormat;
use crate::telemetry;

/// Serves the edge of this platform until `stop`: its boxes as control sees them, identity and policy as they are for
/// everybody. Gateways are wherever `link` leads.
pub async fn serve_edge(
    config: EdgeConfig,
    control: &Control,
    link: Arc<dyn Link>,
    listener: EdgeListener,
    stop: &CancellationToken,
) {
    let url = format!("http://{}", listener.local_addr());
    let (table, edge) = wire_edge(config, control, link, &url, (stop, &CancellationToken::new()));
    let mut followers = JoinSet::new();
    followers.spawn(routes::follow(control.fleet(), table, stop.clone()));
    followers.spawn(revocations::follow(control.revocations(), edge.sockets(), stop.clone()));
    edge.serve(listener).await;
    while followers.join_next().await.is_some() {}
}

/// Logs as the daemon does by default.
///
/// # Errors
/// The filter is none.
pub fn start_logs(filter: &str) -> Result<(), String> {
    telemetry::start(filter, LogFormat::Text)
}
