//! From control's pictures of the fleet and of the rules to what each box may reach.

use std::collections::HashMap;
use std::sync::Arc;

use smartbox_control::{BoxState, EgressRules, FleetView};
use smartbox_core::egress_policy::Policy;
use smartbox_core::{BoxId, OrgId};
use smartbox_egress::{BoxInjections, Policies};
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
        let latest = Arc::clone(&rules.borrow_and_update());
        let boxes: Vec<_> =
            fleet.borrow_and_update().boxes.iter().map(|state| Known::of(state, &latest)).collect();
        let now = (boxes, latest);
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

/// What rules look at of a box.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Known {
    id: BoxId,
    org: OrgId,
    tier: String,
    /// Whether its programs believe its own authority.
    is_trusted: bool,
}

impl Known {
    fn of(state: &BoxState, rules: &EgressRules) -> Self {
        let from = rules.authorities.get(&state.id);
        let is_trusted = from.is_some_and(|from| state.generation.is_some_and(|seen| seen >= *from));
        Self { id: state.id, org: state.org, tier: state.tier.clone(), is_trusted }
    }
}

fn table(boxes: &[Known], rules: &EgressRules, own_hosts: Vec<String>) -> Policies {
    let policy = |known: &Known| {
        let of_tier = rules.tiers.get(&known.tier).cloned().unwrap_or_default();
        let of_org = rules.orgs.get(&known.org).cloned().unwrap_or_default();
        let own = rules.boxes.get(&known.id).cloned().unwrap_or_default();
        (known.id, Policy::new([Arc::clone(&rules.platform), of_tier, of_org, own]))
    };
    let injections = |known: &Known| {
        let found: Vec<_> = rules.injections_of(known.org, known.id).into_iter().flatten().cloned().collect();
        (!found.is_empty()).then(|| (known.id, BoxInjections::new(found, known.is_trusted)))
    };
    Policies::new(boxes.iter().map(policy).collect::<HashMap<_, _>>(), own_hosts)
        .with_injections(boxes.iter().filter_map(injections).collect())
}

#[cfg(test)]
mod tests {
    use smartbox_core::egress_policy::{Host, Rules, Target, decide};

    use super::*;

    fn id(n: u8) -> BoxId {
        format!("box_01890a5d5a5a7b6c8d9e0f1a2b3c4d{n:02x}").parse().unwrap()
    }

    fn org(n: u8) -> OrgId {
        format!("org_01890a5d5a5a7b6c8d9e0f1a2b3c4d{n:02x}").parse().unwrap()
    }

    fn known(n: u8, tier: &str, is_trusted: bool) -> Known {
        Known { id: id(n), org: org(n), tier: tier.to_owned(), is_trusted }
    }

    #[test]
    fn a_box_gets_the_rules_of_platform_tier_org_and_its_own_and_nobody_elses() {
        let text = |line: &str| Arc::new(line.parse::<Rules>().unwrap());
        let rules = EgressRules {
            platform: text("deny p.example"),
            tiers: HashMap::from([("small".to_owned(), text("deny t.example"))]),
            orgs: HashMap::from([(org(1), text("deny o.example")), (org(2), text("deny x.example"))]),
            boxes: HashMap::from([(id(1), text("deny b.example")), (id(2), text("deny y.example"))]),
            ..EgressRules::default()
        };
        let policies = table(&[known(1, "small", false), known(3, "large", false)], &rules, Vec::new());
        let refused = |id, name: &str| {
            let host = Host::Name(name.to_owned());
            decide(policies.of(id).unwrap(), &Target { host: &host, port: 443, method: "CONNECT" }).is_err()
        };
        let names = ["p.example", "t.example", "o.example", "b.example", "x.example", "y.example"];
        assert_eq!(names.map(|name| refused(id(1), name)), [true, true, true, true, false, false]);
        assert_eq!(names.map(|name| refused(id(3), name)), [true, false, false, false, false, false]);
        assert!(policies.of(id(2)).is_none());
    }

    #[test]
    fn tls_of_a_box_is_ended_where_its_rules_say_so_and_once_it_trusts_its_authority() {
        let text = |line: &str| Arc::new(line.parse::<smartbox_core::injection::Rules>().unwrap());
        let rules = EgressRules {
            org_injections: HashMap::from([(
                org(1),
                text("https://o.example secret=A header=authorization"),
            )]),
            box_injections: HashMap::from([(id(1), text("https://b.example secret=B path"))]),
            ..EgressRules::default()
        };
        let ends = |policies: &Policies, n, name: &str| {
            let host = Host::Name(name.to_owned());
            policies.injections_of(id(n)).is_some_and(|injections| injections.ends_tls_of(&host, 443))
        };
        let policies = table(&[known(1, "small", true), known(2, "small", true)], &rules, Vec::new());
        let names = ["o.example", "b.example", "x.example"];
        assert_eq!(names.map(|name| ends(&policies, 1, name)), [true, true, false]);
        assert_eq!(names.map(|name| ends(&policies, 2, name)), [false, false, false]);
        let before = table(&[known(1, "small", false)], &rules, Vec::new());
        assert!(!ends(&before, 1, "o.example"), "its programs would refuse the certificate");
    }
}
