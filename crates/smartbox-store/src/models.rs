//! Rows of who serves models, of rules about them, and of calls.

mod call;
mod provider;
mod rules;

pub use call::ModelCall;
pub use provider::{KeyChange, ModelProvider, PROVIDERS_MAX};
pub use rules::ModelRulesRow;

pub(crate) use call::ModelCallRow;
pub(crate) use provider::{
    all as all_providers, find as find_provider, list as list_providers, place as key_place, put, remove,
};
pub(crate) use rules::{all as all_rules, find as find_rules, set as set_rules};

use smartbox_core::models::ModelScope;

use crate::database::Connection;
use crate::{Error, boxes};

/// The key of what belongs to a scope.
fn subject(scope: ModelScope) -> String {
    match scope {
        ModelScope::Platform => "platform".to_owned(),
        ModelScope::Org(org) => org.to_string(),
        ModelScope::Box(_, id) => id.to_string(),
    }
}

/// Whether the box of a scope, if there is one, is one of its org.
pub(crate) async fn check(connection: &mut Connection, scope: ModelScope) -> Result<(), Error> {
    if let ModelScope::Box(org, id) = scope {
        boxes::find_of_org(connection, org, id).await?.ok_or(Error::NotFound("box"))?;
    }
    Ok(())
}
