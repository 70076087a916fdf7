//! The forward proxy's tasks.

use std::sync::Arc;

use anyhow::Result;
use smartbox_control::Control;

use crate::adapters::egress::{Egress, RemoteBoxes, admissions, connections, policies, report};
use crate::lifecycle::Lifecycle;
use crate::settings::{DatabaseSettings, Settings};

/// Reads the rules, connects the proxy with control and starts what goes on beside it.
pub(super) async fn start(
    egress: Egress,
    settings: &Settings,
    control: &Control,
    life: &Lifecycle,
) -> Result<()> {
    let Egress {
        proxy,
        policies,
        admissions,
        refused,
        connected,
        connections,
        dropped,
        control: late,
        listener,
    } = egress;
    control.start_egress(Arc::clone(&settings.egress.rules)).await?;
    // Nobody else moves bytes of boxes any more. Where several platforms do, whoever takes a box gives back what is its.
    if matches!(settings.database, DatabaseSettings::File) {
        control.give_all_bytes_back().await?;
    }
    control.publish_allowances().await?;
    // Nobody else sets it.
    let _first = late.set(control.clone());
    let own_hosts = settings.edge.public_hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
    let (fleet, rules) = (control.fleet(), control.egress_rules());
    life.spawn("policies", policies::follow(fleet, rules, policies, own_hosts, life.soft.clone()));
    life.spawn("admissions", admissions::follow(control.allowances(), admissions, life.soft.clone()));
    let (resuming, soft) = (control.clone(), life.soft.clone());
    life.spawn("key rotation", async move {
        tokio::select! { biased;
            () = soft.cancelled() => return,
            () = resume(&resuming) => {}
        }
        // A task that ends before the stop is taken for one that broke.
        soft.cancelled().await;
    });
    life.spawn("refusals", report::follow(control.clone(), refused, connections, life.soft.clone()));
    life.spawn("connections", connections::follow(control.clone(), connected, dropped, life.soft.clone()));
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
    Ok(())
}

/// Goes on with a rotation of the sealing key that broke off, if there was one.
async fn resume(control: &Control) {
    match control.resume_key_rotation().await {
        Ok(rotation) if rotation.resealed == 0 => {}
        Ok(rotation) => {
            tracing::info!(resealed = rotation.resealed, "a rotation of the sealing key was finished")
        }
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "a rotation of the sealing key could not be finished"
            );
        }
    }
}
