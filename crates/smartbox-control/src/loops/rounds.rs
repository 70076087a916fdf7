//! How loops that only look now and then are run.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::Error;

/// Makes a pass after each `pause` until told to stop. A pass in the middle is dropped then; one that fails is told as `failed`, and the
/// next one is the retry.
pub(super) async fn rounds<F>(
    pause: Duration,
    stop: &CancellationToken,
    failed: &'static str,
    pass: impl Fn() -> F + Send,
) where
    F: Future<Output = Result<(), Error>> + Send,
{
    loop {
        tokio::select! { biased;
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        tokio::select! { biased;
            () = stop.cancelled() => return,
            done = pass() => {
                if let Err(error) = done {
                    tracing::warn!(error = &error as &dyn std::error::Error, "{failed}");
                }
            }
        }
    }
}
