//! Wakes one box: processes first, then its gateway, then the doors.

use std::time::Duration;

use smartbox_boxd::GATEWAY_PORT;
use smartbox_openclaw::probe::{Probe, probe};
use smartbox_provider::{Epoch, ProviderError};
use smartbox_store::Smartbox;
use tokio::time::{Instant, sleep, timeout};

use super::rest;
use crate::Control;

/// Longest wait for a gateway that was thawed. Squeezed ones read half a gigabyte back first.
const READY_WAIT: Duration = Duration::from_secs(15);
/// Longest wait for one answer.
const PROBE: Duration = Duration::from_secs(5);
/// Between two probes.
const PROBE_AGAIN: Duration = Duration::from_millis(25);

/// Wakes the box. It may answer its probe only later: then it is seen as degraded.
pub(super) async fn wake_up(control: &Control, row: &Smartbox, epoch: Epoch) -> Result<(), ProviderError> {
    control.inner.provider.ensure_awake(row.id, epoch).await?;
    let goes_on = match control.inner.resting.take(row.id) {
        Some(at_rest) => rest::resume(row.id, &at_rest).await,
        None => false,
    };
    if goes_on {
        // It was ready when it came to rest, and has just said that it takes work again: a probe would ask it the same.
        return Ok(());
    }
    // The connection is gone, or another process put it to sleep: it is asked once more in the same words.
    rest::resume_anew(control, row).await;
    let deadline = Instant::now() + READY_WAIT;
    while !is_ready(control, row).await {
        if Instant::now() >= deadline {
            tracing::warn!(box.id = %row.id, "a box was woken and its gateway is not ready");
            break;
        }
        sleep(PROBE_AGAIN).await;
    }
    Ok(())
}

async fn is_ready(control: &Control, row: &Smartbox) -> bool {
    let asked = async {
        let stream = control.inner.link.dial(row.id, GATEWAY_PORT).await.ok()?;
        probe(stream, Probe::Ready).await.ok()
    };
    matches!(timeout(PROBE, asked).await, Ok(Some(finding)) if finding.ok)
}
