//! From control's picture of the fleet to the edge's route table.

use std::sync::Arc;

use http::{HeaderName, HeaderValue};
use jiff::Timestamp;
use smartbox_control::{BoxState, FleetView};
use smartbox_core::{Desired, Phase};
use smartbox_edge::{GatewayCredential, Route, RouteState, RouteTable};
use smartbox_openclaw::access;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Publishes a route table for each picture of the fleet, until told to stop.
pub(crate) async fn follow(
    mut fleet: watch::Receiver<Arc<FleetView>>,
    routes: watch::Sender<Arc<RouteTable>>,
    stop: CancellationToken,
) {
    loop {
        let table = table(&fleet.borrow_and_update());
        routes.send_replace(Arc::new(table));
        tokio::select! { biased;
            () = stop.cancelled() => return,
            changed = fleet.changed() => if changed.is_err() { return },
        }
    }
}

fn table(fleet: &FleetView) -> RouteTable {
    RouteTable::new(fleet.boxes.iter().map(|state| route(state)), fleet.first_org)
}

fn route(state: &BoxState) -> Route {
    Route {
        id: state.id,
        org: state.org,
        name: state.name.clone(),
        is_default: state.is_default,
        generation: state.generation.unwrap_or(0),
        state: route_state(state),
        credential: credential(state),
    }
}

fn route_state(state: &BoxState) -> RouteState {
    let since = state.since.unwrap_or(Timestamp::UNIX_EPOCH);
    let phase = state.phase.as_str();
    match state.phase {
        Phase::Running | Phase::Degraded => RouteState::Ready,
        Phase::Requested | Phase::Provisioning | Phase::Starting => {
            RouteState::Waiting { phase, stage: state.stage, since }
        }
        // A restart passes through stopping; the box is on its way all the same.
        Phase::Stopping if state.desired == Desired::Running => {
            RouteState::Waiting { phase, stage: None, since }
        }
        Phase::Stopping | Phase::Stopped => RouteState::Stopped { phase, since },
        Phase::Failed => {
            let error = state.error.as_ref();
            RouteState::Failed {
                title: "The box failed.".to_owned(),
                detail: error.map(|error| error.what.clone()),
                remedy: error.and_then(|error| error.remedy.clone()),
                since,
            }
        }
        Phase::Deleting => RouteState::Gone,
    }
}

/// What the gateway wants to see of the platform. The edge tells it the client's address itself.
///
/// Whoever may see a box owns it: everybody is its administrator. Roles below that come with the edge's policies.
fn credential(state: &BoxState) -> GatewayCredential {
    let headers = access::admin_headers(&state.gateway_token).into_iter();
    let own = headers.filter(|(name, _)| name != access::FORWARDED_FOR_HEADER);
    let headers: Vec<_> = own
        .filter_map(|(name, value)| {
            Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(&value).ok()?))
        })
        .collect();
    GatewayCredential::new(move |_principal| headers.clone())
}
