//! Whom rules are about: one box, or many at once.

use clap::Args;
use smartbox_api::{EgressLayerView, EgressView, SetEgress};

use super::BoxFlag;
use super::show::{describe, describe_layer};
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;

/// Flags that say it. A box if none is given.
#[derive(Clone, Debug, Args)]
pub(super) struct ScopeFlags {
    #[command(flatten)]
    smartbox: BoxFlag,
    /// All boxes of this org, name or id; `me` is your own
    #[arg(long, value_name = "ORG", conflicts_with_all = ["reference", "tier", "platform"])]
    org: Option<String>,
    /// All boxes of this tier; for the platform's admin
    #[arg(long, value_name = "TIER", conflicts_with_all = ["reference", "platform"])]
    tier: Option<String>,
    /// All boxes; for the platform's admin
    #[arg(long, conflicts_with = "reference")]
    platform: bool,
}

/// The rules of one scope.
pub(super) enum Scoped {
    /// Of a box, with what counts beside them.
    Box(EgressView),
    /// Of many.
    Layer(EgressLayerView),
}

impl Scoped {
    /// Rules that can be changed here, and their version.
    pub(super) fn own(self) -> (Vec<String>, i64) {
        match self {
            Self::Box(view) => (view.rules, view.version),
            Self::Layer(view) => (view.rules, view.version),
        }
    }

    /// Prints them.
    pub(super) async fn show(&self, console: &mut Console) -> Outcome {
        match (self, console.wants_json()) {
            (Self::Box(view), true) => console.json(view).await?,
            (Self::Layer(view), true) => console.json(view).await?,
            (Self::Box(view), false) => console.text(&describe(view)).await?,
            (Self::Layer(view), false) => console.text(&describe_layer(view)).await?,
        }
        Ok(Exit::Success)
    }
}

impl ScopeFlags {
    fn path(&self) -> Vec<String> {
        let words = match (&self.org, &self.tier, self.platform) {
            (Some(org), _, _) => vec!["orgs", org, "egress"],
            (None, Some(tier), _) => vec!["tiers", tier, "egress"],
            (None, None, true) => vec!["egress"],
            (None, None, false) => {
                return vec![
                    "boxes".to_owned(),
                    self.smartbox.reference().as_str().to_owned(),
                    "egress".to_owned(),
                ];
            }
        };
        words.into_iter().map(str::to_owned).collect()
    }

    fn is_box(&self) -> bool {
        self.org.is_none() && self.tier.is_none() && !self.platform
    }

    /// What the rules are.
    pub(super) async fn fetch(&self, client: &Client) -> Result<Scoped, Failure> {
        let path = self.path();
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let route = Route::v1(&path);
        Ok(if self.is_box() {
            Scoped::Box(client.get(route).await?)
        } else {
            Scoped::Layer(client.get(route).await?)
        })
    }

    /// Replaces them.
    pub(super) async fn replace(
        &self,
        client: &Client,
        rules: Vec<String>,
        version: i64,
    ) -> Result<Scoped, Failure> {
        let path = self.path();
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let (route, body) = (Route::v1(&path), SetEgress { rules });
        Ok(if self.is_box() {
            Scoped::Box(client.replace(route, &body, version).await?)
        } else {
            Scoped::Layer(client.replace(route, &body, version).await?)
        })
    }
}
