//! Shows how far work on backups is while somebody waits for it.

use std::time::Duration;

use smartbox_api::BoxView;
use tokio::time::{MissedTickBehavior, interval};

use crate::client::{Client, Route};
use crate::console::Console;
use crate::failure::Failure;
use crate::operation::how_far;
use crate::verb::BoxFlag;

/// How often it is looked at.
const PERIOD: Duration = Duration::from_millis(500);
/// Longest time for such a look.
const LOOK_TIMEOUT: Duration = Duration::from_secs(5);

/// Waits for `work`, and meanwhile shows what is under way at the box.
pub(super) async fn watched<T>(
    client: &Client,
    console: &mut Console,
    smartbox: &BoxFlag,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let mut progress = console.progress();
    let reference = smartbox.reference();
    let path = ["boxes", reference.as_str()];
    let mut work = std::pin::pin!(work);
    let mut looks = interval(PERIOD);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first tick is at once; what is done by then needs no look.
    looks.reset();
    loop {
        tokio::select! { biased;
            done = &mut work => return done,
            _ = looks.tick() => {}
        }
        // Only for show: whoever asked for the work deals with errors.
        let look = client.get_within::<BoxView>(Route::v1(&path), LOOK_TIMEOUT);
        let seen = tokio::select! { biased;
            done = &mut work => return done,
            seen = look => seen,
        };
        let under_way = seen.ok().and_then(|seen| seen.backup).map(|backup| backup.under_way);
        if let Some(work) = under_way.as_ref().and_then(|all| all.first()) {
            let shown = how_far(work, progress.is_live());
            progress.show(console, &shown).await;
        }
    }
}
