//! What boxes may reach, and what the forward proxy tells of them.

use std::collections::HashMap;
use std::sync::Arc;

use smartbox_core::egress_policy::{Rule, Rules};
use smartbox_core::{BoxId, OrgId, Permission, Principal, injection};
use smartbox_store::{
    EgressRow, EgressUsage, EventOutcome, LayerOf, NewEvent, Reached, Smartbox, SystemActor,
};
use tokio::sync::watch;

use crate::{Control, Error, Op};

/// Who acts here.
const ACTOR: &str = "egress";

/// The rules of the platform and of every tier, org and box: an immutable picture. The data plane reads this.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EgressRules {
    /// What the platform's settings say.
    pub settings: Arc<Rules>,
    /// Of the platform, for every box: what its settings say, then what its admin says.
    pub platform: Arc<Rules>,
    /// Of tiers, for all their boxes.
    pub tiers: HashMap<String, Arc<Rules>>,
    /// Of orgs, for all their boxes.
    pub orgs: HashMap<OrgId, Arc<Rules>>,
    /// Of single boxes.
    pub boxes: HashMap<BoxId, Arc<Rules>>,
    /// Where secrets are put in, for all boxes of an org.
    pub org_injections: HashMap<OrgId, Arc<injection::Rules>>,
    /// The same, for single boxes.
    pub box_injections: HashMap<BoxId, Arc<injection::Rules>>,
    /// Boxes that have a certificate authority, and the first incarnation of each that trusts it.
    pub authorities: HashMap<BoxId, i64>,
}

impl EgressRules {
    /// Where secrets are put in for a box: its own rules, then its org's.
    pub fn injections_of(&self, org: OrgId, id: BoxId) -> [Option<&Arc<injection::Rules>>; 2] {
        [self.box_injections.get(&id), self.org_injections.get(&org)]
    }

    /// Whether one of them needs an authority of the box.
    pub(crate) fn needs_authority(&self, org: OrgId, id: BoxId) -> bool {
        self.injections_of(org, id).into_iter().flatten().any(|rules| rules.has_https())
    }
}

/// What is said of one box.
#[derive(Clone, Debug)]
pub struct BoxEgress {
    /// Which box.
    pub box_id: BoxId,
    /// What the platform says of every box.
    pub platform: Arc<Rules>,
    /// What it says of the boxes of its tier.
    pub tier: Arc<Rules>,
    /// What its org says of all its boxes.
    pub org: Option<EgressRow>,
    /// What is said of this one.
    pub own: Option<EgressRow>,
}

/// Bytes between two hand-overs, of two seconds at most, from which on a box is at work: a connection that is kept for
/// messages, such as a channel's, moves less while nobody writes.
const WORK_BYTES: u64 = 16 * 1024;

impl Control {
    /// The rules of all orgs and boxes, always the latest.
    pub fn egress_rules(&self) -> watch::Receiver<Arc<EgressRules>> {
        self.inner.egress.subscribe()
    }

    /// Reads all rules and publishes them, with those of the platform's settings. To be called once, before boxes are served.
    pub async fn start_egress(&self, settings: Arc<Rules>) -> Result<(), Error> {
        self.inner.egress.send_modify(|rules| Arc::make_mut(rules).settings = settings);
        self.publish_egress().await
    }

    pub(crate) async fn publish_egress(&self) -> Result<(), Error> {
        // Two changes at a time must not publish the older picture last.
        let _alone = self.inner.egress_publishing.lock().await;
        let fleet = self.inner.store.fleet(SystemActor::new(ACTOR));
        let settings = Arc::clone(&self.inner.egress.borrow().settings);
        let mut rules = EgressRules { platform: Arc::clone(&settings), settings, ..EgressRules::default() };
        for row in fleet.egress_layers().await? {
            match row.of {
                LayerOf::Platform => rules.platform = Arc::new(rules.settings.then(&row.rules)),
                LayerOf::Tier(name) => drop(rules.tiers.insert(name, row.rules)),
            }
        }
        for row in fleet.egress_rules_of_all().await? {
            match row.box_id {
                Some(id) => rules.boxes.insert(id, row.rules),
                None => rules.orgs.insert(row.org, row.rules),
            };
        }
        for row in fleet.injection_rules_of_all().await?.into_iter().filter(|row| !row.rules.is_empty()) {
            match row.box_id {
                Some(id) => rules.box_injections.insert(id, row.rules),
                None => rules.org_injections.insert(row.org, row.rules),
            };
        }
        rules.authorities = fleet.box_authorities().await?.into_iter().collect();
        self.inner.egress.send_replace(Arc::new(rules));
        Ok(())
    }

    /// What is said of a box.
    pub async fn box_egress(&self, op: &Op, reference: &str) -> Result<BoxEgress, Error> {
        let smartbox = self.resolve(op, Permission::BoxesRead, reference).await?;
        let own = self.inner.store.org(smartbox.org).egress_rules(Some(smartbox.id)).await?;
        self.egress_with(&smartbox, own).await
    }

