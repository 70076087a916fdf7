//! From control's picture of what boxes have left to the proxy's.

use std::collections::HashMap;
use std::sync::Arc;

use smartbox_control::Allowances;
use smartbox_egress::{Admissions, Allowance, UsedUp};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Publishes what boxes have left whenever it changes, until told to stop.
pub(crate) async fn follow(
    mut allowances: watch::Receiver<Arc<Allowances>>,
    admissions: watch::Sender<Arc<Admissions>>,
    stop: CancellationToken,
) {
    loop {
        admissions.send_replace(Arc::new(table(&allowances.borrow_and_update())));
        tokio::select! { biased;
            () = stop.cancelled() => return,
            changed = allowances.changed() => if changed.is_err() { return },
        }
    }
}

fn table(allowances: &Allowances) -> Admissions {
    let of_box = |left: &smartbox_control::Allowance| Allowance {
        bytes_left: left.bytes_left,
        used_up: UsedUp {
            what: left.what.to_owned(),
            current: left.current,
            limit: left.limit,
            resets_at: left.resets_at.to_string(),
            message: left.message.clone(),
        },
    };
    Admissions::new(allowances.boxes.iter().map(|(id, left)| (*id, of_box(left))).collect::<HashMap<_, _>>())
}
