//! From control's picture of the fleet, and the platform's rules, to what each box may reach.

use std::collections::HashMap;
use std::sync::Arc;

use smartbox_control::FleetView;
use smartbox_core::BoxId;
use smartbox_core::egress_policy::{Policy, Rules};
use smartbox_egress::Policies;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// What does not change while the platform runs.
pub(crate) struct Fixed {
    /// The platform's own rules.
    pub(crate) platform: Arc<Rules>,
    /// Names under which the platform itself is reached.
    pub(crate) own_hosts: Vec<String>,
}

/// Publishes policies for each picture of the fleet that has other boxes, until told to stop.
pub(crate) async fn follow(
    mut fleet: watch::Receiver<Arc<FleetView>>,
    policies: watch::Sender<Arc<Policies>>,
    fixed: Fixed,
    stop: CancellationToken,
) {
    let mut published = None;
    loop {
        let boxes: Vec<BoxId> = fleet.borrow_and_update().boxes.iter().map(|state| state.id).collect();
        // Most pictures differ in states alone, and each publication makes every tunnel look.
        if published.as_ref() != Some(&boxes) {
            policies.send_replace(Arc::new(table(&boxes, &fixed)));
            published = Some(boxes);
        }
        tokio::select! { biased;
            () = stop.cancelled() => return,
            changed = fleet.changed() => if changed.is_err() { return },
        }
    }
}

fn table(boxes: &[BoxId], fixed: &Fixed) -> Policies {
    let of_box = |_id: &BoxId| {
        Policy::new([Arc::clone(&fixed.platform), Arc::default(), Arc::default(), Arc::default()])
    };
    let boxes: HashMap<_, _> = boxes.iter().map(|id| (*id, of_box(id))).collect();
    Policies::new(boxes, fixed.own_hosts.clone())
}
