//! From control's picture of the fleet to the edge's route table.

use std::sync::Arc;

use http::{HeaderName, HeaderValue};
use jiff::Timestamp;
use smartbox_control::{BoxState, FleetView};
use smartbox_core::{Desired, Permission, Phase, Principal};
use smartbox_edge::{GatewayCredential, Grant, Handshake, PathRule, Policy, Route, RouteState, RouteTable};
use smartbox_openclaw::{GatewayRole, access, policy as openclaw};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Publishes a route table for each picture of the fleet, until told to stop.
pub(crate) async fn follow(
    mut fleet: watch::Receiver<Arc<FleetView>>,
    routes: watch::Sender<Arc<RouteTable>>,
    stop: CancellationToken,
) {
    let policy = Arc::new(policy());
    loop {
        let table = table(&fleet.borrow_and_update(), &policy);
        routes.send_replace(Arc::new(table));
        tokio::select! { biased;
            () = stop.cancelled() => return,
            changed = fleet.changed() => if changed.is_err() { return },
        }
    }
}

fn table(fleet: &FleetView, policy: &Arc<Policy>) -> RouteTable {
    RouteTable::new(fleet.boxes.iter().map(|state| route(state, policy)), fleet.first_org)
}

fn policy() -> Policy {
    let handshake = Handshake {
        method: openclaw::HANDSHAKE_METHOD,
        kept_auth: openclaw::KEPT_AUTH,
        signed_auth: openclaw::SIGNED_AUTH,
    };
    let paths: Vec<_> =
        openclaw::PATHS.iter().map(|&(path, look, change)| PathRule { path, look, change }).collect();
    Policy::new(handshake, openclaw::METHODS, &paths)
        .with_background(openclaw::PASSIVE_METHODS, openclaw::QUIET_PATHS)
}

fn route(state: &BoxState, policy: &Arc<Policy>) -> Route {
    Route {
        id: state.id,
        org: state.org,
        name: state.name.clone(),
        is_default: state.is_default,
        generation: state.generation.unwrap_or(0),
        state: route_state(state),
        credential: credential(state),
        policy: Arc::clone(policy),
    }
}

fn route_state(state: &BoxState) -> RouteState {
    let since = state.since.unwrap_or(Timestamp::UNIX_EPOCH);
    let phase = state.phase.as_str();
    match state.phase {
        // While it falls asleep its fence decides who is let in, not the table.
        Phase::Running | Phase::Degraded | Phase::FallingAsleep => RouteState::Ready,
        Phase::Requested | Phase::Provisioning | Phase::Starting | Phase::Waking => {
            RouteState::Waiting { phase, stage: state.stage, since }
        }
        // A restart passes through stopping; the box is on its way all the same.
        Phase::Stopping if state.desired == Desired::Running => {
            RouteState::Waiting { phase, stage: None, since }
        }
        Phase::Sleeping if state.is_kept => RouteState::Asleep { phase, since },
        // A box that is to sleep can be stopped, too; one that a person has stopped is another matter.
        Phase::Sleeping | Phase::Stopping | Phase::Stopped | Phase::Archived => {
            RouteState::Stopped { phase, since, by_owner: state.desired == Desired::Stopped }
        }
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
fn credential(state: &BoxState) -> GatewayCredential {
    let credential = access::GatewayCredential::new(&state.gateway_token);
    // Administrators share one identity, so theirs are made once and not for each request.
    let of_administrators = headers(&credential, "", GatewayRole::Admin);
    GatewayCredential::new(move |principal| {
        let role = role(principal);
        let headers = match role {
            GatewayRole::Admin => of_administrators.clone(),
            GatewayRole::Member | GatewayRole::Viewer => headers(&credential, &principal.known_as(), role),
        };
        Grant { headers, role: openclaw::ROLE, scopes: role.scopes() }
    })
}

fn headers(
    credential: &access::GatewayCredential,
    user: &str,
    role: GatewayRole,
) -> Vec<(HeaderName, HeaderValue)> {
    let headers = credential.headers(user, role).into_iter();
    let own = headers.filter(|(name, _)| name != access::FORWARDED_FOR_HEADER);
    own.filter_map(|(name, value)| {
        Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(&value).ok()?))
    })
    .collect()
}

/// What somebody is to the gateways of their boxes. Whoever lacks even the permission to look is turned away by the edge.
const fn role(principal: &Principal) -> GatewayRole {
    let may = principal.permissions();
    if may.has(Permission::BoxesAdminister) {
        GatewayRole::Admin
    } else if may.has(Permission::BoxesTalk) {
        GatewayRole::Member
    } else {
        GatewayRole::Viewer
    }
}

#[cfg(test)]
mod tests;
