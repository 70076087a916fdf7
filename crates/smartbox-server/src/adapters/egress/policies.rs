//! From control's pictures of the fleet and of the rules to what each box may reach.

use std::collections::HashMap;
use std::sync::Arc;

use smartbox_control::{EgressRules, FleetView};
use smartbox_core::egress_policy::Policy;
use smartbox_core::{BoxId, OrgId};
use smartbox_egress::Policies;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Publishes policies for each picture of the fleet that has other boxes, and for each of the rules, until told to stop.
/// The names are those under which the platform itself is reached.
pub(crate) async fn follow(
    mut fleet: watch::Receiver<Arc<FleetView>>,
    mut rules: watch::Receiver<Arc<EgressRules>>,
    policies: watch::Sender<Arc<Policies>>,
    own_hosts: Vec<String>,
    stop: CancellationToken,
) {
    let mut published = None;
    loop {
        let boxes: Vec<_> =
            fleet.borrow_and_update().boxes.iter().map(|state| (state.id, state.org)).collect();
        let now = (boxes, Arc::clone(&rules.borrow_and_update()));
        // Most pictures differ in states alone, and each publication makes every tunnel look.
        if published.as_ref() != Some(&now) {
            policies.send_replace(Arc::new(table(&now.0, &now.1, own_hosts.clone())));
            published = Some(now);
        }
        tokio::select! { biased;
            () = stop.cancelled() => return,
            changed = fleet.changed() => if changed.is_err() { return },
            changed = rules.changed() => if changed.is_err() { return },
        }
    }
}

fn table(boxes: &[(BoxId, OrgId)], rules: &EgressRules, own_hosts: Vec<String>) -> Policies {
    let of_box = |(id, org): &(BoxId, OrgId)| {
        let of_org = rules.orgs.get(org).cloned().unwrap_or_default();
        let own = rules.boxes.get(id).cloned().unwrap_or_default();
        // Tiers have no rules of their own yet.
        (*id, Policy::new([Arc::clone(&rules.platform), Arc::default(), of_org, own]))
    };
    Policies::new(boxes.iter().map(of_box).collect::<HashMap<_, _>>(), own_hosts)
}

#[cfg(test)]
mod tests {
    use smartbox_core::egress_policy::{Host, Rules, Target, decide};

    use super::*;

    #[test]
    fn a_box_gets_the_rules_of_platform_org_and_its_own_and_nobody_elses() {
        let id = |n: u8| -> BoxId { format!("box_01890a5d5a5a7b6c8d9e0f1a2b3c4d{n:02x}").parse().unwrap() };
        let org = |n: u8| -> OrgId { format!("org_01890a5d5a5a7b6c8d9e0f1a2b3c4d{n:02x}").parse().unwrap() };
        let text = |line: &str| Arc::new(line.parse::<Rules>().unwrap());
        let rules = EgressRules {
            platform: text("deny p.example"),
            orgs: HashMap::from([(org(1), text("deny o.example")), (org(2), text("deny x.example"))]),
            boxes: HashMap::from([(id(1), text("deny b.example")), (id(2), text("deny y.example"))]),
        };
        let policies = table(&[(id(1), org(1)), (id(3), org(3))], &rules, Vec::new());
        let refused = |id, name: &str| {
            let host = Host::Name(name.to_owned());
            decide(policies.of(id).unwrap(), &Target { host: &host, port: 443, method: "CONNECT" }).is_err()
        };
        let names = ["p.example", "o.example", "b.example", "x.example", "y.example"];
        assert_eq!(names.map(|name| refused(id(1), name)), [true, true, true, false, false]);
        assert_eq!(names.map(|name| refused(id(3), name)), [true, false, false, false, false]);
        assert!(policies.of(id(2)).is_none());
    }
}
