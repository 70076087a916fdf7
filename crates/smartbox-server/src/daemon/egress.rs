//! The forward proxy's tasks.

use std::sync::Arc;

use smartbox_control::Control;

use crate::adapters::egress::{Egress, RemoteBoxes, policies, report};
use crate::lifecycle::Lifecycle;
use crate::settings::Settings;

/// Connects the proxy with control and starts what goes on beside it.
pub(super) fn start(egress: Egress, settings: &Settings, control: &Control, life: &Lifecycle) {
    let Egress { proxy, policies, refused, control: late, listener } = egress;
    // Nobody else sets it.
    let _first = late.set(control.clone());
    let fixed = policies::Fixed {
        platform: Arc::clone(&settings.egress.rules),
        own_hosts: settings.edge.public_hosts.iter().map(|host| host.to_ascii_lowercase()).collect(),
    };
    life.spawn("policies", policies::follow(control.fleet(), policies, fixed, life.soft.clone()));
    life.spawn("refusals", report::follow(control.clone(), refused, life.soft.clone()));
    let (meter, soft) = (proxy.clone(), life.soft.clone());
    life.spawn("meter", async move { meter.run_meter(soft).await });
    if let Some(listener) = listener {
        let soft = life.soft.clone();
        life.spawn("remote proxy", async move {
            if let Err(error) = proxy.serve_remote(RemoteBoxes(listener), soft).await {
                tracing::error!(error = &error as &dyn std::error::Error, "the proxy for remote boxes ended");
            }
        });
    }
}