    /// Replaces the rules of a box. They count at once, for open tunnels as well.
    ///
    /// # Errors
    /// [`Error::Invalid`] for lines that are no rules, [`Error::Forbidden`] when somebody else than the platform's admin adds or
    /// takes away rules with `inside`: they lead into the operator's own network. [`Error::VersionMismatch`].
    pub async fn set_box_egress(
        &self,
        op: &Op,
        reference: &str,
        lines: &[String],
        if_version: Option<i64>,
    ) -> Result<BoxEgress, Error> {
        let smartbox = self.resolve(op, Permission::BoxesManage, reference).await?;
        let rules = read_rules(lines)?;
        let store = self.inner.store.org(smartbox.org);
        let before = store.egress_rules(Some(smartbox.id)).await?;
        let version = before.as_ref().map_or(0, |row| row.version);
        check_inside(op, before.as_ref().map(|row| &*row.rules), &rules)?;
        let reason = format!("what it may reach was changed; {} rule(s) now", rules.iter().count());
        let event = self.event_of(op, "egress.changed", &reason, told(&rules));
        // Always against what was just looked at: the check of `inside` rests on it.
        let expected = Some(if_version.unwrap_or(version));
        let now = self.inner.clock.now();
        let own = store.set_egress_rules(Some(smartbox.id), &rules, expected, event, now).await?;
        self.publish_egress().await?;
        self.egress_with(&smartbox, Some(own)).await
    }

    async fn egress_with(&self, smartbox: &Smartbox, own: Option<EgressRow>) -> Result<BoxEgress, Error> {
        let rules = Arc::clone(&self.inner.egress.borrow());
        let of_org = self.inner.store.org(smartbox.org).egress_rules(None).await?;
        Ok(BoxEgress {
            box_id: smartbox.id,
            platform: Arc::clone(&rules.platform),
            tier: rules.tiers.get(&smartbox.tier).cloned().unwrap_or_default(),
            org: of_org,
            own,
        })
    }

    /// Puts down what boxes have used, all of it or nothing. A box that moves more than a few signs of life is at work.
    pub async fn record_egress_usage(&self, used: &[EgressUsage]) -> Result<(), Error> {
        for one in used.iter().filter(|one| one.sent.saturating_add(one.received) >= WORK_BYTES) {
            self.inner.uses.touch(one.box_id);
        }
        let fleet = self.inner.store.fleet(SystemActor::new(ACTOR));
        let tell = |reached: &Reached| self.budget_event(reached);
        fleet.append_egress_usage(used, &tell, self.inner.clock.now()).await?;
        // It is recorded, whatever becomes of the picture: recorded again it would count twice.
        if let Err(error) = self.take_from_allowances(used).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "what boxes have left could not be read"
            );
        }
        Ok(())
    }

    /// Puts a refused request of a box into its timeline. How many there can be is bounded by whoever calls this.
    pub async fn note_egress_refused(
        &self,
        id: BoxId,
        target: &str,
        reason: &str,
        message: &str,
    ) -> Result<(), Error> {
        let fleet = self.inner.store.fleet(SystemActor::new(ACTOR));
        // A box that is gone has nobody to tell.
        let Some(smartbox) = fleet.find_box(id).await? else { return Ok(()) };
        let detail = serde_json::json!({ "target": target, "reason": reason });
        let event = NewEvent {
            outcome: EventOutcome::Refused,
            ..self.event(ACTOR, "egress.refused", &format!("{target} was not reached: {message}"), detail)
        };
        Ok(fleet.append_event(Some(smartbox.org), Some(id), event, self.inner.clock.now()).await?)
    }
}

/// Understands rules.
///
/// # Errors
/// [`Error::Invalid`] names the first line that is none.
pub(crate) fn read_rules(lines: &[String]) -> Result<Rules, Error> {
    Rules::from_lines(lines.iter().map(String::as_str)).map_err(|bad| Error::field("rules", bad.to_string()))
}

/// Rules as an event tells them.
pub(crate) fn told(rules: &Rules) -> serde_json::Value {
    serde_json::json!({ "rules": rules.iter().map(ToString::to_string).collect::<Vec<_>>() })
}

/// Rules with `inside` lead into the operator's own network: the platform's admin alone adds them and takes them away.
///
/// # Errors
/// [`Error::Forbidden`] for somebody else.
pub(crate) fn check_inside(op: &Op, before: Option<&Rules>, after: &Rules) -> Result<(), Error> {
    if op.principal != Principal::Admin && inside(before) != inside(Some(after)) {
        return Err(Error::Forbidden);
    }
    Ok(())
}

/// The rules that lead to addresses that are not public, in their order.
fn inside(rules: Option<&Rules>) -> Vec<&Rule> {
    rules.into_iter().flat_map(Rules::iter).filter(|rule| rule.inside).collect()
}
