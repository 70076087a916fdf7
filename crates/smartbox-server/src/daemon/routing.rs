//! Routing flags: what the edge goes by, what it tells, and what the settings say.

use anyhow::{Result, bail};
use smartbox_control::{Control, Error, SystemEntropy, random_token};
use smartbox_core::routing::Outcome;
use smartbox_edge::Routing;
use tokio::sync::mpsc;

use crate::settings::Settings;

/// Outcomes of candidates that wait to be counted. What does not fit is not counted.
const OUTCOMES_MAX: usize = 4096;

/// The edge's side of the routing flags, and what it tells.
pub(crate) fn wire(control: &Control) -> (Routing, mpsc::Receiver<Outcome>) {
    let (tell, outcomes) = mpsc::channel(OUTCOMES_MAX);
    let name = format!("smartbox-{}", random_token(&SystemEntropy));
    (Routing::new(control.routing_flags(), tell, name), outcomes)
}

/// Reads the routes and applies what the settings say.
pub(super) async fn start(settings: &Settings, control: &Control) -> Result<()> {
    match control.start_routing(&settings.routing).await {
        Err(Error::Invalid(issues)) => {
            let said: Vec<_> =
                issues.iter().map(|issue| format!("`{}` {}", issue.field, issue.message)).collect();
            bail!("the settings in the section `routing` cannot be applied: {}", said.join("; "));
        }
        started => Ok(started?),
    }
}
