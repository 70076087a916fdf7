//! Fills the compile cache that all boxes share, with a box that nobody uses.

use std::time::Duration;

use anyhow::{Context, Result};
use secrecy::SecretString;
use smartbox_control::{CRASHES_MAX, Clock, Entropy, Ingredients, SystemClock, random_token, render_files};
use smartbox_core::{BoxId, Progress, UidRange, tier};
use smartbox_openclaw::config::ModelConfig;
use smartbox_provider::{Limits, Spec};
use smartbox_providers::local::LocalProvider;

/// A first boot without any cache, on a slow disk.
const READY_WITHIN: Duration = Duration::from_mins(5);
/// An idle gateway stops in half a second; writing its cache takes some more.
const STOP_GRACE: Duration = Duration::from_secs(30);

/// Starts a box, waits for its gateway, stops it, and keeps what it compiled.
pub(crate) async fn run(
    provider: &LocalProvider,
    runtime_version: &str,
    models: &ModelConfig,
    entropy: &dyn Entropy,
    progress: &dyn Progress,
) -> Result<()> {
    let mut random = [0u8; 10];
    entropy.fill(&mut random);
    let id = BoxId::from_parts(SystemClock.now(), random);
    let mut seed = [0u8; 32];
    entropy.fill(&mut seed);
    // Nobody logs in: the one key that could is the box's own.
    let key = smartbox_tunnel::generate_key_pair(seed).context("a key for the warm-up")?;
    let gateway_token = SecretString::from(random_token(entropy));
    let files = render_files(&Ingredients {
        generation: 1,
        runtime_version,
        models,
        owner: None,
        gateway_token: &gateway_token,
        host_key: &key.private,
        authorized_key: key.public.clone(),
        stop_grace: STOP_GRACE,
        crashes_max: CRASHES_MAX,
        secrets: &[],
        trust: None,
        is_quiet: false,
    })?;
    let spec = Spec {
        generation: 1,
        hostname: "warm-up".to_owned(),
        // The last range: no box has it for as long as there are others.
        uid_range: UidRange::from_slot(smartbox_core::uid_range::COUNT - 1).context("a range of user ids")?,
        runtime_version: runtime_version.to_owned(),
        limits: limits(),
        stop_grace: STOP_GRACE,
        files,
    };
    provider
        .warm_up(id, &spec, READY_WITHIN, progress)
        .await
        .context("the agent runtime could not be warmed up")
}

/// As much as the smallest tier, which every machine that runs boxes has.
fn limits() -> Limits {
    let [tier, ..] = tier::defaults();
    Limits {
        cpu_millis: tier.cpu_millis,
        memory_bytes: tier.memory_bytes,
        memory_max_bytes: tier.memory_max_bytes,
        pids_max: tier.pids_max,
    }
}
