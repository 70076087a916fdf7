//! Whose providers and rules a command is about.

use clap::Args;

use crate::args::BoxReference;

/// The scope: your org, unless something else is said.
#[derive(Debug, Default, Args)]
pub(super) struct ScopeArgs {
    /// Those of one box, by name or id [default: those of your org]
    #[arg(long = "box", short = 'b', value_name = "BOX", conflicts_with_all = ["org", "platform"])]
    reference: Option<BoxReference>,
    /// The org, by id or name (admins of the platform only) [default: the first org]
    #[arg(long, conflicts_with = "platform")]
    org: Option<String>,
    /// Those of the platform, for everybody (its admin only)
    #[arg(long)]
    platform: bool,
}

impl ScopeArgs {
    /// As a query.
    pub(super) fn query(&self) -> Vec<(&'static str, &str)> {
        let mut query = Vec::new();
        query.extend(self.reference.as_ref().map(|reference| ("box", reference.as_str())));
        query.extend(self.org.as_deref().map(|org| ("org", org)));
        query.extend(self.platform.then_some(("platform", "true")));
        query
    }
}
