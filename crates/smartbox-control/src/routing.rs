//! Routing flags: who changes them, and what every process goes by.

use std::sync::Arc;

use serde_json::Value;
use smartbox_core::Principal;
use smartbox_core::routing::{PERCENT_MAX, RouteName, RoutingFlag, RoutingFlags, Tally};
use smartbox_store::{FleetStore, RoutingChange, RoutingRow, SystemActor};
use tokio::sync::watch;

use crate::{Control, Error, Op};

mod change;

pub use change::RouteChange;
use change::check;

/// Who the audit log names for what settings say.
const SETTINGS: &str = "settings";
/// Who it names for a rollback.
const PLATFORM: &str = "platform";
impl Control {
    /// What every process goes by: the latest routing flags.
    pub fn routing_flags(&self) -> watch::Receiver<Arc<RoutingFlags>> {
        self.inner.routing.subscribe()
    }

    /// Every route. Only the platform's admin sees them: they are no org's.
    pub async fn list_routes(&self, op: &Op) -> Result<Vec<RoutingRow>, Error> {
        require_admin(op)?;
        Ok(self.routing_store().routing_flags().await?)
    }

    /// One route.
    pub async fn find_route(&self, op: &Op, name: &str) -> Result<RoutingRow, Error> {
        require_admin(op)?;
        Ok(self.routing_store().routing_flag(parse_name(name)?).await?)
    }

    /// Changes a route for whatever begins from now on.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for everybody but the admin, [`Error::Invalid`] with every wrong field,
    /// [`Error::VersionMismatch`].
    pub async fn change_route(
        &self,
        op: &Op,
        name: &str,
        change: &RouteChange,
        if_version: Option<i64>,
    ) -> Result<RoutingRow, Error> {
        require_admin(op)?;
        let name = parse_name(name)?;
        let checked = check(change, &self.inner.own_address)?;
        let event = self.event_of(op, "route.changed", "asked for", detail(name, change));
        let (store, now) = (self.routing_store(), self.inner.clock.now());
        let row = store.change_routing_flag(name, checked, if_version, event, now).await?;
        self.publish_route(row.flag.clone());
        Ok(row)
    }

    /// Reads the routes and applies what the settings say of them. To be called at a start.
    ///
    /// A setting counts when it says something else than at the last start: otherwise a restart would undo what was changed
    /// since then, and send callers back to a candidate that was given up.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a setting that cannot be applied.
    pub async fn start_routing(&self, settings: &[(RouteName, RouteChange)]) -> Result<(), Error> {
        for row in self.routing_store().routing_flags().await? {
            let name = row.flag.name;
            self.publish_route(row.flag);
            let change = settings.iter().find(|(known, _)| *known == name).map(|(_, change)| change.clone());
            let change = change.unwrap_or_default();
            let text = if change.is_empty() { String::new() } else { Value::from(change.said()).to_string() };
            if text == row.settings {
                continue;
            }
            if change.is_empty() {
                self.routing_store().forget_routing_settings(name).await?;
                continue;
            }
            let checked = RoutingChange {
                settings: Some(text),
                ..check(&change, &self.inner.own_address).map_err(|error| about(name, error))?
            };
            let reason = "the settings say something else than at the last start";
            let event = self.event(SETTINGS, "route.changed", reason, detail(name, &change));
            let store = self.routing_store();
            let row = store.change_routing_flag(name, checked, None, event, self.inner.clock.now()).await?;
            self.publish_route(row.flag);
        }
        Ok(())
    }

    /// Reads the routes again, which another platform may have changed.
    pub(crate) async fn publish_routes(&self) -> Result<(), Error> {
        for row in self.routing_store().routing_flags().await? {
            self.publish_route(row.flag);
        }
        Ok(())
    }

    /// Sends everybody back to the primary, unless the route was changed meanwhile.
    pub(crate) async fn roll_back_route(&self, flag: &RoutingFlag, tally: Tally) -> Result<(), Error> {
        let (rule, share) = (flag.rollback, share_of(tally));
        let reason = format!(
            "{} of {} requests to {} failed within {} s: {share} %, and {} % are the limit",
            tally.failures, tally.requests, flag.candidate, rule.window_secs, rule.at_percent
        );
        let detail = serde_json::json!({
            "route": flag.name.as_str(), "percentage": 0, "percentage_before": flag.percentage,
            "candidate": flag.candidate.to_string(), "requests": tally.requests, "failures": tally.failures,
        });
        let event = self.event(PLATFORM, "route.rolled-back", &reason, detail);
        let change = RoutingChange {
            percentage: Some(0),
            rolled_back: Some(reason.clone()),
            ..RoutingChange::default()
        };
        let now = self.inner.clock.now();
        let store = self.routing_store();
        match store.change_routing_flag(flag.name, change, Some(flag.version), event, now).await {
            Ok(row) => {
                tracing::warn!(route = %flag.name, reason, "a candidate is given up");
                self.publish_route(row.flag);
                Ok(())
            }
            Err(smartbox_store::Error::VersionMismatch { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Changes may end in another order than they were written: the newest version stays.
    fn publish_route(&self, flag: RoutingFlag) {
        self.inner.routing.send_if_modified(|published| Arc::make_mut(published).renew(flag));
    }

    fn routing_store(&self) -> FleetStore {
        self.inner.store.fleet(SystemActor::new("routing"))
    }
}

fn require_admin(op: &Op) -> Result<(), Error> {
    if op.principal == Principal::Admin { Ok(()) } else { Err(Error::Forbidden) }
}

fn parse_name(name: &str) -> Result<RouteName, Error> {
    name.parse().map_err(|_error| Error::NotFound("route"))
}

/// Says which route is meant.
fn about(name: RouteName, error: Error) -> Error {
    match error {
        Error::Invalid(mut issues) => {
            issues.iter_mut().for_each(|issue| issue.message = format!("of `{name}` {}", issue.message));
            Error::Invalid(issues)
        }
        other => other,
    }
}

fn detail(name: RouteName, change: &RouteChange) -> Value {
    let mut said = change.said();
    said.insert("route".to_owned(), name.as_str().into());
    said.into()
}

/// Whole percents, rounded down.
fn share_of(tally: Tally) -> u64 {
    u64::from(tally.failures) * u64::from(PERCENT_MAX) / u64::from(tally.requests.max(1))
}
